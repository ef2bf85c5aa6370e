/**
 * @file The tempo's error as tempi, not as logarithms: agreement of tempo curves is measured on tempi (60 / beat period), and what
 * correlates with them best is their expectation. The network still answers in standardized log2 beat periods.
 */

import { TARGET_NAMES, type TargetConfig } from "../model/config.js";

/** The tempo's column among the targets. */
export const TEMPO_CHANNEL = TARGET_NAMES.indexOf("tempo");

/** How the tempo channel is standardized: z = (log2 of the relative beat period − mean) / sd. */
export interface TempoScale {
  /** log2. */
  readonly mean: number;
  /** log2. */
  readonly sd: number;
}

/** Three octaves either way: beyond, nothing is learned of how far. */
const MOST_OCTAVES = 3;

/** That of a model's targets. */
export function tempoScaleOf({ mean, sd }: TargetConfig): TempoScale {
  return { mean: mean[TEMPO_CHANNEL], sd: sd[TEMPO_CHANNEL] };
}

/** A tempo on the scale of the errors: −2^−(z · sd + mean) / (ln 2 · sd), whose slope is 1 at the mean tempo. */
export function linearTempo(z: number, scale: TempoScale): number {
  return -relativeTempo(z, scale) / (Math.LN2 * scale.sd);
}

/** Slope of {@link linearTempo}: the relative tempo; 0 beyond its bounds. */
export function linearTempoSlope(z: number, scale: TempoScale): number {
  return Math.abs(z * scale.sd + scale.mean) > MOST_OCTAVES ? 0 : relativeTempo(z, scale);
}

/** 2^−(z · sd + mean): 1 is the performance's mean tempo, 2 twice as fast. */
export function relativeTempo(z: number, { mean, sd }: TempoScale): number {
  return 2 ** -Math.min(MOST_OCTAVES, Math.max(-MOST_OCTAVES, z * sd + mean));
}

/** The z of a {@link relativeTempo}. */
export function ofRelativeTempo(tempo: number, { mean, sd }: TempoScale): number {
  return (-Math.log2(tempo) - mean) / sd;
}
