/**
 * @file What can be chosen in training a classic denoiser. Defaults are those of
 * the original DExter where they are sensible; its names stand in backquotes.
 */
import { ShapeError } from "@dexter/codec";
import {
  DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, DEFAULT_UNET,
  type ClassicNetworkConfig, type DiffWaveConfig, type NoiseScheduleConfig, type ParameterScale, type PredictionKind, type UnetConfig,
} from "../../classic/config.js";
import { classicTensors } from "../../classic/checkpoint.js";
import { checkNetwork } from "../../classic/config-file.js";
import { LOSS_TERMS, type LossTerm, type LossType, type ReconstructionBound } from "../../classic/losses.js";
import { Field } from "../../config-field.js";
import { ATTENTION_HEADS, notesMultiple, unetSizes } from "../../classic/unet-tensors.js";
import { CheckpointError } from "../../errors.js";
import { BETA_RANGE, isBeta } from "../../sampling/noise-schedule.js";
import { checkPass, checkWeights } from "../run-limits.js";

/**
 * What the network predicts and what is compared (`training.mode`): the noise
 * (`epsilon`), the clean data (`x_0`), the clean data that a predicted noise
 * implies (`ex_0`), v (Salimans & Ho, 2022), or the velocity of a flow.
 */
export const CLASSIC_OBJECTIVES = ["noise", "x0", "x0-from-noise", "v", "flow"] as const;

/** One of {@link CLASSIC_OBJECTIVES}. */
export type ClassicObjective = (typeof CLASSIC_OBJECTIVES)[number];

/** What a network trained for an objective predicts. */
export function predictionOf(objective: ClassicObjective): PredictionKind {
  return objective === "x0-from-noise" ? "noise" : objective;
}

/** What is minimized (see `classicLoss`). */
export interface ClassicLossChoice {
  /** Distance of the objective (`loss_type`); Huber is smooth L1 with β = 1. */
  readonly kind: LossType;
  /** Terms that are summed (`loss_keys`): the objective, and the clean data of each parameter. */
  readonly terms: readonly LossTerm[];
  /** Relative weight of the reconstruction terms, tempo first, `[5]` (`loss_weight`). */
  readonly weights: readonly number[];
  /** Weight of the reconstruction terms together (`recon_loss_weight`). */
  readonly reconstructionWeight: number;
  /** What keeps reconstructed data from exploding near pure noise (see `classicLoss`). */
  readonly bound: ReconstructionBound;
  /** `"original"` reconstructs as the original does, wrongly: for comparison with its runs. */
  readonly compat: "original" | null;
}

/** How weights follow their gradients. */
export interface ClassicOptimizerOptions {
  /** `adam` (weight decay joins the gradient, as in PyTorch) or `adamw` (decoupled). */
  readonly kind: "adam" | "adamw";
  /** Peak learning rate (`lr`). */
  readonly learningRate: number;
  /** Decay of the gradient's moving average. */
  readonly beta1: number;
  /** Decay of the squared gradient's moving average. */
  readonly beta2: number;
  /** Added to the root of the squared gradient's average. */
  readonly epsilon: number;
  /** Weight decay of matrices. */
  readonly weightDecay: number;
  /** Steps of linear warm-up. */
  readonly warmup: number;
  /** After the warm-up: stay, or follow a cosine to 0 at the last step. */
  readonly decay: "constant" | "cosine";
  /** Bound on the global norm of the gradient; `null`: none. */
  readonly clipNorm: number | null;
}

/** How training data are varied. All off by default. */
export interface ClassicAugmentationOptions {
  /** Chance that a segment is an interpolation of several performances of its passage, 0–1. */
  readonly mixup: number;
  /** Performances that an interpolation joins, at least 2; where a passage has fewer, all of them. */
  readonly mixupPerformances: number;
  /** Their weights: uniform over all that sum to 1, or, with a number α, Beta(α, α) (Dirichlet for more than two). */
  readonly mixupWeights: "uniform" | number;
  /** Transposition of the pitch feature by up to this many semitones either way, kept within 0–127. */
  readonly transpose: number;
  /** Beat periods and timings times up to 2^±this: the same performance, faster or slower, octaves. */
  readonly tempoScale: number;
  /** Deviations of a segment's velocities from their mean times up to 2^±this, octaves; kept within 0–1. */
  readonly dynamicsScale: number;
  /** Shift of a segment's velocities by up to this either way, MIDI units; kept within 0–127. */
  readonly loudnessShift: number;
}

