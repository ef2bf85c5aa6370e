/**
 * @file What can be chosen in training the `base` model, with the defaults of
 * the recipe.
 */
import { ShapeError } from "@dexter/codec";
import { DEFAULT_SAMPLING, DEFAULT_STACK, denoiserTensors, encoderTensors, type SamplingConfig, type StackConfig } from "../model/config.js";
import { DEFAULT_TARGET_SCALE, type TargetScale } from "../base/targets.js";
import { checkPass, checkWeights } from "./run-limits.js";
import type { Fold } from "./teachers.js";

/** One stage of training: the mean, then the flow. */
export interface StageOptions {
  /** Optimizer steps. */
  readonly steps: number;
  /** Peak learning rate. */
  readonly learningRate: number;
  /** Steps of linear warm-up before the cosine decay to 0. */
  readonly warmup: number;
  /** Decoupled weight decay of matrices (Loshchilov & Hutter, 2019). */
  readonly weightDecay: number;
  /** Bound on the global norm of the gradient. */
  readonly clipNorm: number;
  /** Decay of the moving average of the weights, which is the result. */
  readonly ema: number;
  /** Dropout inside the blocks. */
  readonly dropout: number;
  /** Weight of every channel in the loss, in the order of `TARGET_NAMES`. */
  readonly channelWeights: readonly number[];
}

/** The stage that trains the encoder on the mean of each score's performances. */
export interface MeanStageOptions extends StageOptions {
  /** Probability that a feature is absent for a whole crop. */
  readonly featureDropout: number;
  /** Transposition by up to this many semitones either way. */
  readonly transpose: number;
  /** Share of the crops that come from pieces known by their beats only, where there are any. */
  readonly beatShare: number;
  /** Share of the teachers in the target, where pieces have teachers. */
  readonly teacherWeight: number;
  /** What is averaged and squared in the tempo channel: `linear` tempi, every onset alike, as agreement is measured; or `log2` beat periods, short intervals less. */
  readonly tempoError: "linear" | "log2";
  /** Weights of 1 − r with the performances in the loss, in the order of `AGREEMENT_NAMES`, beside the squared errors; all 0: those alone. */
  readonly agreementWeights: readonly number[];
}

/** The stage that trains the denoiser on single performances. */
export interface FlowStageOptions extends StageOptions {
  /** Probability that a crop loses its condition. */
  readonly conditionDropout: number;
  /** Probability that a crop is told none of the controls, in a model that has any. */
  readonly controlDropout: number;
}

/** All of them. */
export interface TrainingOptions {
  /** Names the run's random numbers. */
  readonly seed: number;
  /** Pieces of this fold are left out, for a teacher (see `teacherTargets`). */
  readonly fold?: Fold;
  /** Crops a step. */
  readonly batch: number;
  /** Notes a crop, at most. */
  readonly notes: number;
  /** Bound of standardized features. */
  readonly featureClip: number;
  /** Bound of standardized targets. */
  readonly targetClip: number;
  /** What the targets are. */
  readonly targetScale: TargetScale;
  /** The encoder's stack. */
  readonly encoder: StackConfig;
  /** The denoiser's stack. */
  readonly denoiser: StackConfig;
  /** First stage. */
  readonly mean: MeanStageOptions;
  /** Second stage. */
  readonly flow: FlowStageOptions;
  /** Sampling defaults to write into the checkpoint. */
  readonly sampling: SamplingConfig;
  /** Steps between validations. */
  readonly validateEvery: number;
  /** Steps between saved states. */
  readonly saveEvery: number;
}

const STAGE: StageOptions = {
  steps: 2000,
  learningRate: 5e-3,
  warmup: 50,
  weightDecay: 0.1,
  clipNorm: 1,
  ema: 0.995,
  dropout: 0.25,
  channelWeights: [1, 0.05, 1, 1, 1, 0.5],
};

/** The recipe of the `base` model. */
export const DEFAULT_TRAINING: TrainingOptions = {
  seed: 1,
  batch: 8,
  notes: 512,
  featureClip: 5,
  targetClip: 4,
  targetScale: DEFAULT_TARGET_SCALE,
  encoder: DEFAULT_STACK,
  denoiser: DEFAULT_STACK,
  mean: {
    ...STAGE, channelWeights: [0.25, 0.05, 0.25, 0.25, 0.25, 0.5], featureDropout: 0.25, transpose: 6, beatShare: 0.15, teacherWeight: 0.5, tempoError: "linear",
    agreementWeights: [1, 1, 1, 1, 0.7],
  },
  flow: { ...STAGE, steps: 3000, ema: 0.998, dropout: 0.2, conditionDropout: 0.12, controlDropout: 0.3 },
  sampling: DEFAULT_SAMPLING,
  validateEvery: 200,
  saveEvery: 200,
};

/** Some of the options; the rest keep their defaults. */
export type PartialTraining = Partial<Omit<TrainingOptions, "mean" | "flow" | "sampling">> & {
  /** Of the first stage. */
  readonly mean?: Partial<MeanStageOptions>;
  /** Of the second stage. */
  readonly flow?: Partial<FlowStageOptions>;
  /** Of sampling. */
  readonly sampling?: Partial<SamplingConfig>;
};

/**
 * Complete options with the defaults.
 *
 * @throws ShapeError when a step's crops or the networks are too large, or there would be nothing to leave out or to learn
 */
export function trainingOptions(partial: PartialTraining = {}): TrainingOptions {
  const options: TrainingOptions = {
    ...DEFAULT_TRAINING,
    ...partial,
    encoder: partial.encoder ?? DEFAULT_TRAINING.encoder,
    denoiser: partial.denoiser ?? DEFAULT_TRAINING.denoiser,
    mean: { ...DEFAULT_TRAINING.mean, ...partial.mean },
    flow: { ...DEFAULT_TRAINING.flow, ...partial.flow },
    sampling: { ...DEFAULT_TRAINING.sampling, ...partial.sampling },
  };
  const { batch, notes, encoder, denoiser, fold } = options;
  if (fold && fold.index >= fold.of) {
    throw new ShapeError(`training options: fold.index must be from 0 to ${fold.of - 1}, one of the ${fold.of} folds, got ${fold.index}.`);
  }
  for (const stage of ["mean", "flow"] as const) {
    const { steps, channelWeights } = options[stage];
    if (steps > 0 && channelWeights.every((weight) => weight === 0)) {
      throw new ShapeError(`training options: ${stage}.channelWeights must have one above 0, or nothing is learned, got ${channelWeights.join(", ")}.`);
    }
  }
  checkPass({ names: ["batch", "notes"], batch, notes, width: Math.max(encoder.hidden, denoiser.hidden), advice: "Lower one of them." });
  // How many columns the scores have is not known yet; their weights are few.
  checkWeights("encoder and denoiser together", [...encoderTensors(0, encoder), ...denoiserTensors(encoder.hidden, denoiser)]);
  return options;
}
