/**
 * @file What a `base` checkpoint says of itself (`config.json`): enough to
 * rebuild the network, its input and its output without any other file.
 */

/** The channels that the network predicts, in the order of a `[N, 6]` matrix (see `base/targets.ts`). */
export const TARGET_NAMES = ["tempo", "slowTempo", "velocity", "timing", "articulation", "pedal"] as const;

/** One of {@link TARGET_NAMES}. */
export type TargetName = (typeof TARGET_NAMES)[number];

/** 1 for the channels that belong to the onset, not the note: the same for all notes of a chord. */
export const ONSET_CHANNELS: readonly number[] = [1, 1, 0, 0, 0, 1];

/** The stack of dilated residual blocks that encoder and denoiser share. */
export interface StackConfig {
  /** Channels `H`. */
  readonly hidden: number;
  /** How many residual blocks. */
  readonly blocks: number;
  /** Notes under a convolution's filter. */
  readonly kernel: number;
  /** Distance between them, per block. */
  readonly dilations: readonly number[];
}

/** How score features become the network's input: `clamp((x − mean) / sd, ±clip)`. */
export interface FeatureConfig {
  /** Name of the feature set in `@dexter/codec`'s catalogue. */
  readonly set: string;
  /** Columns, in the order of the input. */
  readonly names: readonly string[];
  /** Mean per column on the training scores. */
  readonly mean: readonly number[];
  /** Standard deviation per column on the training scores; 1 for a constant column. */
  readonly sd: readonly number[];
  /** Bound of the standardized values. */
  readonly clip: number;
}

/** How targets are standardized: `clamp((z − mean) / sd, ±clip)`. */
export interface TargetConfig {
  /** {@link TARGET_NAMES}. */
  readonly names: readonly string[];
  /** Mean per channel on the training performances. */
  readonly mean: readonly number[];
  /** Standard deviation per channel on the training performances. */
  readonly sd: readonly number[];
  /** Bound of the standardized values. */
  readonly clip: number;
  /** Width of the Gaussian that splits the slow part of the tempo off, beats. */
  readonly slowTempoBeats: number;
  /** Timing is stored as asinh(timing / this), s. */
  readonly timingScaleSec: number;
}

/** Defaults of sampling, chosen on validation pieces. */
export interface SamplingConfig {
  /** Euler steps. */
  readonly steps: number;
  /** Guidance scale `w`: 1 is the plain conditional model. */
  readonly guidance: number;
  /** Factor on the slow part of the tempo in rendering. */
  readonly slowTempoFactor: number;
  /** Factor per channel on the drawn values, since guidance widens what it steers. */
  readonly gains: readonly number[];
  /** Standard deviation per channel of the noise that a draw starts from; 1 where absent. Less keeps draws nearer to the consensus. */
  readonly temperature?: readonly number[];
  /** Share per channel of the encoder's mean in a performance, the rest is drawn; 0 where absent. Brings draws nearer to the consensus and to each other. */
  readonly meanShare?: readonly number[];
  /** Share per channel of the way from the middle of the flow's draws, without guidance, to the encoder's mean, by which every draw is moved, variety and all; 0 where absent. Costs two evaluations of the denoiser a score. */
  readonly recentre?: readonly number[];
  /** Share of the mean in how the velocities of a chord differ from each other; that of the velocity where absent. */
  readonly chordShare?: number;
  /** Guidance scale of the controls, where any is set; that of the score where absent. */
  readonly controlGuidance?: number;
}

/**
 * What a performance can be asked for, note by note, beside its score: `K` controls, as `@dexter/eval-features` measures them.
 *
 * The network sees how far a value is from what a plain performance of the score suggests (see `plainPerformance`), since most
 * of many a control is the score's own: `clamp((value − offset.plain · plain − offset.mean) / offset.sd, ±clip)`.
 */