/** Figures on segments that are never trained on. */
export interface ClassicValidationOptions {
  /** Epochs between validations (`val_freq`); one comes at the end, too. */
  readonly everyEpochs: number;
  /** Steps between validations, in place of `everyEpochs`; `null`: by epochs. */
  readonly everySteps: number | null;
  /** Segments a batch (`dataloader.val.batch_size`). */
  readonly batch: number;
  /** Segments used, spread evenly; `null`: all. */
  readonly segments: number | null;
  /** Noise levels at which each segment is asked, with fixed noise. */
  readonly draws: number;
  /** Share of the validation batches that are also sampled (`valid_fraction`), 0–1; at least one batch where it is above 0. */
  readonly sampledFraction: number;
}

/** When to stop before the last step. */
export interface ClassicEarlyStoppingOptions {
  /** Validations without a better figure after which the run ends with its best weights; `null`: never. */
  readonly patience: number | null;
  /** What counts as better: at least this much. */
  readonly minImprovement: number;
}

/** Which validation figure decides what is best. */
export interface ClassicMonitorOptions {
  /** `"loss"`, one of the loss's terms, or a name that `onValidate` answers with (`modelcheckpoint.monitor`). */
  readonly name: string;
  /** Whether less or more is better (`modelcheckpoint.mode`). */
  readonly mode: "min" | "max";
}

/** All of them. */
export interface ClassicTrainingOptions {
  /** The denoiser: also `seg_len`, `condition`, `cond_dropout`, `norm_args`. */
  readonly network: ClassicNetworkConfig;
  /** The schedule of noise (`timesteps`, `beta_start`, `beta_end`). */
  readonly schedule: NoiseScheduleConfig;
  /** What is learned (`training.mode`). */
  readonly objective: ClassicObjective;
  /** Performances from noise (`gen_noise`), or from another performance of the passage (`transfer`). */
  readonly target: "generate" | "transfer";
  /** What is minimized. */
  readonly loss: ClassicLossChoice;
  /** Passes over the training segments (`epochs`). */
  readonly epochs: number;
  /** Optimizer steps, in place of `epochs`; `null`: by epochs. */
  readonly steps: number | null;
  /** Segments of one forward pass (`dataloader.train.batch_size`, there 256: see `accumulate`). */
  readonly batch: number;
  /** Forward passes whose mean gradient makes a step. */
  readonly accumulate: number;
  /** How weights follow their gradients. */
  readonly optimizer: ClassicOptimizerOptions;
  /** Decay of the moving average of the weights, which is then the result; `null`: the weights themselves. */
  readonly ema: number | null;
  /** How diffusion steps are drawn: evenly, or as σ(normal), which favours the middle (Esser et al., 2024). */
  readonly stepSampling: "uniform" | "logit-normal";
  /** True when the perceptual features are set to 0 (`drop_c_con`), here in training and in validation alike. */
  readonly dropPerceptual: boolean;
  /** Standardization of the parameters (`dataset_means`, `dataset_stds`); `null`: that of the training segments. */
  readonly scale: ParameterScale | null;
  /** How training data are varied. */
  readonly augmentation: ClassicAugmentationOptions;
  /** Figures on unseen segments. */
  readonly validation: ClassicValidationOptions;
  /** Which of them decides. */
  readonly monitor: ClassicMonitorOptions;
  /** When to stop before the end. */
  readonly earlyStopping: ClassicEarlyStoppingOptions;
  /** Steps between saved states. */
  readonly saveEvery: number;
  /** Names the run's random numbers (`random_seed`). */
  readonly seed: number;
  /** The run stops, its state saved, when the process holds more memory than this, MB; `null`: no bound. */
  readonly memoryLimitMB: number | null;
}

