/**
 * @file Performances against the band of people: tempo, velocity and articulation over score time, as SVG.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { CodecError } from "@dexter/codec";
import { comparisonCurves, type ComparisonCurves } from "../comparison/comparison-curves.js";
import { humanBand, LEAST_BAND, type Band } from "../comparison/human-band.js";
import type { ScoreOnsets } from "../score-onsets.js";
import { axisPanel, curvePath, panelGround, robustRange, type AxisPanel } from "./axis-panel.js";
import { barTicks } from "./bar-axis.js";
import { smooth } from "./line-thinning.js";
import { legend } from "./passage-plot.js";
import { element, escapeText, short, text } from "./svg.js";
import { COLOURS, STYLE } from "./theme.js";

/** Whose curves, and against whom. */
export interface BandPlotOptions {
  /** Names of the performances, for the legend. */
  readonly labels: readonly string[];
  /** People whose band is drawn; fewer than three are drawn as grey curves. */
  readonly others?: readonly PerformanceParameters[];
}

const WIDTH = 1000;
const LEFT = 56;
const RIGHT = 16;
const LEGEND = 30;
const HEADING = 24;
const AXIS = 36;
/** More performances than this, or more onsets, are drawn by their course. */
const WITH_DETAIL = 3;
const MANY_ONSETS = 500;

type Curve = keyof ComparisonCurves["perOnset"];

const PANELS: readonly { readonly curve: Curve; readonly heading: string; readonly unit: string; readonly size: number; readonly least: number }[] = [
  { curve: "tempo", heading: "Tempo", unit: "beats per minute", size: 170, least: 2 },
  { curve: "velocityOnset", heading: "Velocity", unit: "MIDI, mean of the chord", size: 130, least: 3 },
  { curve: "articulation", heading: "Articulation", unit: "log2 of played over notated, mean of the chord", size: 110, least: 0.1 },
  { curve: "pedal", heading: "Pedal", unit: "CC64 / 127", size: 60, least: 0.05 },
];

/**
 * Draw performances over the band of others.
 *
 * @param score - at least two notes
 * @param performances - at least one; colours repeat after eight
 * @returns a self-contained SVG document, for light and dark pages
 * @throws CodecError for a score with fewer than two notes
 * @throws ShapeError when parameters are not as long as the score
 */
export function plotAgainstBand(score: Score, performances: readonly PerformanceParameters[], { labels, others = [] }: BandPlotOptions): string {
  if (score.notes.length < 2) throw new CodecError(`plotAgainstBand: expected at least two notes, got ${score.notes.length}.`);
  const { onsets, curves } = comparisonCurves(score, [...performances, ...others]);
  return drawAgainstBand(score, onsets, curves.slice(0, performances.length), curves.slice(performances.length), labels);
}

