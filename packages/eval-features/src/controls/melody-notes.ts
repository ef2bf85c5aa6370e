/**
 * @file Which written notes are heard as the melody: the top line.
 *
 * The skyline of Uitdenbogerd & Zobel (1999), Melodic matching techniques for large music databases: the highest note
 * of an onset, unless a higher one is still held.
 */
import { groupOnsets, type Score } from "@dexter/codec";

/** Marks the melody's notes, `[N]`: 1 or 0. Grace notes are none. */
export function melodyNotes({ notes }: Score): Uint8Array {
  const groups = groupOnsets(notes);
  const isMelody = new Uint8Array(notes.length);
  const heldUntil = new Float64Array(128).fill(Number.NEGATIVE_INFINITY);
  for (let g = 0; g < groups.count; g++) {
    let top = -1;
    for (let n = groups.start[g]; n < groups.start[g + 1]; n++) {
      if (notes.durationQuarter[n] > 0 && (top < 0 || notes.pitch[n] > notes.pitch[top])) top = n;
    }
    if (top < 0) continue;
    const now = notes.onsetQuarter[top] + 1e-6;
    let covered = false;
    for (let pitch = notes.pitch[top] + 1; pitch < 128 && !covered; pitch++) covered = heldUntil[pitch] > now;
    if (!covered) isMelody[top] = 1;
    for (let n = groups.start[g]; n < groups.start[g + 1]; n++) {
      heldUntil[notes.pitch[n]] = Math.max(heldUntil[notes.pitch[n]], notes.onsetQuarter[n] + notes.durationQuarter[n]);
    }
  }
  return isMelody;
}
