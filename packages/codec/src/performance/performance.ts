/**
 * @file A performance as plain data: what keys and pedals did, in seconds.
 */

/** The performed notes, ordered by onset, then pitch, then the order in the file. */
export interface PerformedNotes {
  readonly length: number;
  /** `n0`, `n1` … or as the alignment's file names them. */
  readonly id: readonly string[];
  readonly onsetSec: Float64Array;
  /** How long the key was down. */
  readonly keyDurationSec: Float64Array;
  /** How long the note sounds: to the key's release or, if the sustain pedal is down then, to the pedal's. */
  readonly soundDurationSec: Float64Array;
  /** MIDI pitch, 0–127. */
  readonly pitch: Uint8Array;
  /** MIDI velocity, 1–127. */
  readonly velocity: Uint8Array;
  readonly channel: Uint8Array;
  readonly track: Uint8Array;
}

/** Control changes in order of time: CC64 sustain, CC66 sostenuto, CC67 soft. */
export interface ControlChanges {
  readonly length: number;
  readonly timeSec: Float64Array;
  readonly controller: Uint8Array;
  readonly value: Uint8Array;
}

/** What was played. */
export interface Performance {
  readonly notes: PerformedNotes;
  readonly controls: ControlChanges;
  readonly performer?: string;
}

/** Controller numbers of the three pedals. */
export const CONTROLLER = { sustain: 64, sostenuto: 66, soft: 67 } as const;

/** From which release a note's length is measured. See the glossary, "release". */
export type Release = "sound" | "key";
