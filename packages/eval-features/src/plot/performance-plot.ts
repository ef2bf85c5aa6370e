/**
 * @file A picture of performances: tempo and velocity over score time, as SVG.
 *
 * The thin line is what was played at each onset, the thick one its course
 * (a Gaussian along the score); strokes below reach from the softest to the
 * loudest note of each chord.
 */
import { CodecError, type PerformanceParameters, type Score } from "@dexter/codec";
import { scaleLinear, scaleLog } from "d3-scale";
import { line as lineOf } from "d3-shape";
import { tempoCurve, velocityCurve, type OnsetCurve } from "../curves.js";
import { barTicks } from "./bar-axis.js";
import { smooth, thin, type Line } from "./line-thinning.js";
import { placeSigns, type PlacedSigns } from "./score-signs.js";
import { element, escapeText, short, text } from "./svg.js";
import { COLOURS, STYLE } from "./theme.js";

/** How to draw performances. */
export interface PlotOptions {
  /** Above the picture; default: the score's title. */
  readonly title?: string;
  /** A name for each performance, for the legend. */
  readonly labels?: readonly string[];
  /** Width in pixels, 320–4000; default 1000. */
  readonly width?: number;
}

/** Room around the panels, px. */
const LEFT = 52;
const RIGHT = 22;
const HEADER = 62;
const WORDS = 40;
const TEMPO = 200;
const GAP = 34;
const VELOCITY = 150;
const MARKS = 28;
const FOOTER = 34;

const TEMPO_TICKS = [5, 7, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 100, 120, 140, 160, 200, 240, 280, 320, 400, 500, 640, 800, 1000, 1300, 1600, 2000];
/** More performances than this are drawn by their course alone. */
const WITH_DETAIL = 3;
/** A course bends no faster than the eye follows. */
const MIN_KERNEL_PX = 5;
const MAX_PERFORMANCES = 64;

/** One horizontal band of the picture. */
interface Panel {
  readonly top: number;
  readonly height: number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
  readonly heading: string;
  readonly unit: string;
  /** From the panel's top up to the heading, px. */
  readonly headingRise: number;
  readonly clip: string;
}

/** A curve of a performance and its smooth course. */
interface DrawnCurve {
  readonly curve: OnsetCurve;
  readonly course: Float64Array;
}

/**
 * Draw tempo (quarter notes per minute) and velocity over score time, with bar
 * numbers, the score's words above and its dynamics below. The colours follow
 * the page's light or dark scheme. The size is bounded by the width, not by the length of the piece.
 *
 * @param score - the score that the performances are of
 * @param performances - one, or several to compare (at most 64)
 * @returns a self-contained SVG document
 * @throws CodecError for a score without notes, no or too many performances, or a width out of range
 * @throws ShapeError when parameters are not as long as the score
 */
