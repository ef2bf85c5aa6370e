/**
 * @file The note columns of a score as a set stores them, and as a score again.
 */
import type { Score, TimeSignature } from "@dexter/codec";
import type { StoredNotes } from "./format.js";

/** The notes of a score with the time signature in force at each. */
export function storedNotes(score: Score): StoredNotes {
  const { notes, timeSignatures } = score;
  const beats = new Int32Array(notes.length).fill(4);
  const beatType = new Int32Array(notes.length).fill(4);
  let current = 0;
  for (let n = 0; n < notes.length; n++) {
    // A signature stands exactly on its bar line; half a 64th absorbs rounding.
    while (timeSignatures[current + 1] && timeSignatures[current + 1].onsetQuarter <= notes.onsetQuarter[n] + 1 / 32) current++;
    if (timeSignatures[current]) {
      beats[n] = timeSignatures[current].beats;
      beatType[n] = timeSignatures[current].beatType;
    }
  }
  const { length, id, onsetBeat, durationBeat, onsetQuarter, durationQuarter, onsetDiv, durationDiv, divsPerQuarter } = notes;
  const { pitch, voice, staff, measure, grace } = notes;
  return {
    length, id, onsetBeat, durationBeat, onsetQuarter, durationQuarter, onsetDiv, durationDiv, divsPerQuarter,
    pitch, voice, staff, measure, grace, beats, beatType,
  };
}

/**
 * Stored notes as a score to play or to compare performances on: notes and time signatures. Bars, signs, slurs and
 * rests are not stored, so its features cannot be computed again.
 */
export function scoreOfNotes(stored: StoredNotes): Score {
  const { beats, beatType, ...notes } = stored;
  const timeSignatures: TimeSignature[] = [];
  for (let n = 0; n < stored.length; n++) {
    if (n > 0 && beats[n] === beats[n - 1] && beatType[n] === beatType[n - 1]) continue;
    timeSignatures.push({ onsetQuarter: stored.onsetQuarter[n], onsetBeat: stored.onsetBeat[n], beats: beats[n], beatType: beatType[n] });
  }
  const none = new Int32Array(stored.length);
  return {
    partNames: [""], notes: { ...notes, part: none, marks: none }, timeSignatures,
    measures: [], keySignatures: [], directions: [], slurs: [], rests: [], navigation: [], warnings: [],
  };
}
