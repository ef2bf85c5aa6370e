/**
 * @file What a denoiser can predict, and how one prediction follows from another.
 *
 * At a step whose noisy data are x = a·x₀ + s·ε, each of noise, x₀, v and flow velocity is a weighted sum of x and any
 * other one. Diffusion has a = √ᾱ and s = √(1−ᾱ) (Ho, Jain & Abbeel, 2020, equation (4)); a rectified flow has
 * a = t and s = 1 − t. v: Salimans & Ho (2022), section 4. Flow velocity: Liu, Gong & Liu (2023), equation (1).
 */
import { ShapeError } from "@dexter/codec";
import type { Batch } from "../denoiser.js";
import type { PredictionKind } from "../classic/config.js";

/** The names of all predictions. */
export const PREDICTION_KINDS: readonly PredictionKind[] = ["noise", "x0", "v", "flow"];

/** How much of the data and of the noise there is: x = signal·x₀ + noise·ε. */
export interface NoiseLevel {
  /** What the clean data are multiplied by, a; √ᾱ in diffusion. */
  readonly signal: number;
  /** What the noise is multiplied by, s; √(1−ᾱ) in diffusion. */
  readonly noise: number;
}

/** A weighted sum of the noisy data and of a prediction. */
export interface PredictionMix {
  /** Factor of the noisy data x. */
  readonly ofNoisy: number;
  /** Factor of the prediction. */
  readonly ofPrediction: number;
}

/**
 * The level of a diffusion step.
 *
 * @param alphaBar - ᾱ of the step, in [0, 1]
 */
export function noiseLevel(alphaBar: number): NoiseLevel {
  return { signal: Math.sqrt(alphaBar), noise: Math.sqrt(1 - alphaBar) };
}

/** The level of a flow at a time in [0, 1]. */
export function flowLevel(time: number): NoiseLevel {
  return { signal: time, noise: 1 - time };
}

/** What a network that embeds diffusion steps is told at a flow's time: from the last step, noise, to step 0, data. */
export function flowStep(time: number, steps: number): number {
  return (1 - time) * (steps - 1);
}

/** How clean data x₀ follow from noisy data and a prediction. Of no use for `noise` where nothing of the signal is left. */
export function cleanMix(kind: PredictionKind, { signal: a, noise: s }: NoiseLevel): PredictionMix {
  switch (kind) {
    case "noise": return { ofNoisy: 1 / a, ofPrediction: -s / a };
    case "x0": return { ofNoisy: 0, ofPrediction: 1 };
    case "v": return { ofNoisy: a / (a * a + s * s), ofPrediction: -s / (a * a + s * s) };
    case "flow": return { ofNoisy: 1 / (a + s), ofPrediction: s / (a + s) };
  }
}

/** How noise ε follows from noisy data and a prediction. Of no use for `x0` where no noise is left. */
export function noiseMix(kind: PredictionKind, { signal: a, noise: s }: NoiseLevel): PredictionMix {
  switch (kind) {
    case "noise": return { ofNoisy: 0, ofPrediction: 1 };
    case "x0": return { ofNoisy: 1 / s, ofPrediction: -a / s };
    case "v": return { ofNoisy: s / (a * a + s * s), ofPrediction: a / (a * a + s * s) };
    case "flow": return { ofNoisy: 1 / (a + s), ofPrediction: -a / (a + s) };
  }
}

/**
 * One prediction as another.
 *
 * @param from - what `prediction` is
 * @param to - what is asked for
 * @param noisy - x, of any shape
 * @param prediction - of the same length
 * @param level - of the step that x belongs to
 * @returns of the same length
 */
export function convertPrediction(
  from: PredictionKind, to: PredictionKind, noisy: Float32Array, prediction: Float32Array, level: NoiseLevel,
): Float32Array {
  if (from === to) return prediction.slice();
  const { ofNoisy, ofPrediction } = targetMix(from, to, level);
  return prediction.map((value, i) => ofNoisy * noisy[i] + ofPrediction * value);
}

/**
 * Noisy data of every example: √ᾱ x₀ + √(1−ᾱ) ε (Ho, Jain & Abbeel, 2020, equation (4); "q_sample").
 *
 * @param clean - x₀, `[B, N, P]`
 * @param noise - ε, of the same shape
 * @param alphaBar - ᾱ of the step of each example, `[B]`
 * @throws ShapeError when the shapes do not fit
 */
export function addNoise(clean: Batch, noise: Batch, alphaBar: ArrayLike<number>): Batch {
  return mixExamples("addNoise", clean, noise, alphaBar, ({ signal, noise: s }) => [signal, s]);
}

/**
 * What a denoiser of this kind should predict.
 *
 * @param clean - x₀, `[B, N, P]`
 * @param noise - ε, of the same shape
 * @param alphaBar - ᾱ of the step of each example, `[B]`
 * @throws ShapeError when the shapes do not fit
 */
export function predictionTarget(kind: PredictionKind, clean: Batch, noise: Batch, alphaBar: ArrayLike<number>): Batch {
  return mixExamples("predictionTarget", clean, noise, alphaBar, (level) => targetWeights(kind, level));
}

/** Factors of x₀ and ε in the target of a kind of prediction. */
export function targetWeights(kind: PredictionKind, { signal, noise }: NoiseLevel): readonly [ofClean: number, ofNoise: number] {
  switch (kind) {
    case "noise": return [0, 1];
    case "x0": return [1, 0];
    case "v": return [-noise, signal];
    case "flow": return [1, -1];
  }
}

function targetMix(from: PredictionKind, to: PredictionKind, level: NoiseLevel): PredictionMix {
  const [ofClean, ofNoise] = targetWeights(to, level);
  const clean = ofClean === 0 ? NOTHING : cleanMix(from, level);
  const noise = ofNoise === 0 ? NOTHING : noiseMix(from, level);
  return {
    ofNoisy: ofClean * clean.ofNoisy + ofNoise * noise.ofNoisy,
    ofPrediction: ofClean * clean.ofPrediction + ofNoise * noise.ofPrediction,
  };
}

const NOTHING: PredictionMix = { ofNoisy: 0, ofPrediction: 0 };

function mixExamples(
  action: string, clean: Batch, noise: Batch, alphaBar: ArrayLike<number>,
  weights: (level: NoiseLevel) => readonly [ofClean: number, ofNoise: number],
): Batch {
  const [B, N, P] = clean.shape;
  if (noise.shape.join() !== clean.shape.join() || noise.data.length !== clean.data.length) {
    throw new ShapeError(`${action}: noise must be [${clean.shape.join(", ")}], got [${noise.shape.join(", ")}].`);
  }
  if (alphaBar.length !== B) throw new ShapeError(`${action}: alphaBar must be [${B}], got [${alphaBar.length}].`);
  const data = new Float32Array(B * N * P);
  for (let b = 0, i = 0; b < B; b++) {
    const [ofClean, ofNoise] = weights(noiseLevel(alphaBar[b]));
    for (const end = i + N * P; i < end; i++) data[i] = ofClean * clean.data[i] + ofNoise * noise.data[i];
  }
  return { data, shape: clean.shape };
}
