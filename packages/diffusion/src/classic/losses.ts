/**
 * @file What the classic denoisers are trained on: the diffusion loss and five
 * reconstruction terms, each with its gradient by hand.
 *
 * A reconstruction term is the mean square error of one performance parameter
 * of the reconstructed x̂₀, times its share of the weights, times
 * `reconstructionWeight`. Padding and unmatched notes leave every mean.
 *
 * Where a denoiser predicts noise, x̂₀ = (x − √(1−ᾱ) ε̂) / √ᾱ multiplies its
 * error by √(1−ᾱ)/√ᾱ, 157 at the last step of the usual schedule: unbounded,
 * these terms are all the training sees. The default bound lets an error of x̂₀
 * count no more than that of the prediction: weight min(1, SNR) on its square
 * (Hang et al., 2023, "Min-SNR weighting", γ = 1).
 */
import { ShapeError } from "@dexter/codec";
import { cleanMix, noiseLevel, targetWeights, type NoiseLevel } from "../sampling/prediction.js";
import type { PredictionKind } from "./config.js";

/** How one error counts: |d|, d², or Huber's (smooth L1 with β = 1). */
export type LossType = "l1" | "l2" | "huber";

/** The terms: the diffusion loss, then one of x̂₀ per parameter; `duration` is articulation. */
export type LossTerm = "diffusion" | "tempo" | "velocity" | "timing" | "duration" | "pedal";

/** All terms; the last five in the order of the parameters. */
export const LOSS_TERMS: readonly LossTerm[] = ["diffusion", "tempo", "velocity", "timing", "duration", "pedal"];

/** Names that the original gave the terms (`loss_keys`), in the order of {@link LOSS_TERMS}. */
export const ORIGINAL_LOSS_KEYS: readonly string[] = [
  "diffusion_loss", "recon_tempo_loss", "recon_velocity_loss", "recon_timing_loss", "recon_duration_loss", "recon_pedal_loss",
];

/** The original's `training.mode`. */
export type TrainingMode = "epsilon" | "x_0" | "ex_0";

/** What each of the original's modes predicts and compares. */
export const TRAINING_MODES: Readonly<Record<TrainingMode, Required<Pick<ClassicLossOptions, "kind" | "compare">>>> = {
  epsilon: { kind: "noise", compare: "prediction" },
  x_0: { kind: "x0", compare: "prediction" },
  ex_0: { kind: "noise", compare: "clean" },
};

/**
 * What keeps errors of x̂₀ from exploding where little signal is left:
 * `"snr"` weights their square by min(1, SNR); `"none"` leaves them as they are; a clamp cuts x̂₀ off at ± its value
 * (standard deviations) and with it the gradient beyond. Predictions other than noise need none and only a clamp changes them.
 */
export type ReconstructionBound = "snr" | "none" | {
  /** Bound of x̂₀, standard deviations. */
  readonly clamp: number;
};

/** How the terms are computed and added. */
export interface ClassicLossOptions {
  /** What the denoiser predicts. */
  readonly kind: PredictionKind;
  /** Whether the diffusion loss compares predictions or reconstructed data. Default `"prediction"`. */
  readonly compare?: "prediction" | "clean";
  /** Of the diffusion loss. Default `"l1"`. */
  readonly loss?: LossType;
  /** The terms that are added to the total and trained on. Default all. */
  readonly terms?: readonly LossTerm[];
  /** Relative weights of the five reconstruction terms, in the order of the parameters. Default all 1. */
  readonly weights?: readonly number[];
  /** Weight of the reconstruction terms together. Default 0.2. */
  readonly reconstructionWeight?: number;
  /** Default `"snr"`. */
  readonly bound?: ReconstructionBound;
  /**
   * `"original"` reconstructs x̂₀ = clamp(x/√ᾱ − ε̂/√(1−ᾱ), ±1) from noise, as the Python DExter does: wrong (the noise
   * must be multiplied by √(1−ᾱ)/√ᾱ), and saturated almost everywhere. Only for comparison with its training runs; `bound` is ignored.
   */
  readonly compat?: "original";
}

