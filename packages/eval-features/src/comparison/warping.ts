/**
 * @file How far two curves are apart when one may run a little ahead of the other: dynamic time warping
 * (Sakoe and Chiba, 1978) within a band.
 */

/** How far a curve may run ahead unless told: this share of its places, and never more than so many. */
const BAND_SHARE = 0.1;
const MOST_BAND = 16;

/** How to warp. */
export interface WarpingOptions {
  /** Places that a curve may run ahead of the other; default: a tenth of the longer curve, at most 16. */
  readonly band?: number;
}

/**
 * The mean |a − b| along the cheapest way through both curves, each place met at least once.
 *
 * @param a - gaps (NaN) are passed over
 * @param b - gaps (NaN) are passed over
 * @returns in the curves' unit; NaN where one of them is empty
 */
export function warpingDistance(a: Float64Array, b: Float64Array, options: WarpingOptions = {}): number {
  const x = a.filter((value) => !Number.isNaN(value));
  const y = b.filter((value) => !Number.isNaN(value));
  const n = x.length;
  const m = y.length;
  if (n === 0 || m === 0) return Number.NaN;
  const wished = options.band ?? Math.min(MOST_BAND, Math.ceil(BAND_SHARE * Math.max(n, m)));
  // Where lengths differ, the band lies around the diagonal and is as wide as its steps.
  const slope = m / n;
  const band = Math.max(wished, Math.ceil(slope), 1); // never less than a row's step
  let cost = new Float64Array(m).fill(Infinity);
  let steps = new Int32Array(m);
  let nextCost = new Float64Array(m);
  let nextSteps = new Int32Array(m);
  for (let i = 0; i < n; i++) {
    const middle = Math.round(i * slope);
    const from = Math.max(0, middle - band);
    const to = i === n - 1 ? m - 1 : Math.min(m - 1, middle + band);
    // Of the row before, the next one reads no further than its own band.
    if (from > 0) nextCost[from - 1] = Infinity;
    nextCost.fill(Infinity, to + 1, to + band + 2);
    const value = x[i];
    let diagonal = i === 0 && from === 0 ? 0 : from > 0 ? cost[from - 1] : Infinity;
    let diagonalSteps = from > 0 ? steps[from - 1] : 0;
    let left = Infinity;
    let leftSteps = 0;
    for (let j = from; j <= to; j++) {
      const above = cost[j];
      const aboveSteps = steps[j];
      if (above < diagonal) {
        diagonal = above;
        diagonalSteps = aboveSteps;
      }
      if (left < diagonal) {
        diagonal = left;
        diagonalSteps = leftSteps;
      }
      left = diagonal + Math.abs(value - y[j]);
      leftSteps = diagonalSteps + 1;
      nextCost[j] = left;
      nextSteps[j] = leftSteps;
      diagonal = above;
      diagonalSteps = aboveSteps;
    }
    [cost, nextCost] = [nextCost, cost];
    [steps, nextSteps] = [nextSteps, steps];
  }
  return cost[m - 1] / steps[m - 1];
}
