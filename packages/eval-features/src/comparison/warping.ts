/**
 * @file How far two curves are apart when one may run a little ahead of the other: dynamic time warping
 * (Sakoe and Chiba, 1978) within a band.
 */

/** How far a curve may run ahead unless told: this share of its places, and never more than so many. */
const BAND_SHARE = 0.1;
const MOST_BAND = 32;

/** How to warp. */
export interface WarpingOptions {
  /** Places that a curve may run ahead of the other; default: a tenth of the longer curve, at most 32. */
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
  const band = Math.max(wished, Math.ceil(slope), 1);
  let cost = new Float64Array(m).fill(Infinity);
  let steps = new Int32Array(m);
  let nextCost = new Float64Array(m);
  let nextSteps = new Int32Array(m);
  for (let i = 0; i < n; i++) {
    const middle = Math.round(i * slope);
    const from = Math.max(0, middle - band);
    const to = i === n - 1 ? m - 1 : Math.min(m - 1, middle + band);
    nextCost.fill(Infinity);
    for (let j = from; j <= to; j++) {
      let best = i === 0 && j === 0 ? 0 : Infinity;
      let count = 0;
      if (j > 0 && cost[j - 1] < best) {
        best = cost[j - 1];
        count = steps[j - 1];
      }
      if (cost[j] < best) {
        best = cost[j];
        count = steps[j];
      }
      if (j > from && nextCost[j - 1] < best) {
        best = nextCost[j - 1];
        count = nextSteps[j - 1];
      }
      nextCost[j] = best + Math.abs(x[i] - y[j]);
      nextSteps[j] = count + 1;
    }
    [cost, nextCost] = [nextCost, cost];
    [steps, nextSteps] = [nextSteps, steps];
  }
  return cost[m - 1] / steps[m - 1];
}
