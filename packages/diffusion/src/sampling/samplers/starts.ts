/**
 * @file Where a walk can begin: at noise (`startNoise`), at a performance partly covered by noise, at the performance itself.
 */
import { ShapeError } from "@dexter/codec";
import type { Batch } from "../../denoiser.js";
import { flowLevel, noiseLevel, type NoiseLevel } from "../prediction.js";
import type { NoiseSchedule } from "../noise-schedule.js";
import { startStepAt } from "./denoising-path.js";

/** Which level of noise. */
export interface StartOptions {
  /** The schedule; `null` for flows. */
  readonly schedule: NoiseSchedule | null;
  /** Share of the way to walk, above 0, up to 1: the more, the less of the source is left. */
  readonly fraction: number;
}

/**
 * A source performance with as much noise as there is at a share of the way. Give the same `fraction` to
 * `sampleDiffusion`, which then walks from there (Meng et al., 2022, "SDEdit").
 *
 * A denoiser that was trained on pairs of performances, one in the place of noise, starts from the source itself: give
 * `sampleDiffusion` the source as it is, `fraction` 1, and the noise source `noNoise` or a deterministic sampler.
 *
 * @param source - standardized, `[B, N, P]`; not changed
 * @param noise - standard normal, of the same shape
 * @throws ShapeError when the shapes differ
 * @throws RangeError when the fraction is out of range
 */
export function renoiseSource(source: Batch, noise: Batch, { schedule, fraction }: StartOptions): Batch {
  if (noise.shape.join() !== source.shape.join() || noise.data.length !== source.data.length) {
    throw new ShapeError(`renoiseSource: noise must be [${source.shape.join(", ")}], got [${noise.shape.join(", ")}].`);
  }
  const { signal, noise: share } = startLevel(schedule, fraction);
  return { data: source.data.map((value, i) => signal * value + share * noise.data[i]), shape: source.shape };
}

function startLevel(schedule: NoiseSchedule | null, fraction: number): NoiseLevel {
  if (schedule) return noiseLevel(schedule.alphaBars[startStepAt(schedule, fraction)]);
  if (!(fraction > 0 && fraction <= 1)) throw new RangeError(`renoiseSource: fraction must be above 0 and at most 1, got ${fraction}.`);
  return flowLevel(1 - fraction);
}
