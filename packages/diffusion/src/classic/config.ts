/**
 * @file What a `classic` checkpoint says of itself: the original DExter's two
 * denoisers with the options of their constructors, under the field's names.
 */

/** How score features are brought to a range before they condition DiffWave. */
export interface MinMaxConfig {
  /** Lower end of the range. */
  readonly low: number;
  /** Upper end of the range. */
  readonly high: number;
  /** Minima over: each feature of a segment (`rowwise`), each note (`framewise`), the whole segment (`imagewise`). */
  readonly mode: "rowwise" | "framewise" | "imagewise";
}

/** What both denoisers share. */
export interface ClassicInputConfig {
  /** Performance parameters `P` (the original's p_codec rows). */
  readonly parameters: number;
  /** Score features `S` (the original's s_codec rows). */
  readonly scoreFeatures: number;
  /** Perceptual features `C` (the original's c_codec rows). */
  readonly perceptualFeatures: number;
  /** Notes of a segment in training. */
  readonly segmentNotes: number;
  /** `trainable_score` puts a learned matrix in place of the null condition. */
  readonly condition: "fixed" | "trainable_score";
  /** Chance that a training segment loses its condition. */
  readonly conditionDropout: number;
}

/** DiffWave (the original's `ClassifierFreeDenoiser`). */
export interface DiffWaveConfig extends ClassicInputConfig {
  /** Which network. */
  readonly kind: "diffwave";
  /** Channels `H`. */
  readonly residualChannels: number;
  /** Residual layers `L`. */
  readonly residualLayers: number;
  /** Notes under a filter, odd. */
  readonly kernelSize: number;
  /** Dilation of layer i is `dilationBase ^ (i mod dilationBound)`. */
  readonly dilationBase: number;
  /** Length of the cycle of dilations. */
  readonly dilationBound: number;
  /** Range of the score features. */
  readonly normalization: MinMaxConfig;
  /** True when the perceptual features scale and shift every layer's input (FiLM); weights of the original have none. */
  readonly film: boolean;
  /** Diffusion steps that the embedding table knows. */
  readonly diffusionSteps: number;
}

/** The U-Net (the original's `DenoiserUnet`). */
export interface UnetConfig extends ClassicInputConfig {
  /** Which network. */
  readonly kind: "unet";
  /** Channels of the first level. */
  readonly dim: number;
  /** Multiple of `dim` per level; notes must be divisible by 2^(levels − 1). */
  readonly dimMults: readonly number[];
  /** Channels of the first convolution; `null` takes the original's rule. */
  readonly initDim: number | null;
  /** Channels of the output; `null` takes the input's. */
  readonly outDim: number | null;
  /** Channels of the input "image". */
  readonly channels: number;
  /** Whether the diffusion step is embedded. */
  readonly withTimeEmbedding: boolean;
  /** Widening inside a ConvNeXt block. */
  readonly convnextMult: number;
  /** Range of the score features; `null` takes them raw, as weights of the original expect (onsets in the thousands). */
  readonly scoreNormalization: MinMaxConfig | null;
}

/** One of the two. */
export type ClassicNetworkConfig = DiffWaveConfig | UnetConfig;

/** The schedule of noise (see `sampling/noise-schedule.ts`). */
export interface NoiseScheduleConfig {
  /** Its shape. */
  readonly kind: "linear" | "cosine" | "quadratic" | "sigmoid";
  /** Diffusion steps. */
  readonly steps: number;
  /** First β (not of cosine). */
  readonly betaStart: number;
  /** Last β (not of cosine). */
  readonly betaEnd: number;
}

/** What a denoiser predicts: the noise ε, the clean data x₀, v = √ᾱ ε − √(1−ᾱ) x₀, or a flow's velocity x₀ − ε. */
export type PredictionKind = "noise" | "x0" | "v" | "flow";

/** How performance parameters were standardized: `(x − mean) / sd` per parameter. */
export interface ParameterScale {
  /** `[P]`. */
  readonly mean: readonly number[];
  /** `[P]`. */
  readonly sd: readonly number[];
}

/** `config.json` of a `classic` checkpoint. */
export interface ClassicConfig {
  /** Always `"dexter-classic"`. */
  readonly format: "dexter-classic";
  /** Version of this layout. */
  readonly version: 1;
  /** The denoiser. */
  readonly network: ClassicNetworkConfig;
  /** What it predicts. */
  readonly prediction: PredictionKind;
  /** Its schedule; of no meaning for flows. */
  readonly schedule: NoiseScheduleConfig;
  /** Standardization of the parameters; `null` when the checkpoint does not tell. */
  readonly scale: ParameterScale | null;
  /** What a null condition was in the weights' training and sampling: ours (−1 in both), or the original's (−1 in training, 0 in sampling). */
  readonly nullCondition: "consistent" | "original";
  /** Free record of how it was trained. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** What both of the original's networks read. */
const DEFAULT_INPUT: ClassicInputConfig = {
  parameters: 5,
  scoreFeatures: 4,
  perceptualFeatures: 7,
  segmentNotes: 200,
  condition: "fixed",
  conditionDropout: 0.1,
};

/** The original's DiffWave, with FiLM for the perceptual features. */
export const DEFAULT_DIFFWAVE: DiffWaveConfig = {
  kind: "diffwave",
  ...DEFAULT_INPUT,
  residualChannels: 768,
  residualLayers: 12,
  kernelSize: 3,
  dilationBase: 2,
  dilationBound: 4,
  normalization: { low: 0, high: 1, mode: "rowwise" },
  film: true,
  diffusionSteps: 1000,
};

/** The original's U-Net. */
export const DEFAULT_UNET: UnetConfig = {
  kind: "unet",
  ...DEFAULT_INPUT,
  dim: 48,
  dimMults: [1, 2, 4],
  initDim: null,
  outDim: null,
  channels: 1,
  withTimeEmbedding: true,
  convnextMult: 2,
  scoreNormalization: null,
};

/** The original's schedule. */
export const DEFAULT_NOISE_SCHEDULE: NoiseScheduleConfig = { kind: "linear", steps: 1000, betaStart: 1e-4, betaEnd: 0.02 };
