/**
 * @file The five performance parameters of a score note (DExter's `p_codec`).
 *
 * Zhang et al., DExter: Learning and Controlling Performance Expression with
 * Diffusion Models (2024), section 3.1, after the Basis Mixer's codec.
 */
import type { Release } from "../performance/performance.js";

/** Names of the parameters, in the order of a `[N, P]` matrix. */
export const PARAMETER_NAMES = ["beatPeriod", "velocityNorm", "timingSec", "articulationLog2", "pedalNorm"] as const;

/** One of {@link PARAMETER_NAMES}. */
export type ParameterName = (typeof PARAMETER_NAMES)[number];

/** Their names in files (partitura's). */
export const PARAMETER_FIELDS: Readonly<Record<ParameterName, string>> = {
  beatPeriod: "beat_period",
  velocityNorm: "velocity",
  timingSec: "timing",
  articulationLog2: "articulation_log",
  pedalNorm: "pedal",
};

/** A performance told note by note of its score, `N` the notes of the score. */
export interface PerformanceParameters {
  /** Notes of the score, `N`. */
  readonly length: number;
  /** Seconds per beat at the note's onset; the same for every note of the onset. */
  readonly beatPeriod: Float64Array;
  /** MIDI velocity / 127. */
  readonly velocityNorm: Float64Array;
  /** Expected minus performed onset, s: early is positive. */
  readonly timingSec: Float64Array;
  /** log2 of performed over notated duration at the local tempo; 0 for grace notes. */
  readonly articulationLog2: Float64Array;
  /** CC64 / 127 at the onset, interpolated. */
  readonly pedalNorm: Float64Array;
  /** 1 where the note was played (or rendered), 0 where its values mean nothing. */
  readonly mask: Uint8Array;
  /** What the articulation's length runs to. */
  readonly release: Release;
}
