/**
 * @file How far the values of one performance must be moved to be distributed as another's.
 */

/**
 * Wasserstein's distance of order 1 between two samples: the area between their quantile functions.
 *
 * @param a - values in any order, NaN where missing
 * @param b - values in any order, NaN where missing
 * @returns in the unit of the values; NaN where one sample is empty
 */
export function wassersteinDistance(a: Float64Array, b: Float64Array): number {
  return sortedDistance(sortedValues(a), sortedValues(b));
}

/** The values that are there, rising. */
export function sortedValues(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

/** The distance of samples that are sorted already. */
export function sortedDistance(sortedA: Float64Array, sortedB: Float64Array): number {
  const n = sortedA.length;
  const m = sortedB.length;
  if (n === 0 || m === 0) return Number.NaN;
  let area = 0;
  // Quantiles in steps of 1 / (n m), so that all is counted in integers.
  for (let i = 0, j = 0, at = 0; i < n && j < m; ) {
    const next = Math.min((i + 1) * m, (j + 1) * n);
    area += (next - at) * Math.abs(sortedA[i] - sortedB[j]);
    at = next;
    if (next === (i + 1) * m) i++;
    if (next === (j + 1) * n) j++;
  }
  return area / n / m;
}
