/**
 * @file Notes that the score does not print but asks for: those of trills, mordents, turns and tremolos.
 */
import { NOTE_MARK, type PerformedNotes, type ScoreNotes } from "@dexter/codec";
import type { Columns } from "./columns.js";

const ORNAMENTS = NOTE_MARK.trill | NOTE_MARK.mordent | NOTE_MARK.turn | NOTE_MARK.tremolo;

/** An ornament moves this many semitones from its note at most … */
const WIDEST = 3;

/** … and may begin this long before it, s. */
const EARLY_SEC = 0.15;

/**
 * For each performed note that has no score note, the ornamented note that it belongs to, or −1, `[M]`.
 *
 * @param used - 1 for performed notes that are matched
 * @param onsetSec - when each onset of the score is played, `[K]`
 */
export function ornamentedNotes(notes: ScoreNotes, columns: Columns, played: PerformedNotes, used: Uint8Array, onsetSec: Float64Array): Int32Array {
  const owner = new Int32Array(played.length).fill(-1);
  let first = 0;
  for (const n of columns.order) {
    if ((notes.marks[n] & ORNAMENTS) === 0) continue;
    const k = columns.ofNote[n];
    const from = onsetSec[k] - EARLY_SEC;
    const end = notes.onsetQuarter[n] + Math.max(notes.durationQuarter[n], 0.25);
    let last = k + 1;
    while (last < columns.length && columns.at[last] < end) last++;
    const to = last < columns.length ? onsetSec[last] : Infinity;
    while (first < played.length && played.onsetSec[first] < from) first++;
    for (let m = first; m < played.length && played.onsetSec[m] < to; m++) {
      if (!used[m] && owner[m] < 0 && Math.abs(played.pitch[m] - notes.pitch[n]) <= WIDEST) owner[m] = n;
    }
  }
  return owner;
}