/** The same of curves that are there already. */
export function drawAgainstBand(score: Score, onsets: ScoreOnsets, drawn: readonly ComparisonCurves[], around: readonly ComparisonCurves[], labels: readonly string[]): string {
  const first = onsets.onsetQuarter[0];
  const last = Math.max(onsets.onsetQuarter[onsets.length - 1], first + 1);
  const across: readonly [number, number] = [first, last];
  // Many raw curves over each other are a thicket: then both they and the band are courses.
  const asCourse = drawn.length > WITH_DETAIL || onsets.length > MANY_ONSETS;
  const quarter = asCourse ? Float64Array.from({ length: 400 }, (_, i) => first + ((last - first) * i) / 399) : onsets.onsetQuarter;
  const width = courseWidth(score);
  const seenAs = (values: Float64Array): Float64Array => (asCourse ? smooth(onsets.onsetQuarter, values, width, quarter) : values);
  let top = LEGEND;
  const panels = PANELS.map(({ curve, heading, unit, size, least }, p) => {
    top += HEADING;
    const own = drawn.map(({ perOnset }) => seenAs(perOnset[curve]));
    const theirs = around.map(({ perOnset }) => seenAs(perOnset[curve]));
    const band = theirs.length >= LEAST_BAND ? humanBand(theirs) : null;
    const seen = [...own, ...(band ? [band.low, band.high] : theirs)];
    const up: [number, number] = curve === "pedal" ? [0, 1] : robustRange(seen.flatMap((values) => [...values]), least, 0.01);
    const panel = axisPanel({ left: LEFT, right: WIDTH - RIGHT, top, bottom: top + size, across, up });
    const group = element("g", {},
      element("text", { class: "heading", x: LEFT, y: top - 8 }, heading, element("tspan", { dx: 8, "font-weight": "400", "font-size": "11px" }, escapeText(unit))),
      panelGround(panel),
      bars(score, panel, p === PANELS.length - 1),
      band ? bandPath(panel, quarter, band) + curvePath(panel, quarter, band.middle, "middle") : theirs.map((values) => curvePath(panel, quarter, values, asCourse ? "middle" : "raw other")).join(""),
      ...(asCourse && drawn.length <= WITH_DETAIL ? drawn.map(({ perOnset }, i) => curvePath(panel, onsets.onsetQuarter, perOnset[curve], `raw dense c${i % COLOURS}`)) : []),
      ...own.map((values, i) => curvePath(panel, quarter, values, `thin c${i % COLOURS}`)),
    );
    top += size;
    return group;
  });
  const height = top + AXIS;
  const shown = drawn.slice(0, COLOURS).map((_, i) => [`c${i}`, labels[i] ?? String(i + 1)] as const);
  const grey = around.length === 0 ? [] : [["other", around.length < LEAST_BAND ? "others" : `median and band (80 %) of ${around.length}`] as const];
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img" },
    element("title", {}, "Tempo, velocity, articulation and pedal against other performances"),
    element("style", {}, STYLE),
    element("rect", { class: "page", width: WIDTH, height, rx: 8 }),
    legend([...shown, ...grey]),
    ...panels,
    text("bar", { class: "tick", x: LEFT - 8, y: height - AXIS + 16, "text-anchor": "end" }),
  ).concat("\n");
}

/** A third of the usual bar, quarters: a course is the mean along about a bar. */
function courseWidth({ measures }: Score): number {
  const lengths = measures.map(({ durationQuarter }) => durationQuarter).sort((a, b) => a - b);
  return Math.max(0.25, (lengths[lengths.length >> 1] ?? 4) / 3);
}

/** Between two curves; places without a band leave it open. */
function bandPath(panel: AxisPanel, across: Float64Array, { low, high }: Band): string {
  const parts: string[] = [];
  for (let from = 0; from < low.length; from++) {
    if (Number.isNaN(low[from])) continue;
    let to = from;
    while (to + 1 < low.length && !Number.isNaN(low[to + 1])) to++;
    const points = (values: Float64Array) => Array.from({ length: to - from + 1 }, (_, i) => `${short(panel.x(across[from + i]))} ${short(panel.y(values[from + i]))}`);
    parts.push(`M${points(high).join("L")}L${points(low).reverse().join("L")}Z`);
    from = to;
  }
  return element("path", { class: "band", d: parts.join("") });
}

function bars({ measures }: Score, panel: AxisPanel, named: boolean): string {
  const ticks = barTicks(measures, panel.x(1) - panel.x(0)).filter(({ onsetQuarter }) => panel.x(onsetQuarter) > panel.left || panel.x(onsetQuarter + 1e-3) > panel.left);
  const numbers = named ? ticks.filter(({ label }) => label).map(({ onsetQuarter, label }) => text(label, { class: "tick", x: panel.x(onsetQuarter), y: panel.bottom + 16, "text-anchor": "middle" })) : [];
  return element("path", { class: "bar", d: ticks.map(({ onsetQuarter }) => `M${short(panel.x(onsetQuarter))} ${panel.top}V${panel.bottom}`).join("") }) + numbers.join("");
}
