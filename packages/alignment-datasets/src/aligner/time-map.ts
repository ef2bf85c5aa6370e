/**
 * @file When each onset of a score is played: means of what is known, lines between.
 */
import type { Columns } from "./columns.js";

/** Times of onsets while they are gathered, `[K]` each. */
export interface KnownTimes {
  /** Sum of the times known of an onset, s. */
  readonly sum: Float64Array;
  /** How many are known. */
  readonly count: Int32Array;
}

/** An onset may stand this much before an earlier one before it is taken for an error, s. */
const BACKWARDS_SEC = 0.05;

/** Seconds per quarter note where only one onset is known. */
const PLAIN_TEMPO = 0.5;

/**
 * The time of every onset, s, `[K]`, ascending up to {@link BACKWARDS_SEC}.
 *
 * Where two known onsets contradict each other, the one with more notes stays. Onsets between two known ones lie on the
 * line through them; those before the first and after the last follow the nearest line.
 */
export function onsetTimeMap({ at, length: K }: Columns, { sum, count }: KnownTimes): Float64Array {
  const time = new Float64Array(K);
  const known: number[] = [];
  const mean = (k: number): number => sum[k] / count[k];
  for (let k = 0; k < K; k++) {
    if (count[k] === 0) continue;
    const contradicts = (): boolean => known.length > 0 && mean(known[known.length - 1]) > mean(k) + BACKWARDS_SEC;
    while (contradicts() && count[known[known.length - 1]] < count[k]) known.pop();
    if (!contradicts()) known.push(k);
  }
  for (let g = 0; g < known.length; g++) {
    const a = known[g];
    const b = known[g + 1] ?? a;
    const before = g > 0 ? known[g - 1] : a;
    const slope =
      b > a ? Math.max(0, mean(b) - mean(a)) / (at[b] - at[a]) : a > before ? Math.max(0, mean(a) - mean(before)) / (at[a] - at[before]) : PLAIN_TEMPO;
    const from = g === 0 ? 0 : a;
    const to = b > a ? b : K;
    for (let k = from; k < to; k++) time[k] = mean(a) + slope * (at[k] - at[a]);
  }
  return time;
}
