/**
 * @file The note columns of a score as a set stores them.
 */
import type { Score } from "@dexter/codec";
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
