/**
 * @file The mean of what lies around each note of a score.
 */
import type { Score } from "@dexter/codec";

/**
 * Means over the notes at most `reachQuarters` before and after each, `[N]`, in one pass.
 *
 * @param values - one a note, `[N]`
 */
export function windowMean<T extends Float32Array | Float64Array>({ notes }: Score, values: T, reachQuarters: number): T {
  let low = 0;
  let high = 0;
  let sum = 0;
  return values.map((_, n) => {
    while (high < values.length && notes.onsetQuarter[high] <= notes.onsetQuarter[n] + reachQuarters) sum += values[high++];
    while (notes.onsetQuarter[low] < notes.onsetQuarter[n] - reachQuarters) sum -= values[low++];
    return sum / (high - low);
  }) as T;
}
