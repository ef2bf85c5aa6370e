/**
 * @file A performance as a piano roll: keys over seconds, darker where louder, the pedal below, as SVG.
 */
import { CodecError, CONTROLLER, type Performance } from "@dexter/codec";
import { axisPanel, type AxisPanel } from "./axis-panel.js";
import { element, short, text } from "./svg.js";
import { STYLE } from "./theme.js";

const WIDTH = 1000;
const LEFT = 40;
const RIGHT = 12;
const TOP = 12;
const PEDAL = 14;
const AXIS = 26;
/** Shades of loudness: one path each, so that a long piece stays a small picture. */
const SHADES = 6;
const OCTAVE = 12;

/** How to draw it. */
export interface PianoRollOptions {
  /** Seconds that the picture spans, so that several can be laid above one another; default: the performance's own. */
  readonly lengthSec?: number;
}

/**
 * Draw a performance.
 *
 * @returns a self-contained SVG document, for light and dark pages
 * @throws CodecError for a performance without notes
 */
export function plotPianoRoll({ notes, controls }: Performance, { lengthSec }: PianoRollOptions = {}): string {
  if (notes.length === 0) throw new CodecError("plotPianoRoll: the performance has no notes.");
  const low = notes.pitch.reduce((least, pitch) => Math.min(least, pitch), 127);
  const high = notes.pitch.reduce((most, pitch) => Math.max(most, pitch), 0);
  const begin = notes.onsetSec[0];
  const end = notes.onsetSec.reduce((last, onset, n) => Math.max(last, onset + notes.keyDurationSec[n]), begin);
  const keyHeight = Math.max(2, Math.min(5, 220 / (high - low + 3)));
  const bottom = TOP + keyHeight * (high - low + 3);
  const panel = axisPanel({
    left: LEFT, right: WIDTH - RIGHT, top: TOP, bottom, across: [0, Math.max(lengthSec ?? 0, end - begin, 0.5)], up: [low - 1.5, high + 1.5],
  });
  const height = bottom + PEDAL + AXIS;
  const shades = Array.from({ length: SHADES }, (): string[] => []);
  for (let n = 0; n < notes.length; n++) {
    const from = panel.x(notes.onsetSec[n] - begin);
    const to = panel.x(notes.onsetSec[n] - begin + notes.keyDurationSec[n]);
    // Between 20 and 110: what pianists use.
    const shade = Math.max(0, Math.min(SHADES - 1, Math.floor(((notes.velocity[n] - 20) / 90) * SHADES)));
    shades[shade].push(`M${short(from)} ${short(panel.y(notes.pitch[n]))}h${short(Math.max(1, to - from - 0.5))}`);
  }
  const octaves = Array.from({ length: 11 }, (_, octave) => octave * OCTAVE).filter((pitch) => pitch >= low - 1 && pitch <= high + 1);
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img" },
    element("title", {}, "Piano roll"),
    element("style", {}, STYLE),
    element("rect", { class: "page", width: WIDTH, height, rx: 8 }),
    element("rect", { class: "panel", x: LEFT, y: TOP, width: WIDTH - RIGHT - LEFT, height: bottom - TOP }),
    element("path", { class: "row", d: octaves.map((pitch) => `M${LEFT} ${short(panel.y(pitch))}H${WIDTH - RIGHT}`).join("") }),
    ...octaves.map((pitch) => text(`C${pitch / OCTAVE - 1}`, { class: "tick", x: LEFT - 6, y: panel.y(pitch) + 4, "text-anchor": "end" })),
    ...shades.map((d, shade) => element("path", { class: "key", "stroke-width": short(keyHeight), "stroke-opacity": ((shade + 1.5) / (SHADES + 0.5)).toFixed(2), d: d.join("") })),
    element("path", { class: "foot", d: pedalPath(controls, panel, bottom + 3, PEDAL - 5, begin, end) }),
    ...panel.columns.map((second) => text(`${second} s`, { class: "tick", x: panel.x(second), y: height - 8, "text-anchor": "middle" })),
  ).concat("\n");
}

/** How far the sustain pedal is down, upwards from the line. */
function pedalPath(controls: Performance["controls"], panel: AxisPanel, top: number, size: number, begin: number, end: number): string {
  const at: string[] = [];
  let level = 0;
  const base = top + size;
  for (let c = 0; c < controls.length; c++) {
    if (controls.controller[c] !== CONTROLLER.sustain) continue;
    const x = panel.x(Math.max(0, Math.min(controls.timeSec[c], end) - begin));
    const next = short(base - (size * controls.value[c]) / 127);
    at.push(`${level === 0 && at.length === 0 ? `M${short(x)} ${short(base)}` : `H${short(x)}`}V${next}`);
    level = controls.value[c];
  }
  return at.length === 0 ? "" : `${at.join("")}H${short(panel.x(end - begin))}V${short(base)}Z`;
}