export function plotPerformance(
  score: Score, performances: PerformanceParameters | readonly PerformanceParameters[], options: PlotOptions = {},
): string {
  const drawn = "mask" in performances ? [performances] : performances;
  const width = options.width ?? 1000;
  requirePlottable(score, drawn.length, width);
  const right = width - RIGHT;
  const { from, to } = extent(score);
  const x = scaleLinear([from, to], [LEFT, right]);
  const at = Float64Array.from({ length: Math.ceil((right - LEFT) / 2) + 1 }, (_, i) => x.invert(Math.min(LEFT + 2 * i, right)));
  const kernel = Math.max(smoothingWidth(score), MIN_KERNEL_PX / (x(1) - x(0)));
  const tempos = drawn.map((parameters): DrawnCurve => {
    const curve = tempoCurve(score, parameters, { unit: "quarter" });
    // The way over the time it took: the mean of minutes per quarter, turned over again. A rushed grace does not weigh more than its time.
    const period = smooth(curve.onsetQuarter, curve.value.map((tempo) => 1 / tempo), kernel, at);
    return { curve, course: period.map((minutes) => 1 / minutes) };
  });
  const velocities = drawn.map((parameters): DrawnCurve => {
    const curve = velocityCurve(score, parameters);
    return { curve, course: smooth(curve.onsetQuarter, curve.value, kernel, at) };
  });

  const tempo = tempoPanel(tempos, width);
  const velocity = velocityPanel(velocities, width);
  const bottom = velocity.top + velocity.height;
  const height = bottom + MARKS + FOOTER;
  const bars = barTicks(score.measures, x(1) - x(0)).filter(({ onsetQuarter }) => onsetQuarter >= from && onsetQuarter < to);
  const courseX = at.map((place) => x(place));

  const curvesIn = (panel: Panel, curves: readonly DrawnCurve[]) =>
    element("g", { "clip-path": `url(#${panel.clip})` },
      ...(curves.length <= WITH_DETAIL ? curves.map(({ curve }, c) => rawLine(curve, x, panel, c)) : []),
      ...curves.map(({ course }, c) => courseLine(courseX, course, panel, c)),
    );
  const ranges = drawn.length === 1
    ? element("g", { "clip-path": `url(#${velocity.clip})` }, chordRanges(score, drawn[0], x, velocity))
    : "";
  const title = options.title ?? score.title ?? "Performance";
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", class: "dexter-plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    element("title", {}, escapeText(title)),
    element("style", {}, STYLE),
    element("defs", {}, ...[tempo, velocity].map((panel) =>
      element("clipPath", { id: panel.clip }, element("rect", { x: LEFT, y: panel.top, width: right - LEFT, height: panel.height })))),
    element("rect", { class: "page", width, height, rx: 8 }),
    text(title, { class: "title", x: LEFT, y: 32 }),
    text(summary(score, drawn, tempos[0].curve), { x: LEFT, y: 52 }),
    legend(drawn.length, options.labels, right),
    panelGround(tempo, right),
    panelGround(velocity, right),
    ...bars.map(({ onsetQuarter, label }) => barLine(x(onsetQuarter), label, [tempo, velocity], bottom + MARKS)),
    text("bar", { class: "tick", x: LEFT - 10, y: bottom + MARKS + 16, "text-anchor": "end" }),
    ranges,
    curvesIn(tempo, tempos),
    curvesIn(velocity, velocities),
    signs(placeSigns(score, x, right), tempo.top - 7, bottom + 19),
  ).concat("\n");
}

function requirePlottable(score: Score, performances: number, width: number): void {
  if (!(width >= 320 && width <= 4000)) throw new CodecError(`plotPerformance: width must be 320–4000 px, got ${width}.`);
  if (score.notes.length === 0) throw new CodecError("plotPerformance: the score has no notes.");
  if (performances < 1 || performances > MAX_PERFORMANCES) {
    throw new CodecError(`plotPerformance: expected 1–${MAX_PERFORMANCES} performances, got ${performances}.`);
  }
}

/** Where the music begins and ends, quarters. */
function extent({ notes, measures }: Score): { from: number; to: number } {
  let from = measures[0]?.onsetQuarter ?? Number.POSITIVE_INFINITY;
  let to = from;
  for (let n = 0; n < notes.length; n++) {
    from = Math.min(from, notes.onsetQuarter[n]);
    to = Math.max(Number.isFinite(to) ? to : from, notes.onsetQuarter[n] + notes.durationQuarter[n]);
  }
  return { from, to: Math.max(to, from + 1) };
}

/** A quarter of the usual bar, quarters. */
function smoothingWidth({ measures }: Score): number {
  const lengths = measures.map(({ durationQuarter }) => durationQuarter).sort((a, b) => a - b);
  return Math.max(0.25, (lengths[lengths.length >> 1] ?? 4) / 4);
}

