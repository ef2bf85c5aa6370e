/**
 * @file Which draws a call makes: pairs of opposites, the noise of the second one negated (antithetic variates; Hammersley & Morton,
 * A new Monte Carlo technique, 1956). Each is as likely as any draw, and what one does more than expected the other does less: two
 * differ more than two seeds do, and the mean of a few is near the mean of all (docs/decisions/opposite-draws.md).
 */
import type { Batch } from "../denoiser.js";

/** What a draw is known by: the same gives the same performance. */
export interface DrawSeed {
  /** Of its noise. */
  readonly seed: number;
  /** Whether the noise is negated. */
  readonly opposite: boolean;
}

/** Which draws. */
export interface DrawChoice {
  /** Begin with the opposite of the seed's draw. Default false. */
  readonly opposite?: boolean;
  /** Draws with the seeds `seed`, `seed + 1` … in place of pairs. Default false. */
  readonly independent?: boolean;
}

/**
 * The draws of a call: a seed's, its opposite, the next seed's, its opposite …
 *
 * @param seed - of the first: a safe integer ≥ 0
 * @param samples - how many
 */
export function drawSeeds(seed: number, samples: number, { opposite = false, independent = false }: DrawChoice): DrawSeed[] {
  return Array.from({ length: samples }, (_, k) => (independent
    ? { seed: seed + k, opposite }
    : { seed: seed + (k >> 1), opposite: opposite !== (k % 2 === 1) }));
}

/** A draw in words: `seed 7`, `seed 7, opposite`. */
export function describeDraw({ seed, opposite = false }: { readonly seed: number; readonly opposite?: boolean }): string {
  return opposite ? `seed ${seed}, opposite` : `seed ${seed}`;
}

/** Noise as likely as this, away from the mean in the other direction, `[B, N, P]`. */
export function oppositeNoise({ data, shape }: Batch): Batch {
  return { data: data.map((value) => -value), shape };
}