export interface ControlConfig {
  /** Names, in the order of the input, `[K]`. */
  readonly names: readonly string[];
  /** Mean over the notes of the training performances, raw units, `[K]`. */
  readonly mean: readonly number[];
  /** Standard deviation over the same, raw units, `[K]`. */
  readonly sd: readonly number[];
  /** Standard deviation between performances of the same note, raw units, `[K]`: how far pianists differ in the same music. */
  readonly spread: readonly number[];
  /** Scale of the values less those of the plain performance. */
  readonly offset: {
    /** How much of the plain performance's value is taken off, 0 to 1, `[K]`: the slope of a regression on it. */
    readonly plain: readonly number[];
    /** `[K]`. */
    readonly mean: readonly number[];
    /** `[K]`. */
    readonly sd: readonly number[];
  };
  /** Bound of the network's input. */
  readonly clip: number;
  /** Spearman correlation of what was asked for with what was played (see docs/steering.md), `[K]`; absent where nobody measured it. */
  readonly followed?: readonly number[];
}

/** A linear model of a whole piece's level, on the mean of its standardized features. */
export interface PieceLevelConfig {
  /** Mean over pieces of the pooled features, `[C]`. */
  readonly featureMean: readonly number[];
  /** log2 of seconds per quarter note. */
  readonly log2SecPerQuarter: PieceLevelRegression;
  /** Mean MIDI velocity. */
  readonly meanVelocity: PieceLevelRegression;
}

/** `bias + weights · (pooled features − featureMean)`. */
export interface PieceLevelRegression {
  /** One weight per feature, `[C]`. */
  readonly weights: readonly number[];
  /** The value at the mean features. */
  readonly bias: number;
  /** Bounds of what may be predicted: the training pieces' range. */
  readonly range: readonly [low: number, high: number];
  /** Explained variance in cross-validation by piece. */
  readonly r2: number;
}

/** Trees beside the encoders (see `trees/tree-forest.ts`). */
export interface TreesConfig {
  /** The features that their inputs are made of, some or all of the model's, on its scale. */
  readonly features: readonly string[];
  /** The forests, by the channel that they speak of. */
  readonly channels: Readonly<Partial<Record<TargetName, TreeChannelConfig>>>;
}

/** One channel's forest. */
export interface TreeChannelConfig {
  /** How many trees. */
  readonly trees: number;
  /** Leaves of a tree, at most. */
  readonly leaves: number;
  /** Their share of the mean, 0 to 1; the encoders have the rest. */
  readonly share: number;
}

