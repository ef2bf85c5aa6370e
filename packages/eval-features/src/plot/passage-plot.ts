/**
 * @file A drawn performance of a passage beside people's: tempo and velocity over score time, as SVG.
 */
import { CodecError, type PerformanceParameters, type Score } from "@dexter/codec";
import { tempoCurve, velocityCurve, type OnsetCurve } from "../curves.js";
import { axisPanel, curvePath, panelGround, robustRange } from "./axis-panel.js";
import { element, escapeText, text } from "./svg.js";
import { STYLE } from "./theme.js";

/** Who plays in the picture. */
export interface PassagePerformances {
  /** What the model played. */
  readonly prediction: PerformanceParameters;
  /** The performance that it is compared with. */
  readonly label: PerformanceParameters;
  /** What others played; at most {@link MOST_OTHERS} are drawn. */
  readonly others?: readonly PerformanceParameters[];
  /** The performance that the model started from, where it did. */
  readonly source?: PerformanceParameters;
}

/** More people than this are a blur. */
export const MOST_OTHERS = 24;

const WIDTH = 1000;
const LEFT = 56;
const RIGHT = 16;
const LEGEND = 30;
const HEADING = 22;
const TEMPO = 190;
const VELOCITY = 140;
const AXIS = 40;

/**
 * Draw tempo (beats per minute) and velocity (mean of the chord) of a model's performance, of its label, and of others in grey.
 *
 * @param score - the passage, at least two notes
 * @returns a self-contained SVG document, for light and dark pages
 * @throws CodecError for a score with fewer than two notes
 * @throws ShapeError when parameters are not as long as the score
 */
export function plotPassage(score: Score, { prediction, label, others = [], source }: PassagePerformances): string {
  if (score.notes.length < 2) throw new CodecError(`plotPassage: expected at least two notes, got ${score.notes.length}.`);
  const shown = others.slice(0, MOST_OTHERS);
  const tempoTop = LEGEND + HEADING;
  const velocityTop = tempoTop + TEMPO + HEADING + 10;
  const height = velocityTop + VELOCITY + AXIS;
  const bands = [
    { heading: "Tempo", unit: "beats per minute", top: tempoTop, size: TEMPO, curveOf: (played: PerformanceParameters) => tempoCurve(score, played) },
    { heading: "Velocity", unit: "MIDI, mean of the chord", top: velocityTop, size: VELOCITY, curveOf: (played: PerformanceParameters) => velocityCurve(score, played) },
  ];
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img" },
    element("title", {}, "Tempo and velocity, drawn and played"),
    element("style", {}, STYLE),
    element("rect", { class: "page", width: WIDTH, height, rx: 8 }),
    legend([["c0", "drawn"], ["c1", "label"], ...(source ? [["c2", "source"] as const] : []), ...(shown.length ? [["other", people(others.length, shown.length)] as const] : [])]),
    ...bands.map(({ heading, unit, top, size, curveOf }, band) => {
      const drawn = curveOf(prediction);
      const curves = [...shown.map((played) => ["raw other", curveOf(played)] as const),
        ...(source ? [["thin c2", curveOf(source)] as const] : []), ["thin c1", curveOf(label)] as const, ["thin c0", drawn] as const];
      const { onsetBeat, length } = drawn;
      const panel = axisPanel({
        left: LEFT, right: WIDTH - RIGHT, top, bottom: top + size,
        across: [onsetBeat[0], Math.max(onsetBeat[length - 1], onsetBeat[0] + 1)],
        up: robustRange(curves.flatMap(([, { value }]) => [...value]), band === 0 ? 2 : 3, band === 0 ? 0.03 : 0.01),
      });
      return element("g", {},
        element("text", { class: "heading", x: LEFT, y: top - 8 }, heading, element("tspan", { dx: 8, "font-weight": "400", "font-size": "11px" }, escapeText(unit))),
        panelGround(panel, { below: band === 1 }),
        ...curves.map(([name, curve]: readonly [string, OnsetCurve]) => curvePath(panel, curve.onsetBeat, curve.value, name)),
      );
    }),
    text("beat", { class: "tick", x: LEFT, y: height - 8 }),
  ).concat("\n");
}

function people(all: number, shown: number): string {
  return all > shown ? `${shown} of ${all} other pianists` : all === 1 ? "another pianist" : `${all} other pianists`;
}

/** Names beside strokes of their colour. */
export function legend(entries: readonly (readonly [className: string, name: string])[], left = LEFT): string {
  let x = left;
  return element("g", {}, ...entries.flatMap(([className, name]) => {
    const at = x;
    x += 44 + 6.6 * name.length;
    return [element("path", { class: `line ${className}`, d: `M${at} 17h18` }), text(name, { x: at + 24, y: 21 })];
  }));
}
