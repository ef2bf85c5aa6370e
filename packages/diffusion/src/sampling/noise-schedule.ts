/**
 * @file How much noise there is at each diffusion step, and the constants that training and samplers draw from it.
 *
 * Letters as in Ho, Jain & Abbeel (2020): x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε with α = 1 − β and ᾱ their running product.
 * β and α are rounded to single precision, as PyTorch stores them: published weights were trained with those. What
 * follows from them is in double precision, since in single precision √ᾱ becomes 0 at the last steps of a strong schedule.
 */
import type { NoiseScheduleConfig } from "../classic/config.js";

/** Constants of every diffusion step; each array is `[S]`, step 0 is the least noisy. */
export interface NoiseSchedule {
  /** Number of diffusion steps `S`. */
  readonly steps: number;
  /** β, variance added by a step, in (0, 1). */
  readonly betas: Float64Array;
  /** α = 1 − β. */
  readonly alphas: Float64Array;
  /** ᾱ, the product of all α up to the step: the part of the variance that is signal. */
  readonly alphaBars: Float64Array;
  /** √ᾱ, what the clean data are multiplied by. */
  readonly sqrtAlphaBars: Float64Array;
  /** √(1 − ᾱ), what the noise is multiplied by. */
  readonly sqrtOneMinusAlphaBars: Float64Array;
  /** 1 / √α. */
  readonly sqrtRecipAlphas: Float64Array;
  /** β̃, variance of q(x_{t−1} | x_t, x₀), equation (7) of the paper; 0 at step 0. */
  readonly posteriorVariance: Float64Array;
}

/** More steps than anybody needs; bounds the memory that a foreign configuration can ask for. */
const MAX_STEPS = 100_000;
/** Offset of the cosine schedule, section 3.2 of Nichol & Dhariwal (2021). */
const COSINE_OFFSET = 0.008;
/** The sigmoid schedule runs from σ(−6) to σ(6). */
const SIGMOID_RANGE = 6;

/**
 * The schedule with these options.
 *
 * - `linear`: β in equal steps (Ho, Jain & Abbeel, 2020).
 * - `quadratic`: √β in equal steps.
 * - `sigmoid`: β along a logistic curve.
 * - `cosine`: ᾱ along cos², β kept within [0.0001, 0.9999] (Nichol & Dhariwal, 2021, equation (17)).
 *
 * @throws RangeError when steps are not 1–100,000 or a β is not in (0, 1), in single precision
 */
export function noiseSchedule(config: NoiseScheduleConfig): NoiseSchedule {
  const { steps } = config;
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new RangeError(`noiseSchedule: steps must be an integer from 1 to ${MAX_STEPS}, got ${steps}.`);
  }
  const betas = betasOf(config).map(Math.fround);
  const alphas = betas.map((beta) => Math.fround(1 - beta));
  const alphaBars = new Float64Array(steps);
  const posteriorVariance = new Float64Array(steps);
  let alphaBar = 1;
  for (let t = 0; t < steps; t++) {
    const before = alphaBar;
    alphaBar *= alphas[t];
    alphaBars[t] = alphaBar;
    posteriorVariance[t] = ((1 - alphas[t]) * (1 - before)) / (1 - alphaBar);
  }
  return {
    steps,
    betas,
    alphas,
    alphaBars,
    sqrtAlphaBars: alphaBars.map(Math.sqrt),
    sqrtOneMinusAlphaBars: alphaBars.map((bar) => Math.sqrt(1 - bar)),
    sqrtRecipAlphas: alphas.map((alpha) => 1 / Math.sqrt(alpha)),
    posteriorVariance,
  };
}

/** What a β must be, in words. */
export const BETA_RANGE = "above 0 and below 1 in single precision";

/** Whether a step may add this variance: neither β nor 1 − β is rounded to 0. */
export function isBeta(beta: number): boolean {
  const alpha = Math.fround(1 - Math.fround(beta));
  return alpha > 0 && alpha < 1;
}

function betasOf({ kind, steps, betaStart, betaEnd }: NoiseScheduleConfig): Float64Array {
  if (kind === "cosine") return cosineBetas(steps);
  for (const [name, beta] of [["betaStart", betaStart], ["betaEnd", betaEnd]] as const) {
    if (!isBeta(beta)) throw new RangeError(`noiseSchedule: ${name} must be ${BETA_RANGE}, got ${beta}.`);
  }
  switch (kind) {
    case "linear": return evenly(steps, betaStart, betaEnd);
    case "quadratic": return evenly(steps, Math.sqrt(betaStart), Math.sqrt(betaEnd)).map((root) => root * root);
    case "sigmoid": return evenly(steps, -SIGMOID_RANGE, SIGMOID_RANGE).map((x) => betaStart + (betaEnd - betaStart) / (1 + Math.exp(-x)));
    default: throw new RangeError(`noiseSchedule: kind must be linear, cosine, quadratic or sigmoid, got ${JSON.stringify(kind)}.`);
  }
}

function cosineBetas(steps: number): Float64Array {
  // Near π/2 the rounding of the angle decides the ratio of two cosines: it is done as PyTorch does it.
  const { fround } = Math;
  const offset = fround(COSINE_OFFSET);
  const whole = fround(1 + COSINE_OFFSET);
  const angle = (t: number): number => fround(fround(fround(fround(t / steps) + offset) / whole) * fround(Math.PI)) * 0.5;
  const signal = (t: number): number => fround(fround(Math.cos(angle(t))) ** 2);
  return Float64Array.from({ length: steps }, (_, t) => Math.min(0.9999, Math.max(0.0001, 1 - signal(t + 1) / signal(t))));
}

/** `count` numbers from `first` to `last`. */
function evenly(count: number, first: number, last: number): Float64Array {
  const step = count > 1 ? (last - first) / (count - 1) : 0;
  return Float64Array.from({ length: count }, (_, i) => first + step * i);
}