/** `config.json` of a `base` checkpoint. */
export interface ModelConfig {
  /** Always `"dexter-base"`. */
  readonly format: "dexter-base";
  /** Version of this layout. */
  readonly version: 1;
  /** The input. */
  readonly features: FeatureConfig;
  /** The output. */
  readonly targets: TargetConfig;
  /** The network that predicts the mean and the hidden condition. */
  readonly encoder: StackConfig;
  /**
   * Further encoders over the same features, each trained on its own. Where there are any, the mean is the average of theirs
   * (see `ensemble.ts`); the hidden condition stays the encoder's.
   */
  readonly ensemble?: readonly StackConfig[];
  /** Regression trees that have a share of the mean, channel by channel; absent when the model has none. */
  readonly trees?: TreesConfig;
  /** The flow's velocity network. */
  readonly denoiser: StackConfig;
  /** Defaults of sampling. */
  readonly sampling: SamplingConfig;
  /** What a performance can be asked for; absent when the model has no controls. */
  readonly controls?: ControlConfig;
  /** Piece-level regression; absent when the model has none. */
  readonly pieceLevel?: PieceLevelConfig;
  /** Free record of how it was trained: data, seed, steps, losses. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** Multiples of π/2 in the time embedding: e(t) = (t, sin(kπt/2), cos(kπt/2)), k = 1 … this. */
export const TIME_FREQUENCIES = 16;

/** Added to the mean square in every RMS norm. */
export const NORM_EPSILON = 1e-6;

/** The stack of both networks unless told otherwise: 8 blocks, receptive field 511 notes. */
export const DEFAULT_STACK: StackConfig = { hidden: 64, blocks: 8, kernel: 3, dilations: [1, 2, 4, 8, 16, 32, 64, 128] };

/** Sampling unless a calibration found better. */
export const DEFAULT_SAMPLING: SamplingConfig = { steps: 8, guidance: 2.25, slowTempoFactor: 0.3, gains: [1.01, 1, 0.85, 0.96, 0.87, 1] };

/** A named tensor of a network and its shape. */
export interface TensorSpec {
  /** Name as in a PyTorch state dict, for example `encoder.blocks.0.conv.weight`. */
  readonly name: string;
  /** Linear weights `[out, in]`, convolutions `[out, in, kernel]`. */
  readonly shape: readonly number[];
}

/** Tensors of an encoder for `features` input columns, in storage order. */
export function encoderTensors(features: number, stack: StackConfig, net = "encoder"): TensorSpec[] {
  return [
    ...inputTensors(net, features, stack.hidden),
    ...stack.dilations.flatMap((_, i) => blockTensors(net, i, stack, false)),
    ...headTensors(net, stack.hidden),
  ];
}

/** What the tensors of an ensemble's encoder begin with, `ensemble.0` … */
export function memberName(index: number): string {
  return `ensemble.${index}`;
}

/** Tensors of the denoiser over an encoder of `encoderHidden` channels, in storage order; its input ends with the values and the flags of `controls`. */
export function denoiserTensors(encoderHidden: number, stack: StackConfig, controls = 0): TensorSpec[] {
  const H = stack.hidden;
  return [
    ...inputTensors("denoiser", 2 * TARGET_NAMES.length + 2 * controls, H),
    { name: "denoiser.time.weight", shape: [H, 1 + 2 * TIME_FREQUENCIES] },
    { name: "denoiser.time.bias", shape: [H] },
    { name: "denoiser.null", shape: [encoderHidden] },
    ...stack.dilations.flatMap((_, i) => blockTensors("denoiser", i, stack, true, encoderHidden)),
    ...headTensors("denoiser", H),
  ];
}

/** Blocks with an odd index also see the mean over the notes of their onset. */
export function seesOnset(block: number): boolean {
  return block % 2 === 1;
}

function inputTensors(net: string, inputs: number, H: number): TensorSpec[] {
  return [
    { name: `${net}.input.weight`, shape: [H, inputs] },
    { name: `${net}.input.bias`, shape: [H] },
    { name: `${net}.project.weight`, shape: [H, H] },
    { name: `${net}.project.bias`, shape: [H] },
  ];
}

function headTensors(net: string, H: number): TensorSpec[] {
  return [
    { name: `${net}.norm.weight`, shape: [H] },
    { name: `${net}.head.weight`, shape: [TARGET_NAMES.length, H] },
    { name: `${net}.head.bias`, shape: [TARGET_NAMES.length] },
  ];
}

function blockTensors(net: string, index: number, stack: StackConfig, conditioned: boolean, encoderHidden = 0): TensorSpec[] {
  const H = stack.hidden;
  const block = `${net}.blocks.${index}`;
  return [
    { name: `${block}.norm.weight`, shape: [H] },
    ...(conditioned
      ? [
          { name: `${block}.time.weight`, shape: [2 * H, H] },
          { name: `${block}.time.bias`, shape: [2 * H] },
          { name: `${block}.condition.weight`, shape: [H, encoderHidden] },
          { name: `${block}.condition.bias`, shape: [H] },
        ]
      : []),
    { name: `${block}.conv.weight`, shape: [2 * H, H, stack.kernel] },
    { name: `${block}.conv.bias`, shape: [2 * H] },
    ...(seesOnset(index) ? [{ name: `${block}.onset.weight`, shape: [2 * H, H] }] : []),
    { name: `${block}.out.weight`, shape: [H, H] },
    { name: `${block}.out.bias`, shape: [H] },
  ];
}
