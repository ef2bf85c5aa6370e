/**
 * @file Pearson's r, means and spreads of curves with gaps. NaN marks a gap: a
 * place that somebody did not play.
 */

/** Fewer shared places than this say nothing about two curves. */
const MIN_SHARED = 3;

/**
 * Pearson's r of two curves, over the places that both have.
 *
 * A curve without any variation follows nobody: its r with one that varies is 0.
 *
 * @param a - `[K]`, NaN where missing
 * @param b - `[K]`, NaN where missing
 * @returns r in [−1, 1]; NaN with fewer than three shared places, or where neither curve varies
 */
export function correlation(a: Float64Array, b: Float64Array): number {
  let shared = 0;
  let meanA = 0;
  let meanB = 0;
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  // Welford's update: one pass, no cancellation.
  for (let k = 0; k < a.length; k++) {
    if (Number.isNaN(a[k]) || Number.isNaN(b[k])) continue;
    shared++;
    const fromA = a[k] - meanA;
    const fromB = b[k] - meanB;
    meanA += fromA / shared;
    meanB += fromB / shared;
    squaresA += fromA * (a[k] - meanA);
    squaresB += fromB * (b[k] - meanB);
    products += fromA * (b[k] - meanB);
  }
  if (shared < MIN_SHARED) return Number.NaN;
  const flatA = isFlat(squaresA / shared, meanA);
  const flatB = isFlat(squaresB / shared, meanB);
  if (flatA || flatB) return flatA && flatB ? Number.NaN : 0;
  return Math.max(-1, Math.min(1, products / Math.sqrt(squaresA * squaresB)));
}

/** What rounding alone leaves of a constant is no variation: a billionth of a beat, a second or a velocity. */
function isFlat(variance: number, middle: number): boolean {
  return variance <= (1e-9 * Math.max(1, Math.abs(middle))) ** 2;
}

/** The mean of the values that are there; NaN when none is. */
export function mean(values: Iterable<number>): number {
  let count = 0;
  let sum = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
  }
  return count ? sum / count : Number.NaN;
}

/** The standard deviation (divisor n) of the values that are there; NaN when none is. */
export function standardDeviation(values: Iterable<number>): number {
  let count = 0;
  let middle = 0;
  let squares = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    const from = value - middle;
    middle += from / count;
    squares += from * (value - middle);
  }
  return count ? Math.sqrt(squares / count) : Number.NaN;
}

/**
 * The mean curve, place by place, of those who played there.
 *
 * @param curves - `[K]` each
 * @param leftOut - index of a curve that does not take part
 * @returns `[K]`, NaN where nobody played
 */
export function meanCurve(curves: readonly Float64Array[], leftOut = -1): Float64Array {
  const length = curves.length ? curves[0].length : 0;
  const sum = new Float64Array(length);
  const count = new Uint32Array(length);
  for (let c = 0; c < curves.length; c++) {
    if (c === leftOut) continue;
    const curve = curves[c];
    for (let k = 0; k < length; k++) {
      if (Number.isNaN(curve[k])) continue;
      sum[k] += curve[k];
      count[k]++;
    }
  }
  for (let k = 0; k < length; k++) sum[k] = count[k] ? sum[k] / count[k] : Number.NaN;
  return sum;
}
