/**
 * @file Which bars to name below a plot, and where to draw their lines.
 */
import type { Measure } from "@dexter/codec";

/** A line at the start of a bar. */
export interface BarTick {
  readonly onsetQuarter: number;
  /** The bar's number as written; empty for a line without a number. */
  readonly label: string;
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const LABEL_PX = 42;
const LINE_PX = 7;

/**
 * Choose bars at round numbers, at least 42 pixels apart on average; the bars
 * between get a bare line while those stay 7 pixels apart.
 *
 * @param measures - the bars as they sound
 * @param pixelsPerQuarter - scale of the axis
 */
export function barTicks(measures: readonly Measure[], pixelsPerQuarter: number): BarTick[] {
  if (measures.length === 0) return [];
  const last = measures[measures.length - 1];
  const barPx = (pixelsPerQuarter * (last.onsetQuarter + last.durationQuarter - measures[0].onsetQuarter)) / measures.length;
  const step = STEPS.find((bars) => bars * barPx >= LABEL_PX) ?? STEPS[STEPS.length - 1];
  const ticks: BarTick[] = [];
  let labelEnd = Number.NEGATIVE_INFINITY;
  for (const measure of measures) {
    const x = measure.onsetQuarter * pixelsPerQuarter;
    const number = Number(measure.number);
    const round = number === 1 || number % step === 0;
    const label = round && x - labelEnd >= LABEL_PX * 0.6 ? measure.number : "";
    if (label) labelEnd = x;
    if (label || barPx >= LINE_PX) ticks.push({ onsetQuarter: measure.onsetQuarter, label });
  }
  return ticks;
}
