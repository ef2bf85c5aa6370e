/**
 * @file The chords of the notes that were played: which notes share which onset, and where the last one ends.
 */
import type { ScoreNotes } from "../score/score.js";

/** Onsets nearer than this are one, beats. */
const SAME_ONSET_BEAT = 1e-5;

/** `U` onsets of `M` chosen notes. */
export interface MatchedOnsets {
  /** The chosen notes in order of onset, `[M]`. */
  readonly note: Int32Array;
  /** Where in `note` each onset begins and, last, `M`: `[U + 1]`. */
  readonly start: Int32Array;
  /** Beats and, last, the end of the piece: the latest end of a note, or a beat after the last onset if that is all grace notes, `[U + 1]`. */
  readonly onsetBeat: Float64Array;
}

/** Group the notes that `chosen` takes by their score onset. */
export function matchedOnsets(notes: ScoreNotes, chosen: (note: number) => boolean): MatchedOnsets {
  const picked: number[] = [];
  for (let i = 0; i < notes.length; i++) if (chosen(i)) picked.push(i);
  picked.sort((a, b) => notes.onsetBeat[a] - notes.onsetBeat[b] || a - b);
  const start: number[] = [];
  const onsetBeat: number[] = [];
  let endBeat = -Infinity;
  let previous = -Infinity;
  picked.forEach((note, k) => {
    const onset = notes.onsetBeat[note];
    if (onset - previous > SAME_ONSET_BEAT) {
      start.push(k);
      // float32, as in partitura's note arrays: beat periods between close onsets depend on it
      onsetBeat.push(Math.fround(onset));
      previous = onset;
    }
    endBeat = Math.max(endBeat, onset + notes.durationBeat[note]);
  });
  start.push(picked.length);
  onsetBeat.push(Math.fround(endBeat - previous > SAME_ONSET_BEAT ? endBeat : previous + 1));
  return { note: Int32Array.from(picked), start: Int32Array.from(start), onsetBeat: Float64Array.from(onsetBeat) };
}
