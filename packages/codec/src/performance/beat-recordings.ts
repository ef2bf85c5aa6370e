/**
 * @file Recordings that are known by their beats only: when each beat falls and
 * how loud it is, but no notes.
 */

/** `R` recordings of a score with `K` annotated beats. */
export interface BeatRecordings {
  /** Names of the recordings, `[R]`. */
  readonly recordings: readonly string[];
  /** Where each beat lies in the unfolded score, quarters, increasing, `[K]`. */
  readonly onsetQuarter: Float64Array;
  /** When it falls, s, row-major `[R, K]`; NaN where unknown. */
  readonly timeSec: Float64Array;
  /** How loud it is, sones, row-major `[R, K]`; NaN where unknown. */
  readonly loudnessSone: Float64Array;
}
