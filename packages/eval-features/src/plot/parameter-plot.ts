/**
 * @file Predicted parameters against the label's: each over score time, and each against the other, as SVG.
 */
import { CodecError, PARAMETER_NAMES, type ParameterName, type PerformanceParameters, type Score } from "@dexter/codec";
import { compareParameters, PARAMETER_UNITS, parameterPairs } from "../parameter-comparison.js";
import { axisPanel, curvePath, panelGround, robustRange, type AxisPanel } from "./axis-panel.js";
import { legend } from "./passage-plot.js";
import { element, escapeText, short, text } from "./svg.js";
import { STYLE } from "./theme.js";

/** Names of the parameters as people write them. */
export const PARAMETER_LABELS: Readonly<Record<ParameterName, string>> = {
  beatPeriod: "Beat period", velocityNorm: "Velocity", timingSec: "Timing", articulationLog2: "Articulation", pedalNorm: "Pedal",
};

const WIDTH = 1000;
const LEFT = 56;
const SCATTER = 112;
const GAP = 52;
const RIGHT = 16;
const LEGEND = 30;
const HEADING = 24;
const ROW = SCATTER + HEADING + 26;
/** Thinner points where there are many. */
const MANY = 400;

/** The least room above and below what does not vary, in the parameter's unit. */
const LEAST: Readonly<Record<ParameterName, number>> = { beatPeriod: 0.01, velocityNorm: 0.01, timingSec: 0.002, articulationLog2: 0.05, pedalNorm: 0.05 };

/**
 * Draw all five parameters of a prediction and of its label: at the left over score time, at the right against each other.
 *
 * @param score - the passage, at least two notes
 * @returns a self-contained SVG document, for light and dark pages
 * @throws CodecError for a score with fewer than two notes, or different releases
 * @throws ShapeError when parameters are not as long as the score
 */
export function plotParameters(score: Score, prediction: PerformanceParameters, label: PerformanceParameters): string {
  const { notes } = score;
  if (notes.length < 2) throw new CodecError(`plotParameters: expected at least two notes, got ${notes.length}.`);
  const compared = compareParameters(score, prediction, label);
  const height = LEGEND + PARAMETER_NAMES.length * ROW + 14;
  const across: readonly [number, number] = [notes.onsetBeat[0], Math.max(notes.onsetBeat[notes.length - 1], notes.onsetBeat[0] + 1)];
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "img" },
    element("title", {}, "Parameters, drawn and played"),
    element("style", {}, STYLE),
    element("rect", { class: "page", width: WIDTH, height, rx: 8 }),
    legend([["c0", "drawn"], ["c1", "label"]]),
    ...PARAMETER_NAMES.map((name, row) => {
      const pairs = parameterPairs(score, prediction, label, name);
      const top = LEGEND + row * ROW + HEADING;
      const up = robustRange([...pairs.prediction, ...pairs.label], LEAST[name]);
      const wide = axisPanel({ left: LEFT, right: WIDTH - RIGHT - SCATTER - GAP, top, bottom: top + SCATTER, across, up });
      const square = axisPanel({ left: WIDTH - RIGHT - SCATTER, right: WIDTH - RIGHT, top, bottom: top + SCATTER, across: up, up });
      const beats = Float64Array.from(pairs.note, (n) => notes.onsetBeat[n]);
      const { correlation: r, meanAbsoluteError } = compared[name];
      return element("g", {},
        element("text", { class: "heading", x: LEFT, y: top - 8 }, PARAMETER_LABELS[name], element("tspan", { dx: 8, "font-weight": "400", "font-size": "11px" }, escapeText(PARAMETER_UNITS[name]))),
        text(`mean error ${figure(meanAbsoluteError)}`, { class: "tick", x: wide.right, y: top - 8, "text-anchor": "end" }),
        text(Number.isNaN(r) ? "no r" : `r = ${r.toFixed(2).replace("-", "−")}`, { class: "heading", x: square.left, y: top - 8 }),
        panelGround(wide, { below: row === PARAMETER_NAMES.length - 1 }),
        name === "beatPeriod"
          ? curvePath(wide, beats, pairs.label, "thin c1") + curvePath(wide, beats, pairs.prediction, "thin c0")
          : dots(wide, beats, pairs.label, 1) + dots(wide, beats, pairs.prediction, 0),
        panelGround(square),
        element("path", { class: "number", d: `M${square.left} ${square.bottom}L${square.right} ${square.top}` }),
        dots(square, pairs.label, pairs.prediction, 0),
      );
    }),
    text("beat", { class: "tick", x: LEFT, y: height - 6 }),
    text("across: label, up: drawn", { class: "tick", x: WIDTH - RIGHT, y: height - 6, "text-anchor": "end" }),
  ).concat("\n");
}

/** Points as one path of strokes without length. */
function dots(panel: AxisPanel, across: Float64Array, up: Float64Array, colour: number): string {
  const d = Array.from(across, (value, k) => `M${short(panel.x(value))} ${short(panel.y(up[k]))}h0`).join("");
  return element("path", { class: `dots${across.length > MANY ? " many" : ""} c${colour}`, d });
}

function figure(value: number): string {
  return Number.isNaN(value) ? "–" : String(Number(value.toPrecision(2)));
}
