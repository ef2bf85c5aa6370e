/**
 * @file Where the noise of a sampler comes from: a seed, or given values.
 */
import { randomStream } from "../../base/random-stream.js";
import type { Batch } from "../../denoiser.js";

/**
 * Standard normal values for one draw.
 *
 * @param draw - 0 for the first step of the walk, 1 for the second …; −1 for kept values at the start
 * @param shape - `[B, N, P]`
 * @returns `B · N · P` values
 */
export type NoiseSource = (draw: number, shape: Batch["shape"]) => Float32Array;

/** Name the streams of a seed: every draw has its own, so that what one draw takes changes no other. */
const START_STREAM = 0x5b;
const STEP_STREAM = 0x5c;

/** The noise of a seed: the same in every run, however the steps are interrupted. */
export function seededNoise(seed: number): NoiseSource {
  return (draw, shape) => normals(shape, seed, STEP_STREAM, draw + 1);
}

/** No noise: a stochastic sampler follows its mean. */
export const noNoise: NoiseSource = (_draw, [B, N, P]) => new Float32Array(B * N * P);

/**
 * Noise to start from.
 *
 * @param shape - `[B, N, P]`
 * @param seed - a safe integer; the same seed gives the same noise
 */
export function startNoise(shape: Batch["shape"], seed: number): Batch {
  return { data: normals(shape, seed, START_STREAM), shape };
}

function normals([B, N, P]: Batch["shape"], ...name: readonly number[]): Float32Array {
  const random = randomStream(...name);
  const data = new Float32Array(B * N * P);
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  return data;
}