/** The original's recipe. Its batch of 256 is 16 passes of 16. */
export const DEFAULT_CLASSIC_TRAINING: ClassicTrainingOptions = {
  network: DEFAULT_DIFFWAVE,
  schedule: DEFAULT_NOISE_SCHEDULE,
  objective: "noise",
  target: "generate",
  loss: {
    kind: "l1",
    terms: LOSS_TERMS,
    weights: [1, 1, 1, 1, 1],
    reconstructionWeight: 0.2,
    bound: "snr",
    compat: null,
  },
  epochs: 400,
  steps: null,
  batch: 16,
  accumulate: 16,
  optimizer: {
    kind: "adam", learningRate: 5e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, warmup: 0, decay: "constant", clipNorm: null,
  },
  ema: null,
  stepSampling: "uniform",
  dropPerceptual: false,
  scale: null,
  augmentation: { mixup: 0, mixupPerformances: 2, mixupWeights: "uniform", transpose: 0, tempoScale: 0, dynamicsScale: 0, loudnessShift: 0 },
  validation: { everyEpochs: 10, everySteps: null, batch: 16, segments: null, draws: 4, sampledFraction: 0.01 },
  monitor: { name: "loss", mode: "min" },
  earlyStopping: { patience: null, minImprovement: 0 },
  saveEvery: 200,
  seed: 13,
  memoryLimitMB: null,
};

/** How far from 0 a mean may lie, deviations: squares of what is standardized by it are numbers in single precision. */
const MAX_DEVIATIONS = 1e9;

/** How little and how far a parameter may spread: those of performances keep below thousands, and less is nothing in single precision. */
const SCALE_SD_RANGE = [1e-12, 1e6] as const;

/** Some of the options; the rest keep their defaults. */
export type PartialClassicTraining = Partial<
  Omit<ClassicTrainingOptions, "network" | "schedule" | "loss" | "optimizer" | "augmentation" | "validation" | "monitor" | "earlyStopping">
> & {
  /** The denoiser; `kind` decides which defaults are filled in, without it DiffWave's. */
  readonly network?: Partial<DiffWaveConfig> | (Partial<UnetConfig> & Pick<UnetConfig, "kind">);
  /** The schedule of noise. */
  readonly schedule?: Partial<ClassicTrainingOptions["schedule"]>;
  /** What is minimized. */
  readonly loss?: Partial<ClassicTrainingOptions["loss"]>;
  /** How weights follow their gradients. */
  readonly optimizer?: Partial<ClassicTrainingOptions["optimizer"]>;
  /** How training data are varied. */
  readonly augmentation?: Partial<ClassicTrainingOptions["augmentation"]>;
  /** Figures on unseen segments. */
  readonly validation?: Partial<ClassicTrainingOptions["validation"]>;
  /** Which of them decides. */
  readonly monitor?: Partial<ClassicTrainingOptions["monitor"]>;
  /** When to stop before the end. */
  readonly earlyStopping?: Partial<ClassicTrainingOptions["earlyStopping"]>;
};

/**
 * Complete options with the defaults.
 *
 * @throws ShapeError for an option out of its range, options that contradict one another, or a pass or a network that is too large
 */
export function classicTrainingOptions(partial: PartialClassicTraining = {}): ClassicTrainingOptions {
  const options = withClassicDefaults(partial);
  checkOptions(options);
  return options;
}

/** The same unchecked, for options of which a checkpoint decides some. */
export function withClassicDefaults(partial: PartialClassicTraining): ClassicTrainingOptions {
  const d = DEFAULT_CLASSIC_TRAINING;
  const network: ClassicNetworkConfig =
    partial.network?.kind === "unet" ? { ...DEFAULT_UNET, ...partial.network } : { ...DEFAULT_DIFFWAVE, ...partial.network };
  return {
    ...d,
    ...partial,
    network,
    schedule: { ...d.schedule, ...partial.schedule },
    loss: { ...d.loss, ...partial.loss },
    optimizer: { ...d.optimizer, ...partial.optimizer },
    augmentation: { ...d.augmentation, ...partial.augmentation },
    validation: { ...d.validation, ...partial.validation },
    monitor: { ...d.monitor, ...partial.monitor },
    earlyStopping: { ...d.earlyStopping, ...partial.earlyStopping },
  };
}

