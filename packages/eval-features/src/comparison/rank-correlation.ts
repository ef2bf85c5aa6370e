/**
 * @file Spearman's ρ of curves with gaps: Pearson's r of the ranks.
 */
import { correlation } from "../correlation.js";

/**
 * Spearman's rank correlation over the places that both curves have; equal values share their mean rank.
 *
 * @param a - `[K]`, NaN where missing
 * @param b - `[K]`, NaN where missing
 * @returns ρ in [−1, 1]; NaN with fewer than three shared places, or where neither curve varies
 */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const shared = new Int32Array(a.length);
  let count = 0;
  for (let k = 0; k < a.length; k++) if (!Number.isNaN(a[k]) && !Number.isNaN(b[k])) shared[count++] = k;
  const places = shared.subarray(0, count);
  return correlation(ranks(places, a), ranks(places, b));
}

/** The rank of `values` at each of the places, from 0; ties share the mean of theirs. */
function ranks(places: Int32Array, values: Float64Array): Float64Array {
  const sorted = Float64Array.from(places, (k) => values[k]).sort();
  return Float64Array.from(places, (k) => (lowerBound(sorted, values[k]) + upperBound(sorted, values[k]) - 1) / 2);
}

/** Index of the first of the sorted values that is not below `value`. */
export function lowerBound(sorted: Float64Array, value: number): number {
  return bound(sorted, (one) => one < value);
}

/** Index of the first of the sorted values that is above `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  return bound(sorted, (one) => one <= value);
}

function bound(sorted: Float64Array, before: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
