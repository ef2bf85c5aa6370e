/**
 * @file The levels of noise that a sampler visits, from its start to the clean data.
 */
import { noiseLevel, type NoiseLevel } from "../prediction.js";
import type { NoiseSchedule } from "../noise-schedule.js";

/** A place on the way. */
export interface PathPoint {
  /** Diffusion step that the denoiser is told. */
  readonly step: number;
  /** How much data and noise there is. */
  readonly level: NoiseLevel;
}

/**
 * The diffusion step that a share of the whole way begins at, rounded down: the original's `sample_steps_frac`.
 *
 * @param fraction - above 0, up to 1, the last step of the schedule
 * @throws RangeError
 */
export function startStepAt(schedule: NoiseSchedule, fraction: number): number {
  if (!(fraction > 0 && fraction <= 1)) throw new RangeError(`sampleDiffusion: fraction must be above 0 and at most 1, got ${fraction}.`);
  return Math.floor(fraction * (schedule.steps - 1));
}

/** How points are spread: evenly by diffusion step, or by λ = log(√ᾱ/√(1−ᾱ)), which extrapolating solvers need. */
export type PathSpacing = "step" | "lambda";

/**
 * Points from a diffusion step down to step 0.
 *
 * @param first - the noisiest step
 * @param count - how many, 1 … first + 1; one alone is the first
 * @throws RangeError
 */
export function diffusionPath(schedule: NoiseSchedule, first: number, count: number, spacing: PathSpacing): PathPoint[] {
  if (!Number.isInteger(count) || count < 1 || count > first + 1) {
    throw new RangeError(`sampleDiffusion: steps must be an integer from 1 to ${first + 1}, got ${count}.`);
  }
  const place = spacing === "step" ? (share: number) => Math.round(first * (1 - share)) : evenlyByLambda(schedule, first);
  let above = first + 1;
  return Array.from({ length: count }, (_, k) => {
    // No step twice, and enough steps left for those to come.
    const step = Math.min(above - 1, Math.max(count - 1 - k, count > 1 ? place(k / (count - 1)) : first));
    above = step;
    return { step, level: noiseLevel(schedule.alphaBars[step]) };
  });
}

/** The step nearest to a share of the way in λ. */
function evenlyByLambda({ alphaBars }: NoiseSchedule, first: number): (share: number) => number {
  const lambda = (step: number): number => 0.5 * Math.log(alphaBars[step] / (1 - alphaBars[step]));
  const [start, end] = [lambda(first), lambda(0)];
  return (share) => {
    const wanted = start + share * (end - start);
    let low = 0;
    let high = first; // λ falls with the step: lambda(low) ≥ wanted ≥ lambda(high)
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (lambda(middle) >= wanted) low = middle;
      else high = middle;
    }
    return lambda(low) - wanted < wanted - lambda(high) ? low : high;
  };
}

/** Where every path ends. */
export const CLEAN: NoiseLevel = { signal: 1, noise: 0 };
