/**
 * @file Carry a performance toward what a model would play: cover it with noise
 * part of the way, and denoise from there.
 *
 * Meng et al. (2022), SDEdit, section 3, on a rectified flow: the source z stands
 * on the path x_t = (1 − t)·ε + t·z at t = 1 − strength. Little noise keeps its
 * large shapes and lets the model settle the small ones; much noise keeps a hint.
 */
import { renoise, sample, type Batch, type Denoiser, type SampleOptions } from "@dexter/diffusion";

/** How far to go. */
export interface RedrawOptions extends Omit<SampleOptions, "startTime"> {
  /** How much of the source is covered: 0 leaves it as it is, 1 forgets it. */
  readonly strength: number;
  /** Steps of the whole path from noise; a part of the way takes its part of them, at least one. */
  readonly steps: number;
}

/**
 * Draw a performance anew, starting from a source instead of pure noise.
 *
 * With a condition that asks for something else than the source does (another
 * score feature, another model), the result lies between the two; without, it is a variation.
 *
 * @param denoiser - velocity of the flow (guided or not)
 * @param source - standardized targets of a performance, `[B, N, P]`; not changed
 * @param noise - standard normal, as for a draw from nothing, `[B, N, P]`
 * @param conditions - what each example is to follow, `[B]`
 * @returns standardized targets, `[B, N, P]`
 * @throws RangeError when the strength is not in [0, 1] or the steps are not a positive integer
 * @throws ShapeError when source and noise differ in shape
 */
export async function redraw<Condition>(
  denoiser: Denoiser<Condition>, source: Batch, noise: Batch, conditions: readonly (Condition | null)[], options: RedrawOptions,
): Promise<Batch> {
  const { strength, steps, ...rest } = options;
  if (!(strength >= 0 && strength <= 1)) throw new RangeError(`redraw: strength must be in [0, 1], got ${strength}.`);
  if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`redraw: steps must be an integer ≥ 1, got ${steps}.`);
  const startTime = 1 - strength;
  const start = renoise(source, noise, startTime);
  if (strength === 0) return start;
  return sample(denoiser, start, conditions, { ...rest, steps: Math.ceil(steps * strength), startTime });
}
