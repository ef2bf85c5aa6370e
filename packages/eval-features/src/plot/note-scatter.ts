/**
 * @file A performance against the median of others, note by note, as SVG.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { comparisonCurves, type ComparisonCurves } from "../comparison/comparison-curves.js";
import { medianCurve } from "../comparison/human-band.js";
import { correlation } from "../correlation.js";
import { axisPanel, panelGround, robustRange, type AxisPanel } from "./axis-panel.js";
import { element, short, text } from "./svg.js";
import { STYLE } from "./theme.js";

/** Of a square with the numbers at its left. */
const SIZE = 176;
const NUMBERS = 18;
const LEFT = 44;
const GAP = 20;
const TOP = 34;
const BOTTOM = 40;
/** Thinner points where there are many. */
const MANY = 400;

const SQUARES: readonly { readonly heading: string; readonly least: number; readonly of: (curves: ComparisonCurves) => Float64Array }[] = [
  { heading: "Tempo", least: 2, of: ({ perOnset }) => perOnset.tempo },
  { heading: "Velocity", least: 3, of: ({ perNote }) => perNote.velocityNote },
  { heading: "Articulation", least: 0.1, of: ({ perNote }) => perNote.articulation },
  { heading: "Timing, s", least: 0.005, of: ({ perNote }) => perNote.timing },
  { heading: "Pedal", least: 0.05, of: ({ perNote }) => perNote.pedal },
];

/**
 * Draw each note (for the tempo, each onset): across what others do there, their median; up what this one does.
 *
 * @param others - at least one
 * @returns a self-contained SVG document, for light and dark pages
 * @throws ShapeError when parameters are not as long as the score
 */
export function plotNoteScatter(score: Score, performance: PerformanceParameters, others: readonly PerformanceParameters[]): string {
  const { curves } = comparisonCurves(score, [performance, ...others]);
  return drawScatter(curves[0], curves.slice(1));
}

/** The same of curves that are there already. */
export function drawScatter(performance: ComparisonCurves, others: readonly ComparisonCurves[]): string {
  const width = LEFT + SQUARES.length * (SIZE + GAP);
  const height = TOP + SIZE - NUMBERS + BOTTOM;
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    element("title", {}, "Each note against the median of others"),
    element("style", {}, STYLE),
    element("rect", { class: "page", width, height, rx: 8 }),
    ...SQUARES.map(({ heading, least, of }, s) => {
      const own = of(performance);
      const middle = medianCurve(others.map(of));
      const range = robustRange([...own, ...middle], least, 0.01);
      const left = LEFT + s * (SIZE + GAP);
      const panel = axisPanel({ left: left + NUMBERS, right: left + SIZE, top: TOP, bottom: TOP + SIZE - NUMBERS, across: range, up: range });
      const r = correlation(own, middle);
      return element("g", {},
        text(heading, { class: "heading", x: panel.left, y: TOP - 10 }),
        text(Number.isNaN(r) ? "" : `r ${r.toFixed(2).replace("-", "−")}`, { class: "tick", x: panel.right, y: TOP - 10, "text-anchor": "end" }),
        panelGround(panel),
        element("path", { class: "number", d: `M${panel.left} ${panel.bottom}L${panel.right} ${panel.top}` }),
        points(panel, middle, own),
      );
    }),
    text("across: median of the others, up: this performance; one point a note, for the tempo an onset", { class: "tick", x: LEFT + NUMBERS, y: height - 12 }),
  ).concat("\n");
}

function points(panel: AxisPanel, across: Float64Array, up: Float64Array): string {
  const d: string[] = [];
  for (let n = 0; n < up.length; n++) if (Number.isFinite(up[n]) && Number.isFinite(across[n])) d.push(`M${short(panel.x(across[n]))} ${short(panel.y(up[n]))}h0`);
  return element("path", { class: `dots${d.length > MANY ? " many" : ""} c0`, d: d.join("") });
}