/** One batch of `B` examples, `N` notes, `P` parameters; arrays are row-major. */
export interface ClassicLossInput {
  /** `[B, N, P]`; P must be 5. */
  readonly shape: readonly [examples: number, notes: number, parameters: number];
  /** Of the denoiser, `[B, N, P]`. */
  readonly prediction: Float32Array;
  /** x₀, standardized parameters, `[B, N, P]`. */
  readonly clean: Float32Array;
  /** ε, `[B, N, P]`. */
  readonly noise: Float32Array;
  /** x, what the denoiser was given, `[B, N, P]` (see `addNoise`). */
  readonly noisy: Float32Array;
  /** ᾱ of the step of each example, `[B]`. */
  readonly alphaBar: ArrayLike<number>;
  /** In place of `alphaBar`, which is then not read: the level of each example, `[B]`; for flows (see `flowLevel`). */
  readonly levels?: readonly NoiseLevel[];
  /** 1 for notes that count, 0 for padding and unmatched notes, `[B, N]`. Default all count. */
  readonly mask?: Uint8Array;
}

/** A loss and how it changes. */
export interface ClassicLoss {
  /** Sum of the chosen terms. */
  readonly total: number;
  /** Every term, weighted, whether it is in the total or not. */
  readonly terms: Readonly<Record<LossTerm, number>>;
  /** Of the total with respect to the prediction, `[B, N, P]`; 0 for notes that do not count. */
  readonly gradient: Float32Array;
}

const RECONSTRUCTED = 5;

/**
 * The loss of a prediction.
 *
 * @returns zero with a zero gradient when no note counts
 * @throws ShapeError when the arrays do not fit `shape`
 * @throws RangeError when a weight is negative, their sum is 0, or a clamp is not positive
 */
export function classicLoss(input: ClassicLossInput, options: ClassicLossOptions): ClassicLoss {
  checkShapes(input);
  const { shape: [B, N, P], prediction, clean, noise, noisy, alphaBar, levels, mask } = input;
  const { kind, compare = "prediction", loss = "l1", terms: chosen = LOSS_TERMS, bound = "snr", compat } = options;
  const share = reconstructionShares(options);
  const lossOf = LOSSES[loss];
  const slopeOf = SLOPES[loss];
  const counted = mask ? mask.reduce((sum, value) => sum + (value ? 1 : 0), 0) : B * N;
  const gradient = new Float32Array(B * N * P);
  const sums = new Float64Array(1 + RECONSTRUCTED);
  const diffusionScale = counted ? 1 / (counted * P) : 0;
  const inTotal = LOSS_TERMS.map((term) => (chosen.includes(term) ? 1 : 0));
  const scales = share.map((value) => (counted ? value / counted : 0));

  for (let b = 0; b < B; b++) {
    const level = levels ? levels[b] : noiseLevel(alphaBar[b]);
    const { ofNoisy, ofPrediction, weight, limit } = reconstruction(kind, level, bound, compat);
    const [ofClean, ofNoise] = targetWeights(kind, level);
    for (let n = b * N; n < (b + 1) * N; n++) {
      if (mask && !mask[n]) continue;
      for (let p = 0, i = n * P; p < P; p++, i++) {
        const rebuilt = ofNoisy * noisy[i] + ofPrediction * prediction[i];
        const cut = rebuilt > limit ? limit : rebuilt < -limit ? -limit : rebuilt;
        const error = weight * (cut - clean[i]);
        const errorSlope = cut === rebuilt ? weight * ofPrediction : 0;
        sums[1 + p] += scales[p] * error * error;
        let slope = inTotal[1 + p] * scales[p] * 2 * error * errorSlope;
        const deviation = compare === "clean" ? error : prediction[i] - (ofClean * clean[i] + ofNoise * noise[i]);
        sums[0] += diffusionScale * lossOf(deviation);
        slope += inTotal[0] * diffusionScale * slopeOf(deviation) * (compare === "clean" ? errorSlope : 1);
        gradient[i] = slope;
      }
    }
  }
  const terms = Object.fromEntries(LOSS_TERMS.map((term, k) => [term, sums[k]])) as Record<LossTerm, number>;
  return { total: sums.reduce((sum, value, k) => sum + inTotal[k] * value, 0), terms, gradient };
}

