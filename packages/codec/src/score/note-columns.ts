/**
 * @file Room for the columns of a note array.
 */
import type { ScoreNotes } from "./score.js";

/** Columns of zeros for `length` notes. */
export function allocateNotes(length: number, id: readonly string[]): ScoreNotes {
  return {
    length,
    id,
    onsetBeat: new Float64Array(length),
    durationBeat: new Float64Array(length),
    onsetQuarter: new Float64Array(length),
    durationQuarter: new Float64Array(length),
    onsetDiv: new Int32Array(length),
    durationDiv: new Int32Array(length),
    divsPerQuarter: new Int32Array(length),
    pitch: new Uint8Array(length),
    voice: new Int32Array(length),
    staff: new Int32Array(length),
    part: new Int32Array(length),
    measure: new Int32Array(length),
    grace: new Uint8Array(length),
    marks: new Int32Array(length),
  };
}
