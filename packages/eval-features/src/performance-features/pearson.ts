/**
 * @file Pearson's r of short runs: a chord, a hairpin, the beats around a note. Two places are enough: they tell a direction.
 */

/** Deviations that rounding leaves, of seconds, velocities or pitches. */
const NO_VARIANCE = 1e-14;

/** Thirds of beats do not add up exactly. */
const SAME_PLACE = 1e-6;

/** r of two runs of equal length; NaN where either does not vary. */
export function pearson(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let meanA = 0, meanB = 0;
  for (let i = 0; i < n; i++) {
    meanA += a[i] / n;
    meanB += b[i] / n;
  }
  let aa = 0, bb = 0, ab = 0;
  for (let i = 0; i < n; i++) {
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
    ab += (a[i] - meanA) * (b[i] - meanB);
  }
  return rOf(n, aa / n, bb / n, ab / n);
}

/**
 * r of two curves around each of their places.
 *
 * @param position - ascending, `[U]`
 * @param a - `[U]`; places with NaN are left out
 * @param b - `[U]`
 * @param reach - how far a window goes to both sides, in units of `position`, ends included
 * @returns `[U]`; NaN where a window has less than two places, or one of the curves does not vary in it
 */
export function localPearson(position: Float64Array, a: Float64Array, b: Float64Array, reach: number): Float64Array {
  const U = position.length;
  const [centreA, centreB] = [centred(a), centred(b)];
  const result = new Float64Array(U).fill(Number.NaN);
  let n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  const take = (u: number, sign: 1 | -1): void => {
    const x = centreA[u], y = centreB[u];
    if (Number.isNaN(x + y)) return;
    n += sign;
    sa += sign * x;
    sb += sign * y;
    saa += sign * x * x;
    sbb += sign * y * y;
    sab += sign * x * y;
  };
  let from = 0, to = 0;
  for (let u = 0; u < U; u++) {
    while (to < U && position[to] - position[u] <= reach + SAME_PLACE) take(to++, 1);
    while (position[u] - position[from] > reach + SAME_PLACE) take(from++, -1);
    if (n > 1) result[u] = rOf(n, saa / n - (sa / n) ** 2, sbb / n - (sb / n) ** 2, sab / n - (sa / n) * (sb / n), 1e-9);
  }
  return result;
}

function rOf(n: number, varianceA: number, varianceB: number, covariance: number, least = NO_VARIANCE): number {
  if (n < 2 || !(varianceA > least) || !(varianceB > least)) return Number.NaN;
  return Math.max(-1, Math.min(1, covariance / Math.sqrt(varianceA * varianceB)));
}

/** Running sums lose less of small numbers. */
function centred(values: Float64Array): Float64Array {
  let sum = 0, count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  const mean = count ? sum / count : 0;
  return values.map((value) => value - mean);
}
