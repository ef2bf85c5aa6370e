/**
 * @file Score and performance as columns: the notes that sound together, in order of time.
 */
import type { PerformedNotes, ScoreNotes } from "@dexter/codec";

/** Notes in columns, `K` of them. Note indices of column `k` are `order[start[k]] … order[start[k + 1] − 1]`. */
export interface Columns {
  /** `K`. */
  readonly length: number;
  /** First place of each column in `order`, `[K + 1]`. */
  readonly start: Int32Array;
  /** Note indices, column by column. */
  readonly order: Int32Array;
  /** Column of each note, `[N]`. */
  readonly ofNote: Int32Array;
  /** When each column begins: quarter notes of a score, seconds of a performance, `[K]`. */
  readonly at: Float64Array;
}

/** Score notes closer than this are one onset, quarter notes. */
const SAME_ONSET_QUARTER = 1e-6;

/** A chord of a performance ends where the next note is later than this, s … */
const CHORD_GAP_SEC = 0.02;

/** … or where it has lasted this long. */
const CHORD_LENGTH_SEC = 0.08;

/** Onsets of a score as columns; grace notes stand with the note that they lead to. */
export function scoreColumns(notes: ScoreNotes): Columns {
  return columnsOf(notes.onsetQuarter, (at, first) => at - first <= SAME_ONSET_QUARTER);
}

/** Chords of a performance as columns. */
export function performedColumns(notes: PerformedNotes): Columns {
  return columnsOf(notes.onsetSec, (at, first, last) => at - last <= CHORD_GAP_SEC && at - first <= CHORD_LENGTH_SEC);
}

function columnsOf(onset: Float64Array, together: (at: number, first: number, last: number) => boolean): Columns {
  const N = onset.length;
  const order = Int32Array.from({ length: N }, (_, i) => i);
  // Both kinds of notes come in order of time; a stable sort of what is sorted is linear.
  order.sort((a, b) => onset[a] - onset[b] || a - b);
  const ofNote = new Int32Array(N);
  const start: number[] = [];
  const at: number[] = [];
  for (let i = 0; i < N; i++) {
    const time = onset[order[i]];
    if (i === 0 || !together(time, at[at.length - 1], onset[order[i - 1]])) {
      start.push(i);
      at.push(time);
    }
    ofNote[order[i]] = at.length - 1;
  }
  start.push(N);
  return { length: at.length, start: Int32Array.from(start), order, ofNote, at: Float64Array.from(at) };
}
