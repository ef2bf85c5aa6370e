/**
 * @file The notes of a score by onset: a chord shares one beat period, one tempo, one pedal.
 */
import type { ScoreNotes } from "./score.js";

/** Notes `start[k] … start[k + 1] - 1` share the `k`-th of `count` onsets. */
export interface OnsetGroups {
  /** How many onsets. */
  readonly count: number;
  /** First note of each onset, `[count + 1]`; the last entry is the number of notes. */
  readonly start: Int32Array;
  /** The onset that each note belongs to, `[N]`. */
  readonly ofNote: Int32Array;
}

/** Onsets nearer than this, in quarters, are one: thirds of tuplets do not add up exactly. */
const SAME_ONSET_QUARTER = 1e-6;

/**
 * Group notes that share an onset.
 *
 * @param notes - ordered by onset
 */
export function groupOnsets(notes: Pick<ScoreNotes, "length" | "onsetQuarter">): OnsetGroups {
  const ofNote = new Int32Array(notes.length);
  const start = new Int32Array(notes.length + 1);
  let count = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < notes.length; n++) {
    const onset = notes.onsetQuarter[n];
    if (onset - previous > SAME_ONSET_QUARTER) {
      start[count++] = n;
      previous = onset;
    }
    ofNote[n] = count - 1;
  }
  start[count] = notes.length;
  return { count, start: start.slice(0, count + 1), ofNote };
}
