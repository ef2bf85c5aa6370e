/**
 * @file Performed notes that are heard as struck together: chords, up to the asynchrony that fuses.
 *
 * Onsets within 30 to 50 ms are heard as one (Goebl & Parncutt, 2002, The influence of relative intensity on the
 * perception of onset asynchronies).
 */
import type { PerformedNotes } from "@dexter/codec";

/** Notes struck this long after the first of a chord still belong to it, s. */
const TOGETHER_SEC = 0.035;

/** Chords (also of one note) of a performance, `M` of them. */
export interface OnsetClusters {
  /** `M`. */
  readonly length: number;
  /** First note of each, and last the number of notes, `[M + 1]`. */
  readonly start: Int32Array;
  /** Mean onset, s, `[M]`: rising. */
  readonly onsetSec: Float64Array;
  /** How strong the onset is: the root of its notes' summed squared velocities, over 127, `[M]`. */
  readonly strength: Float64Array;
  /** The highest note of each, `[M]`. */
  readonly top: Int32Array;
}

/** Gather the notes of a performance into chords. */
export function onsetClusters(notes: PerformedNotes): OnsetClusters {
  const start: number[] = [];
  for (let n = 0; n < notes.length; n++) {
    if (start.length === 0 || notes.onsetSec[n] - notes.onsetSec[start[start.length - 1]] > TOGETHER_SEC) start.push(n);
  }
  const length = start.length;
  start.push(notes.length);
  const onsetSec = new Float64Array(length);
  const strength = new Float64Array(length);
  const top = new Int32Array(length);
  for (let m = 0; m < length; m++) {
    let best = start[m];
    for (let n = start[m]; n < start[m + 1]; n++) {
      onsetSec[m] += notes.onsetSec[n] / (start[m + 1] - start[m]);
      strength[m] += (notes.velocity[n] / 127) ** 2;
      if (notes.pitch[n] > notes.pitch[best]) best = n;
    }
    strength[m] = Math.sqrt(strength[m]);
    top[m] = best;
  }
  return { length, start: Int32Array.from(start), onsetSec, strength, top };
}
