/**
 * @file What the `base` model must know of a score's notes beside their features:
 * enough to turn performance parameters into its targets and back.
 */
import type { Score } from "@dexter/codec";

/** Notes in score order: onset, pitch, document; `N` of them. */
export interface ModelNotes {
  /** `N`. */
  readonly length: number;
  /** Onset in beats of the time signature's denominator. */
  readonly onsetBeat: Float64Array;
  /** Onset in quarter notes. */
  readonly onsetQuarter: Float64Array;
  /** Notated duration in beats; 0 for grace notes. */
  readonly durationBeat: Float64Array;
  /** MIDI pitch. */
  readonly pitch: Uint8Array;
  /** 0 for a full note, otherwise the kind of grace note. */
  readonly grace: Uint8Array;
  /** Lower number of the time signature in force: a beat is 4 / this quarter notes. */
  readonly beatType: Int32Array;
  /** The voice, unique in the score. */
  readonly voice: Int32Array;
  /** The staff. */
  readonly staff: Int32Array;
}

/** The notes of a score, as it will be played (unfold it first). */
export function modelNotes(score: Score): ModelNotes {
  const { notes, timeSignatures } = score;
  const beatType = new Int32Array(notes.length).fill(4);
  let signature = -1;
  for (let n = 0; n < notes.length; n++) {
    while (signature + 1 < timeSignatures.length && timeSignatures[signature + 1].onsetQuarter <= notes.onsetQuarter[n] + 1e-9) signature++;
    // A pickup before the first signature's onset has its beats too.
    const current = timeSignatures[Math.max(0, signature)];
    if (current) beatType[n] = current.beatType;
  }
  const { length, onsetBeat, onsetQuarter, durationBeat, pitch, grace, voice, staff } = notes;
  return { length, onsetBeat, onsetQuarter, durationBeat, pitch, grace, beatType, voice, staff };
}
