/**
 * @file The weighted squared error of both stages, its gradient, and how much of
 * the variance a prediction explains.
 */
import { TARGET_NAMES } from "../model/config.js";
import type { LinearTerms } from "./linear-terms.js";
import { linearTempo, linearTempoSlope, TEMPO_CHANNEL, type TempoScale } from "./tempo-scale.js";

const P = TARGET_NAMES.length;

/** A loss and its gradient. */
export interface Loss {
  /** Σ over channels of weight · mean squared error. */
  readonly total: number;
  /** Mean squared error per channel, `[6]`. */
  readonly channels: number[];
  /** Gradient of the total, `[R, 6]`. */
  readonly gradient: Float32Array;
}

/** A channel with less weight than this in a batch is told by too few notes to be averaged. */
const MIN_MASS = 8;

/**
 * Mean squared error per channel, weighted per value, then summed over channels.
 *
 * @param prediction - `[R, 6]`
 * @param target - `[R, 6]`
 * @param weights - `[R, 6]`, 0 for padding and what is not known
 * @param channelWeights - `[6]`
 * @param terms - targets told of several rows together; their tempo's error stays one of logarithms
 * @param tempo - scale of the tempo channel, whose error is then one of tempi; null: of logarithms, like the others
 */
export function weightedSquaredError(
  prediction: Float32Array, target: Float32Array, weights: Float32Array, channelWeights: readonly number[],
  terms: LinearTerms | null = null, tempo: TempoScale | null = null,
): Loss {
  const mass = new Float64Array(P);
  const errors = new Float64Array(P);
  const gradient = new Float32Array(prediction.length);
  for (let i = 0; i < prediction.length; i++) mass[i % P] += weights[i];
  terms?.weight.forEach((w, j) => (mass[terms.channel[j]] += w));
  const factor = Array.from(mass, (m) => 1 / Math.max(MIN_MASS, m));
  for (let i = 0, c = 0; i < prediction.length; i++) {
    if (weights[i] > 0) {
      const isTempo = tempo !== null && c === TEMPO_CHANNEL;
      const error = isTempo ? linearTempo(prediction[i], tempo) - linearTempo(target[i], tempo) : prediction[i] - target[i];
      const share = weights[i] * factor[c];
      errors[c] += share * error * error;
      gradient[i] = 2 * channelWeights[c] * share * error * (isTempo ? linearTempoSlope(prediction[i], tempo) : 1);
    }
    if (++c === P) c = 0;
  }
  if (terms) addTerms(terms, prediction, factor, channelWeights, errors, gradient);
  return { total: errors.reduce((sum, e, c) => sum + channelWeights[c] * e, 0), channels: [...errors], gradient };
}

function addTerms(
  { channel, begin, row, share, target, weight }: LinearTerms, prediction: Float32Array, factor: readonly number[],
  channelWeights: readonly number[], errors: Float64Array, gradient: Float32Array,
): void {
  for (let j = 0; j < target.length; j++) {
    const c = channel[j];
    let error = -target[j];
    for (let i = begin[j]; i < begin[j + 1]; i++) error += share[i] * prediction[row[i] * P + c];
    const scaled = weight[j] * factor[c];
    errors[c] += scaled * error * error;
    for (let i = begin[j]; i < begin[j + 1]; i++) gradient[row[i] * P + c] += 2 * channelWeights[c] * scaled * error * share[i];
  }
}

/** A prediction beside the targets of terms, per channel: pairs whose correlation tells how well the terms are met. */
export function termCorrelation({ channel, begin, row, share, target }: LinearTerms, prediction: Float32Array, ofChannel: number): number {
  const asked: number[] = [];
  const told: number[] = [];
  for (let j = 0; j < target.length; j++) {
    if (channel[j] !== ofChannel) continue;
    let value = 0;
    for (let i = begin[j]; i < begin[j + 1]; i++) value += share[i] * prediction[row[i] * P + ofChannel];
    asked.push(value);
    told.push(target[j]);
  }
  const n = asked.length;
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / n;
  const [x, y] = [mean(asked), mean(told)];
  let xx = 0, yy = 0, xy = 0;
  for (let i = 0; i < n; i++) {
    xx += (asked[i] - x) ** 2;
    yy += (told[i] - y) ** 2;
    xy += (asked[i] - x) * (told[i] - y);
  }
  return xy / Math.sqrt(xx * yy);
}

/** Sums from which explained variance follows, over any number of pieces. */
export interface Variance {
  /** Σ w (z − prediction)², `[6]`. */
  readonly residual: Float64Array;
  /** Σ w z², `[6]`. */
  readonly square: Float64Array;
  /** Σ w z, `[6]`. */
  readonly sum: Float64Array;
  /** Σ w, `[6]`. */
  readonly mass: Float64Array;
}

/** No piece yet. */
export function noVariance(): Variance {
  return { residual: new Float64Array(P), square: new Float64Array(P), sum: new Float64Array(P), mass: new Float64Array(P) };
}

/** Add a piece in place. */
export function addVariance(variance: Variance, prediction: Float32Array, target: Float32Array, weights: Float32Array): void {
  for (let i = 0, c = 0; i < prediction.length; i++) {
    const w = weights[i];
    if (w > 0) {
      variance.residual[c] += w * (target[i] - prediction[i]) ** 2;
      variance.square[c] += w * target[i] ** 2;
      variance.sum[c] += w * target[i];
      variance.mass[c] += w;
    }
    if (++c === P) c = 0;
  }
}

/** 1 − residual / variance per channel, `[6]`; 0 where nothing varies. */
export function explainedVariance({ residual, square, sum, mass }: Variance): number[] {
  return Array.from(residual, (r, c) => {
    const spread = mass[c] > 0 ? square[c] - (sum[c] * sum[c]) / mass[c] : 0;
    return spread > 0 ? 1 - r / spread : 0;
  });
}

/** Weighted mean squared error per channel, `[6]`. */
export function meanSquaredError({ residual, mass }: Variance): number[] {
  return Array.from(residual, (r, c) => (mass[c] > 0 ? r / mass[c] : 0));
}

/** Pearson correlation per channel over values of positive weight, `[6]`; NaN where nothing varies. */
export function correlations(prediction: Float32Array, target: Float32Array, weights: Float32Array): number[] {
  return TARGET_NAMES.map((_, c) => {
    let w = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (let i = c; i < prediction.length; i += P) {
      const weight = weights[i];
      if (weight <= 0) continue;
      w += weight;
      x += weight * prediction[i];
      y += weight * target[i];
      xx += weight * prediction[i] ** 2;
      yy += weight * target[i] ** 2;
      xy += weight * prediction[i] * target[i];
    }
    return (xy - (x * y) / w) / Math.sqrt((xx - (x * x) / w) * (yy - (y * y) / w));
  });
}
