/**
 * @file What performance features count and how: this project's ways, and partitura's.
 */
import { MIN_DURATION_SEC, type Release } from "@dexter/codec";

/** How to measure. */
export interface PerformanceFeatureOptions {
  /** Which release ends a note, for key overlap and pedal: `"key"` (default), or `"sound"`, to which the pedal holds it. */
  readonly release?: Release;
  /** Voices whose key overlap is told: `"all"` (default), or `"first"`, that with the lowest number. */
  readonly overlapVoices?: "all" | "first";
  /** Grace notes take part in their onsets: in asynchrony, chord velocity and tempo. By default they do not. */
  readonly graceNotes?: boolean;
  /** Shorter notes count as this long, s; by default 0. */
  readonly shortestSec?: number;
  /** The pedal is read at so many moments from 0 to its last event; by default exactly, from the first note to the last release. */
  readonly pedalSamples?: number;
}

/**
 * partitura's ways, for exchange: sounding lengths, key overlap of the first voice alone, grace notes as notes,
 * no note shorter than 75 ms, 500 pedal samples.
 */
export const PARTITURA_CONVENTIONS: Required<PerformanceFeatureOptions> = {
  release: "sound",
  overlapVoices: "first",
  graceNotes: true,
  shortestSec: MIN_DURATION_SEC,
  pedalSamples: 500,
};

/** This project's ways. */
export const DEFAULT_CONVENTIONS = { release: "key", overlapVoices: "all", graceNotes: false, shortestSec: 0, pedalSamples: 0 } as const;