/**
 * Values of a note in the widest layer: of DiffWave the gated outputs of all layers side by side, or all that is under a filter;
 * of the U-Net the inside of a block, or how its smallest image attends to itself.
 */
function layerWidth(network: ClassicNetworkConfig): number {
  if (network.kind === "diffwave") return network.residualChannels * Math.max(2, network.residualLayers, network.kernelSize);
  const { levels, width, multiple } = unetSizes(network);
  // Notes and width are halved from level to level.
  const blocks = levels.map(({ channels }, i) => (width * channels * network.convnextMult) / 4 ** i);
  const pixels = (network.segmentNotes * width) / multiple ** 2;
  return Math.ceil(Math.max(...blocks, (ATTENTION_HEADS * pixels ** 2) / network.segmentNotes));
}

/** Refuse a network that there cannot be, or whose checkpoint could not be read again. */
function checkClassicNetwork(network: ClassicNetworkConfig): void {
  try {
    checkNetwork(new Field("training options:", "network", network));
  } catch (error) {
    throw error instanceof CheckpointError ? new ShapeError(error.message) : error;
  }
  checkWeights("network", classicTensors(network));
}

function checkOptions(options: ClassicTrainingOptions): void {
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw new ShapeError(`training options: ${name} must be ${expected}, got ${JSON.stringify(value)}.`);
  };
  const count = (name: string, value: number | null): void => {
    if (value !== null && !(Number.isInteger(value) && value >= 1)) refuse(name, "a positive integer", value);
  };
  const within = (name: string, value: number | null, low: number, high: number): void => {
    if (value !== null && !(value >= low && value <= high)) refuse(name, high === Number.MAX_VALUE ? `at least ${low}` : `from ${low} to ${high}`, value);
  };
  const oneOf = (name: string, value: string, names: readonly string[]): void => {
    if (!names.includes(value)) refuse(name, `one of ${names.join(", ")}`, value);
  };
  const { network, loss, optimizer, augmentation, validation, earlyStopping } = options;
  checkClassicNetwork(network);
  oneOf("objective", options.objective, CLASSIC_OBJECTIVES);
  oneOf("target", options.target, ["generate", "transfer"]);
  oneOf("stepSampling", options.stepSampling, ["uniform", "logit-normal"]);
  oneOf("loss.kind", loss.kind, ["l1", "l2", "huber"]);
  oneOf("optimizer.kind", optimizer.kind, ["adam", "adamw"]);
  oneOf("optimizer.decay", optimizer.decay, ["constant", "cosine"]);
  oneOf("monitor.mode", options.monitor.mode, ["min", "max"]);
  if (loss.terms.length === 0) refuse("loss.terms", "at least one term", loss.terms);
  for (const term of loss.terms) oneOf("loss.terms", term, LOSS_TERMS);
  if (loss.weights.length !== network.parameters || !loss.weights.every((w) => w >= 0) || !loss.weights.some((w) => w > 0)) {
    refuse("loss.weights", `${network.parameters} numbers, none below 0, one above`, loss.weights);
  }
  if (!isTrained(loss)) refuse("loss.terms", "so that one of them has a weight (loss.reconstructionWeight, loss.weights)", loss.terms);
  const { bound } = loss;
  if (typeof bound === "object" ? !(bound.clamp > 0) : !["snr", "none"].includes(bound)) {
    refuse("loss.bound", '"snr", "none" or { clamp: above 0 }', bound);
  }
  if (network.kind === "diffwave" && options.schedule.steps > network.diffusionSteps) {
    refuse("schedule.steps", `at most network.diffusionSteps, ${network.diffusionSteps}`, options.schedule.steps);
  }
  if (network.kind === "unet" && network.segmentNotes % notesMultiple(network) !== 0) {
    refuse("network.segmentNotes", `a multiple of ${notesMultiple(network)} (2^(levels − 1))`, network.segmentNotes);
  }
  const { schedule } = options;
  if (schedule.kind !== "cosine") {
    for (const name of ["betaStart", "betaEnd"] as const) if (!isBeta(schedule[name])) refuse(`schedule.${name}`, BETA_RANGE, schedule[name]);
  }
  const counts = {
    epochs: options.epochs, steps: options.steps, batch: options.batch, accumulate: options.accumulate, saveEvery: options.saveEvery,
    "network.segmentNotes": network.segmentNotes, "schedule.steps": options.schedule.steps, "validation.everyEpochs": validation.everyEpochs,
    "validation.everySteps": validation.everySteps, "validation.batch": validation.batch, "validation.segments": validation.segments,
    "validation.draws": validation.draws, "earlyStopping.patience": earlyStopping.patience,
  };
  for (const [name, value] of Object.entries(counts)) count(name, value);
  const pass = { notes: network.segmentNotes, width: layerWidth(network) };
  checkPass({ ...pass, names: ["batch", "network.segmentNotes"], batch: options.batch, advice: "Lower batch and raise accumulate: the gradient of a step is the mean over its passes." });
  checkPass({ ...pass, names: ["validation.batch", "network.segmentNotes"], batch: validation.batch, advice: "Lower validation.batch: all segments are asked all the same." });
  const ranges: Readonly<Record<string, readonly [number | null, number, number?]>> = {
    "loss.reconstructionWeight": [loss.reconstructionWeight, 0],
    "optimizer.learningRate": [optimizer.learningRate, 0, 10],
    "optimizer.beta1": [optimizer.beta1, 0, 0.9999999],
    "optimizer.beta2": [optimizer.beta2, 0, 0.9999999],
    "optimizer.epsilon": [optimizer.epsilon, 1e-12, 1], // weights without a gradient would become 0 / 0
    "optimizer.weightDecay": [optimizer.weightDecay, 0, 10],
    "optimizer.warmup": [optimizer.warmup, 0],
    "optimizer.clipNorm": [optimizer.clipNorm, 1e-9],
    ema: [options.ema, 0, 0.9999999],
    "network.conditionDropout": [network.conditionDropout, 0, 1],
    "augmentation.mixup": [augmentation.mixup, 0, 1],
    "augmentation.mixupPerformances": [augmentation.mixupPerformances, 2, 64],
    "augmentation.transpose": [augmentation.transpose, 0, 24],
    "augmentation.tempoScale": [augmentation.tempoScale, 0, 2],
    "augmentation.dynamicsScale": [augmentation.dynamicsScale, 0, 2],
    "augmentation.loudnessShift": [augmentation.loudnessShift, 0, 127],
    "validation.sampledFraction": [validation.sampledFraction, 0, 1],
    "earlyStopping.minImprovement": [earlyStopping.minImprovement, 0],
    memoryLimitMB: [options.memoryLimitMB, 1],
  };
  for (const [name, [value, low, high = Number.MAX_VALUE]] of Object.entries(ranges)) within(name, value, low, high);
  const { mixupWeights } = augmentation;
  if (mixupWeights !== "uniform" && !(mixupWeights >= 0.01 && mixupWeights <= 100)) refuse("augmentation.mixupWeights", '"uniform" or a number from 0.01 to 100', mixupWeights);
  const { scale } = options;
  if (scale && (scale.mean.length !== network.parameters || scale.sd.length !== network.parameters)) {
    refuse("scale", `${network.parameters} means and as many deviations`, scale);
  }
  scale?.mean.forEach((mean, p) => {
    within(`scale.sd[${p}]`, scale.sd[p], ...SCALE_SD_RANGE);
    if (!(Math.abs(mean / scale.sd[p]) <= MAX_DEVIATIONS)) {
      refuse(`scale.mean[${p}]`, `at most ${MAX_DEVIATIONS.toLocaleString("en-US")} deviations of ${scale.sd[p]} from 0, or standardized parameters leave single precision`, mean);
    }
  });
}

/** Whether any term is minimized. */
function isTrained({ terms, weights, reconstructionWeight }: ClassicLossChoice): boolean {
  const [diffusion, ...reconstructed] = LOSS_TERMS;
  return terms.includes(diffusion) || reconstructed.some((term, p) => terms.includes(term) && reconstructionWeight * weights[p] > 0);
}
