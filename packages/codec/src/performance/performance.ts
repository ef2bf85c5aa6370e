/**
 * @file A performance as plain data: what keys and pedals did, in seconds.
 */

/** The performed notes, ordered by onset, then pitch, then the order in the file. */
export interface PerformedNotes {
  /** How many notes, `N`. */
  readonly length: number;
  /** `n0`, `n1` … or as the alignment's file names them. */
  readonly id: readonly string[];
  /** When the key goes down, s. */
  readonly onsetSec: Float64Array;
  /** How long the key was down. */
  readonly keyDurationSec: Float64Array;
  /** How long the note sounds: to the key's release or, if the sustain pedal is down then, to the pedal's. */
  readonly soundDurationSec: Float64Array;
  /** MIDI pitch, 0–127. */
  readonly pitch: Uint8Array;
  /** MIDI velocity, 1–127. */
  readonly velocity: Uint8Array;
  /** MIDI channel, 0–15. */
  readonly channel: Uint8Array;
  /** Track of the MIDI file, from 0. */
  readonly track: Uint8Array;
}

/** Control changes in order of time: CC64 sustain, CC66 sostenuto, CC67 soft. */
export interface ControlChanges {
  /** How many. */
  readonly length: number;
  /** When, s. */
  readonly timeSec: Float64Array;
  /** Which controller: one of {@link CONTROLLER}. */
  readonly controller: Uint8Array;
  /** To what, 0–127. */
  readonly value: Uint8Array;
}

/** What was played. */
export interface Performance {
  /** What the keys did. */
  readonly notes: PerformedNotes;
  /** What the pedals did. */
  readonly controls: ControlChanges;
  /** Who played, where known. */
  readonly performer?: string;
}

/** Controller numbers of the three pedals. */
export const CONTROLLER = {
  /** The right pedal. */
  sustain: 64,
  /** The middle pedal. */
  sostenuto: 66,
  /** The left pedal. */
  soft: 67,
} as const;

/** From which release a note's length is measured. See the glossary, "release". */
export type Release = "sound" | "key";
