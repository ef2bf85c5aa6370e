/**
 * @file AdamW on one flat vector, in plain TypeScript: its state is three typed
 * arrays, so a run resumes exactly on any engine.
 *
 * Loshchilov & Hutter, Decoupled Weight Decay Regularization (2019), algorithm 2.
 */

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

/** What a step asks of its options. */
export interface AdamOptions extends RateOptions {
  /** Weight decay of the weights that the mask names. */
  readonly weightDecay: number;
  /** Bound on the global norm of the gradient. */
  readonly clipNorm: number;
  /** Decay of the moving average of the weights; 0 keeps the weights themselves. */
  readonly ema: number;
  /** Decay of the gradient's moving average. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the squared gradient's moving average. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the squared gradient's average. Default 1e-8. */
  readonly epsilon?: number;
  /** True when weight decay joins the gradient (Kingma & Ba's Adam as PyTorch has it). Default false: decoupled. */
  readonly coupled?: boolean;
}

/** How the learning rate goes. */
export interface RateOptions {
  /** Steps of the run. */
  readonly steps: number;
  /** Steps of linear warm-up. */
  readonly warmup: number;
  /** Its peak. */
  readonly learningRate: number;
  /** After the warm-up. Default `"cosine"`, to 0 at the last step. */
  readonly decay?: "constant" | "cosine";
}

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

/** Linear warm-up, then the peak or a cosine from it to 0. */
export function learningRate(step: number, { steps, warmup, learningRate: peak, decay = "cosine" }: RateOptions): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  if (decay === "constant") return peak;
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}

/** A gradient that is not finite: training has diverged, or the engine failed. */
export class DivergenceError extends Error {
  /** Steps taken before. */
  readonly step: number;

  constructor(step: number, what: string) {
    super(`Training diverged after step ${step}: ${what} is not finite. Lower the learning rate, or resume from the last saved state.`);
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
export function adamwStep(state: Trainee, gradient: Float32Array, decay: Uint8Array, options: AdamOptions): number {
  let square = 0;
  for (let i = 0; i < gradient.length; i++) square += gradient[i] * gradient[i];
  const norm = Math.sqrt(square);
  if (!Number.isFinite(norm)) throw new DivergenceError(state.step, "the gradient");
  const rate = learningRate(state.step, options);
  const { beta1 = BETA1, beta2 = BETA2, epsilon = EPSILON, weightDecay, coupled = false } = options;
  state.step++;
  const clip = norm > options.clipNorm ? options.clipNorm / norm : 1;
  const firstScale = rate / (1 - beta1 ** state.step);
  const secondScale = 1 / (1 - beta2 ** state.step);
  const [new1, new2] = [1 - beta1, 1 - beta2];
  const shrink = coupled ? 0 : rate * weightDecay;
  const pull = coupled ? weightDecay : 0;
  // The average forgets the first steps faster.
  const forget = 1 - Math.min(options.ema, (1 + state.step) / (10 + state.step));
  const { weights, first, second, average } = state;
  const { sqrt } = Math;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i];
    const decayed = decay[i] === 1;
    const g = decayed ? gradient[i] * clip + pull * w : gradient[i] * clip;
    const m = beta1 * first[i] + new1 * g;
    const v = beta2 * second[i] + new2 * g * g;
    first[i] = m;
    second[i] = v;
    const next = (decayed ? w - shrink * w : w) - (firstScale * m) / (sqrt(v * secondScale) + epsilon);
    weights[i] = next;
    average[i] += forget * (next - average[i]);
  }
  return norm;
}
