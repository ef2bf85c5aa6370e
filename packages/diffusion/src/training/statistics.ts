/**
 * @file Weighted means and deviations of columns, in float64.
 */
import type { Matrix } from "@dexter/codec";

/** Mean and standard deviation per column. */
export interface ColumnScale {
  /** `[C]`. */
  readonly mean: number[];
  /** `[C]`; 1 for a column that never changes. */
  readonly sd: number[];
}

/** A column that varies less than this counts as constant. */
const MIN_SD = 1e-6;

/**
 * Statistics over several matrices of the same columns.
 *
 * @param parts - each `[N, C]`, with weights per value `[N, C]` (default 1) and per matrix
 */
export function columnScale(parts: Iterable<{ values: Matrix; weights?: Matrix; weight?: number }>): ColumnScale {
  let mass = new Float64Array(0);
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  for (const { values, weights, weight = 1 } of parts) {
    const columns = values.shape[1];
    if (mean.length === 0) [mass, mean, squares] = [new Float64Array(columns), new Float64Array(columns), new Float64Array(columns)];
    for (let i = 0, c = 0; i < values.data.length; i++) {
      const w = weight * (weights ? weights.data[i] : 1);
      if (w > 0) {
        // West (1979): one pass, no cancellation.
        mass[c] += w;
        const off = values.data[i] - mean[c];
        mean[c] += (w / mass[c]) * off;
        squares[c] += w * off * (values.data[i] - mean[c]);
      }
      if (++c === columns) c = 0;
    }
  }
  const sd = Array.from(squares, (s, c) => (mass[c] > 0 ? Math.sqrt(s / mass[c]) : 0));
  return { mean: [...mean], sd: sd.map((s) => (s > MIN_SD ? s : 1)) };
}
