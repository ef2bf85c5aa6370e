/**
 * @file AdamW on one flat vector, in plain TypeScript: its state is three typed
 * arrays, so a run resumes exactly on any engine.
 *
 * Loshchilov & Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2.
 */
import type { StageOptions } from "./options.js";

/** A network in training. */
export interface Trainee {
  /** Steps taken. */
  step: number;
  /** The weights. */
  readonly weights: Float32Array;
  /** Moving average of the gradient. */
  readonly first: Float32Array;
  /** Moving average of the squared gradient. */
  readonly second: Float32Array;
  /** Moving average of the weights: what is kept in the end. */
  readonly average: Float32Array;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Begin with these weights. */
export function trainee(weights: Float32Array): Trainee {
  return {
    step: 0,
    weights: weights.slice(),
    first: new Float32Array(weights.length),
    second: new Float32Array(weights.length),
    average: weights.slice(),
  };
}

/** Linear warm-up, then a cosine from the peak to 0. */
export function learningRate(step: number, { steps, warmup, learningRate: peak }: StageOptions): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}

/** A gradient that is not finite: training has diverged, or the engine failed. */
export class DivergenceError extends Error {
  /** Steps taken before. */
  readonly step: number;

  constructor(step: number, what: string) {
    super(`Training diverged at step ${step}: ${what} is not finite. Lower the learning rate, or resume from the last saved state.`);
    this.name = "DivergenceError";
    this.step = step;
  }
}

/**
 * Take one step in place.
 *
 * The gradient's norm is checked before it is clipped: clipping hides a NaN on
 * some engines.
 *
 * @param gradient - of the loss, as long as the weights
 * @param decay - 1 where weight decay applies
 * @returns the gradient's norm before clipping
 * @throws {@link DivergenceError} when the gradient is not finite
 */
export function adamwStep(state: Trainee, gradient: Float32Array, decay: Uint8Array, options: StageOptions): number {
  let square = 0;
  for (let i = 0; i < gradient.length; i++) square += gradient[i] * gradient[i];
  const norm = Math.sqrt(square);
  if (!Number.isFinite(norm)) throw new DivergenceError(state.step, "the gradient");
  const rate = learningRate(state.step, options);
  state.step++;
  const clip = norm > options.clipNorm ? options.clipNorm / norm : 1;
  const correction1 = 1 - BETA1 ** state.step;
  const correction2 = 1 - BETA2 ** state.step;
  const shrink = rate * options.weightDecay;
  // The average forgets the first steps faster.
  const keep = Math.min(options.ema, (1 + state.step) / (10 + state.step));
  const { weights, first, second, average } = state;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i] * clip;
    const m = BETA1 * first[i] + (1 - BETA1) * g;
    const v = BETA2 * second[i] + (1 - BETA2) * g * g;
    first[i] = m;
    second[i] = v;
    let w = weights[i];
    if (decay[i]) w -= shrink * w;
    w -= (rate * m) / correction1 / (Math.sqrt(v / correction2) + EPSILON);
    weights[i] = w;
    average[i] += (1 - keep) * (w - average[i]);
  }
  return norm;
}