function tempoPanel(curves: readonly DrawnCurve[], width: number): Panel {
  const [low, high] = robustExtent(curves, 30, 200);
  const y = scaleLog([low * 0.94, high * 1.06], [HEADER + WORDS + TEMPO, HEADER + WORDS]);
  const ticks: number[] = [];
  const candidates = high < 2 * low ? scaleLinear([low, high], [0, 1]).ticks(4) : TEMPO_TICKS;
  for (const tick of candidates) {
    if (tick < low * 0.94 || tick > high * 1.06) continue;
    if (ticks.length && y(ticks[ticks.length - 1]) - y(tick) < 26) continue;
    ticks.push(tick);
  }
  return { top: HEADER + WORDS, height: TEMPO, y, ticks, heading: "Tempo", headingRise: 25, unit: "quarter notes per minute", clip: `dexter-tempo-${width}` };
}

function velocityPanel(curves: readonly DrawnCurve[], width: number): Panel {
  const top = HEADER + WORDS + TEMPO + GAP;
  const [low, high] = robustExtent(curves, 20, 110);
  const y = scaleLinear([Math.max(0, low - 12), Math.min(127, high + 12)], [top + VELOCITY, top]);
  return { top, height: VELOCITY, y, ticks: y.ticks(5), heading: "Velocity", headingRise: 8, unit: "MIDI, mean of the chord", clip: `dexter-velocity-${width}` };
}