const LOSSES: Readonly<Record<LossType, (d: number) => number>> = {
  l1: Math.abs,
  l2: (d) => d * d,
  huber: (d) => (Math.abs(d) < 1 ? 0.5 * d * d : Math.abs(d) - 0.5),
};

const SLOPES: Readonly<Record<LossType, (d: number) => number>> = {
  l1: Math.sign,
  l2: (d) => 2 * d,
  huber: (d) => Math.max(-1, Math.min(1, d)),
};

/** x̂₀ of one example: a weighted sum, cut off at ±limit; `weight` on its error. */
interface Reconstruction {
  readonly ofNoisy: number;
  readonly ofPrediction: number;
  readonly weight: number;
  readonly limit: number;
}

function reconstruction(kind: PredictionKind, level: NoiseLevel, bound: ReconstructionBound, compat: "original" | undefined): Reconstruction {
  if (compat === "original") {
    if (kind !== "noise") return { ...cleanMix(kind, level), weight: 1, limit: Infinity };
    return { ofNoisy: 1 / level.signal, ofPrediction: -1 / level.noise, weight: 1, limit: 1 };
  }
  const mix = cleanMix(kind, level);
  if (bound === "snr" && kind === "noise") return { ...mix, weight: Math.min(1, level.signal / level.noise), limit: Infinity };
  return { ...mix, weight: 1, limit: typeof bound === "object" ? bound.clamp : Infinity };
}

/** The factor of each parameter's mean square. */
function reconstructionShares({ weights = [1, 1, 1, 1, 1], reconstructionWeight = 0.2, bound }: ClassicLossOptions): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (weights.length !== RECONSTRUCTED || !weights.every((weight) => weight >= 0) || !(sum > 0 && sum < Infinity)) {
    throw new RangeError(`classicLoss: weights must be ${RECONSTRUCTED} numbers ≥ 0, not all 0, got [${weights.join(", ")}].`);
  }
  if (!(reconstructionWeight >= 0)) throw new RangeError(`classicLoss: reconstructionWeight must be ≥ 0, got ${reconstructionWeight}.`);
  if (typeof bound === "object" && !(bound.clamp > 0)) throw new RangeError(`classicLoss: bound.clamp must be above 0, got ${bound.clamp}.`);
  return weights.map((weight) => (weight / sum) * reconstructionWeight);
}

function checkShapes({ shape, prediction, clean, noise, noisy, alphaBar, levels, mask }: ClassicLossInput): void {
  const [B, N, P] = shape;
  if (P !== RECONSTRUCTED) throw new ShapeError(`classicLoss: shape must be [B, N, ${RECONSTRUCTED}], got [${shape.join(", ")}].`);
  for (const [name, { length }] of Object.entries({ prediction, clean, noise, noisy })) {
    if (length !== B * N * P) throw new ShapeError(`classicLoss: ${name} must be [${shape.join(", ")}], got ${length} values.`);
  }
  const { length } = levels ?? alphaBar;
  if (length !== B) throw new ShapeError(`classicLoss: ${levels ? "levels" : "alphaBar"} must be [${B}], got [${length}].`);
  if (mask && mask.length !== B * N) throw new ShapeError(`classicLoss: mask must be [${B}, ${N}], got ${mask.length} values.`);
}
