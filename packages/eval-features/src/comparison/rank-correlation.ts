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
  const there = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) there[i] = values[places[i]];
  const sorted = there.slice().sort();
  for (let i = 0; i < there.length; i++) {
    const first = lowerBound(sorted, there[i]);
    there[i] = (first + upperBound(sorted, there[i], first) - 1) / 2;
  }
  return there;
}

/** Index of the first of the sorted values that is not below `value`. */
export function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first of the sorted values that is above `value`, from a place on. */
function upperBound(sorted: Float64Array, value: number, from: number): number {
  if (from + 1 < sorted.length && sorted[from + 1] > value) return from + 1;
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