/** What all but 2 % of the time at either end is played at, and the courses. */
function robustExtent(curves: readonly DrawnCurve[], lowest: number, highest: number): [number, number] {
  const played = curves
    .flatMap(({ curve: { onsetQuarter, value } }) =>
      Array.from(value, (v, k) => ({ value: v, lasts: k + 1 < value.length ? onsetQuarter[k + 1] - onsetQuarter[k] : 0 })))
    .filter(({ value }) => value > 0 && Number.isFinite(value))
    .sort((a, b) => a.value - b.value);
  if (played.length === 0) return [lowest, highest];
  const all = played.reduce((sum, { lasts }) => sum + lasts, 0);
  let low = played[played.length - 1].value;
  let high = low;
  let passed = 0;
  for (const { value, lasts } of played) {
    if (passed <= 0.02 * all) low = value;
    if (passed <= 0.98 * all) high = value;
    passed += lasts;
  }
  for (const { course } of curves) {
    for (const value of course) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high - low < 0.02 * high ? [low * 0.9, high * 1.1] : [low, high];
}

const path = lineOf<number>();

function drawPath({ x, y }: Line): string {
  return path.defined((k) => Number.isFinite(y[k])).x((k) => x[k]).y((k) => y[k]).digits(1)(Array.from(x.keys())) ?? "";
}

function rawLine({ onsetQuarter, value }: OnsetCurve, x: (quarter: number) => number, panel: Panel, colour: number): string {
  const line = thin({ x: onsetQuarter.map((quarter) => x(quarter)), y: value.map((v) => panelY(panel, v)) });
  const dense = line.x.length > 0.8 * (line.x[line.x.length - 1] - line.x[0]);
  return element("path", { class: `raw${dense ? " dense" : ""} c${colour % COLOURS}`, d: drawPath(line) });
}

function courseLine(x: Float64Array, course: Float64Array, panel: Panel, colour: number): string {
  return element("path", { class: `line c${colour % COLOURS}`, d: drawPath({ x, y: course.map((v) => panelY(panel, v)) }) });
}

/** Pixels of a value; far outside the panel all the same, so that no number explodes. */
function panelY(panel: Panel, value: number): number {
  if (!(value > 0)) return Number.NaN;
  return Math.max(panel.top - 50, Math.min(panel.top + panel.height + 50, panel.y(value)));
}

/** A stroke from the softest to the loudest note of each column of pixels. */
function chordRanges({ notes }: Score, parameters: PerformanceParameters, x: (quarter: number) => number, panel: Panel): string {
  const columns = new Map<number, [low: number, high: number]>();
  for (let n = 0; n < notes.length; n++) {
    if (!parameters.mask[n]) continue;
    const column = Math.round(x(notes.onsetQuarter[n]));
    const velocity = 127 * parameters.velocityNorm[n];
    const range = columns.get(column);
    columns.set(column, range ? [Math.min(range[0], velocity), Math.max(range[1], velocity)] : [velocity, velocity]);
  }
  const strokes = [...columns].map(([column, [low, high]]) => `M${column} ${short(panelY(panel, low) + 0.7)}V${short(panelY(panel, high) - 0.7)}`);
  return element("path", { class: "range c0", d: strokes.join("") });
}

function panelGround(panel: Panel, right: number): string {
  return element("g", {},
    element("rect", { class: "panel", x: LEFT, y: panel.top, width: right - LEFT, height: panel.height }),
    element("text", { class: "heading", x: LEFT, y: panel.top - panel.headingRise },
      panel.heading, element("tspan", { dx: 8, "font-weight": "400", "font-size": "11px" }, panel.unit)),
    ...panel.ticks.map((tick) => element("path", { class: "row", d: `M${LEFT} ${short(panel.y(tick))}H${short(right)}` })),
    ...panel.ticks.map((tick) => text(String(tick), { class: "tick", x: LEFT - 8, y: panel.y(tick) + 4, "text-anchor": "end" })),
  );
}

function barLine(x: number, label: string, panels: readonly Panel[], labelY: number): string {
  const d = panels.map(({ top, height }) => `M${short(x)} ${top}v${height}`).join("");
  const line = element("path", { class: label ? "number" : "bar", d });
  return label ? line + text(label, { class: "tick", x, y: labelY + 16, "text-anchor": "middle" }) : line;
}

function signs({ above, below, wedges }: PlacedSigns, aboveY: number, belowY: number): string {
  const hairpins = wedges.map(({ fromX, toX, opens }) => {
    const [point, mouth] = opens ? [fromX, toX - 2] : [toX - 2, fromX];
    return `M${short(mouth)} ${belowY - 9}L${short(point)} ${belowY - 5}L${short(mouth)} ${belowY - 1}`;
  });
  return element("g", {},
    ...above.map((word) => text(word.text, { class: "word", x: word.x, y: aboveY })),
    hairpins.length ? element("path", { class: "sign", d: hairpins.join("") }) : "",
    ...below.map((mark) => text(mark.text, { class: "mark", x: mark.x, y: belowY })),
  );
}

function legend(performances: number, labels: readonly string[] | undefined, right: number): string {
  if (performances === 1 && !labels?.[0]) return "";
  const names = Array.from({ length: Math.min(performances, COLOURS) }, (_, p) => labels?.[p] ?? String(p + 1));
  const widths = names.map((name) => 34 + 6.6 * name.length);
  let x = right - widths.reduce((sum, width) => sum + width, 0);
  const entries = names.map((name, p) => {
    const entry = element("path", { class: `line c${p}`, d: `M${short(x)} 48h16` }) + text(name, { class: "tick", x: x + 21, y: 52 });
    x += widths[p];
    return entry;
  });
  return element("g", {}, ...entries);
}

/** "♩ ≈ 62 · 1:43 min · 454 notes". */
function summary(score: Score, drawn: readonly PerformanceParameters[], tempo: OnsetCurve): string {
  let minutes = 0;
  let quarters = 0;
  for (let k = 0; k + 1 < tempo.length; k++) {
    const lasts = tempo.onsetQuarter[k + 1] - tempo.onsetQuarter[k];
    if (!(tempo.value[k] > 0) || !Number.isFinite(tempo.value[k])) continue;
    quarters += lasts;
    minutes += lasts / tempo.value[k];
  }
  const seconds = Math.round(60 * minutes);
  const facts = [
    score.composer,
    drawn.length > 1 ? `${drawn.length} performances` : "",
    minutes > 0 ? `♩ ≈ ${Math.round(quarters / minutes)}` : "",
    minutes > 0 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min` : "",
    `${score.notes.length.toLocaleString("en")} note${score.notes.length === 1 ? "" : "s"}`,
  ];
  return facts.filter(Boolean).join("  ·  ");
}
