/**
 * @file The onsets of a score at which something other than a grace note begins:
 * the places that tempo and velocity curves are defined on.
 *
 * A grace note is one without a duration of its own. One that is tied into the
 * beat (a rolled chord written out) is held like any other note, and counts.
 */
import { groupOnsets, type Score } from "@dexter/codec";

/** `K` onsets of a score, in order. */
export interface ScoreOnsets {
  readonly length: number;
  /** In beats of the time signature's denominator, `[K]`. */
  readonly onsetBeat: Float64Array;
  /** In quarter notes, `[K]`. */
  readonly onsetQuarter: Float64Array;
  /** Index into the score's measures, `[K]`. */
  readonly measure: Int32Array;
  /** The onset that each note begins at, `[N]`; −1 for grace notes. */
  readonly ofNote: Int32Array;
}

/** Find the onsets of a score, grace notes left aside. */
export function scoreOnsets(score: Score): ScoreOnsets {
  const notes = score.notes;
  const groups = groupOnsets(notes);
  const ofNote = new Int32Array(notes.length).fill(-1);
  const first = new Int32Array(groups.count);
  let length = 0;
  for (let g = 0; g < groups.count; g++) {
    let opened = false;
    for (let n = groups.start[g]; n < groups.start[g + 1]; n++) {
      if (!(notes.durationQuarter[n] > 0)) continue;
      if (!opened) first[length++] = n;
      opened = true;
      ofNote[n] = length - 1;
    }
  }
  const pick = (values: Float64Array) => Float64Array.from(first.subarray(0, length), (n) => values[n]);
  return {
    length,
    onsetBeat: pick(notes.onsetBeat),
    onsetQuarter: pick(notes.onsetQuarter),
    measure: Int32Array.from(first.subarray(0, length), (n) => notes.measure[n]),
    ofNote,
  };
}
