/**
 * @file From a score to performances with a classic network: features, windows, a draw, parameters, notes.
 */
import {
  decodePerformance, PARAMETER_NAMES, scoreFeatures, unfoldRepeats, type Matrix, type PerformanceParameters, type Score,
} from "@dexter/codec";
import type { Batch, Denoiser } from "../denoiser.js";
import { DEFAULT_SOURCE_FRACTION, type DrawProgress } from "../draw-progress.js";
import { RenderError } from "../errors.js";
import { checkFinite } from "../finite-draw.js";
import type { Rendering } from "../render.js";
import { noiseSchedule } from "../sampling/noise-schedule.js";
import { invertDiffusion } from "../sampling/samplers/invert-diffusion.js";
import { noNoise, startNoise } from "../sampling/samplers/noise-source.js";
import { sampleDiffusion, type DiffusionSampleOptions } from "../sampling/samplers/sample-diffusion.js";
import { defaultSampler, SAMPLERS, type SamplerName } from "../sampling/samplers/sampler-table.js";
import { renoiseSource } from "../sampling/samplers/starts.js";
import { classicParameters } from "./classic-parameters.js";
import type { ClassicConfig, ClassicNetworkConfig, ParameterScale } from "./config.js";
import type { ClassicCondition } from "./network.js";
import { denormalizeParameters, normalizeParameters } from "./normalization.js";
import { notesMultiple } from "./unet-tensors.js";
import { overWindows } from "./whole-score.js";
import { cutWindows, joinWindows, windowRows, type SegmentWindow, type WindowJoin } from "./windows.js";

/** What is asked of a classic model here: its options and its denoiser, which is told the diffusion step, or a flow's time. */
export interface ClassicRenderer {
  /** Of the checkpoint. */
  readonly config: ClassicConfig;
  /** Predicts what `config.prediction` says. */
  readonly denoiser: Denoiser<ClassicCondition>;
}

/** How to render with a classic model. */
export interface ClassicRenderOptions extends Pick<DiffusionSampleOptions, "sampler" | "eta" | "clip" | "signal"> {
  /** Which performance: a safe integer ≥ 0, default 0. The same seed gives the same performance. */
  readonly seed?: number;
  /** How many performances, ≥ 1, with the seeds `seed`, `seed + 1` … Default 1. */
  readonly samples?: number;
  /** Steps of the sampler; default 20 (of `ddpm` and its kin all that the schedule has). */
  readonly steps?: number;
  /** Guidance w, −20 … 20: w·conditioned + (1−w)·unconditioned. Default 1.2, the original's. */
  readonly guidance?: number;
  /** Notes that neighbouring windows share. Default a quarter of a window; with `compat` the original's 10. */
  readonly overlap?: number;
  /**
   * How windows become one: `"every-step"` (the default) lets them agree at every step of the sampler; `"crossfade"`
   * and `"average"` draw each window on its own and join the draws.
   */
  readonly join?: "every-step" | WindowJoin;
  /** Score features of every note as in training, `[N, C]`: of a stored score, which is then played as it stands, repeats as they are. Default: `scoreFeatures(score, "classic")`, repeats unfolded. */
  readonly features?: Matrix;
  /** Perceptual features of every note of the unfolded score, `[N, C]`. Default none. */
  readonly perceptual?: Matrix;
  /** Standardization of the parameters, for checkpoints that do not tell theirs. */
  readonly scale?: ParameterScale;
  /**
   * `"original"` renders as the Python DExter's `inference.py`: windows run on into zeros, draws are averaged, the walk begins at step S − 2,
   * and where nothing else is said the sampler is `cfdg_ddpm`, and no estimate is bounded.
   */
  readonly compat?: "original";
  /** A performance of the score as it is played, to start from instead of noise alone: covered with noise, then drawn again. */
  readonly source?: PerformanceParameters;
  /**
   * Share of the way that is walked from `source` (the original's `sample_steps_frac`), above 0: the more, the less of
   * it is left; default 0.75. 1 starts from the source itself and adds no noise, for models that were trained on pairs of performances.
   */
  readonly fraction?: number;
  /**
   * Follow the source back to the noise that the model would make it of, instead of covering it with other noise (DDIM inversion, for
   * `ddim`, `euler` and `heun`; guidance is then 1 unless told): with the same perceptual features the source comes back, with others it is changed by them.
   */
  readonly inversion?: {
    /** What the source measures, as `perceptual`. Default: the same as `perceptual`. */
    readonly perceptual?: Matrix;
  };
  /** Told how much is done, 0–1. */
  readonly onProgress?: (fraction: number) => void;
  /** Told what a draw is after each step, and its start as step 0; standardized, the channels are `PARAMETER_NAMES`. */
  readonly onStep?: (progress: DrawProgress) => void;
}

const DEFAULT_GUIDANCE = 1.2;
/** Estimates of clean data keep to this many standard deviations. */
const DEFAULT_CLIP = 5;
/** The original's `overlap`. */
const ORIGINAL_OVERLAP = 10;
/** Steps there and back, where none are asked for. */
const INVERSION_STEPS = 20;
const P = PARAMETER_NAMES.length;

/**
 * Play a score with a classic model.
 *
 * @param score - as read; repeats are unfolded here
 * @returns performances with `release: "sound"`: lengths include the pedal
 * @throws RenderError when the score has no notes, the model is for other features, or an option is out of range
 * @throws the signal's reason when it is aborted
 */
export async function renderClassic(model: ClassicRenderer, score: Score, options: ClassicRenderOptions = {}): Promise<Rendering[]> {
  const { config } = model;
  const seed = integerIn("seed", options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER - 1e6);
  const samples = integerIn("samples", options.samples ?? 1, 1, 10_000);
  const scale = options.scale ?? config.scale;
  if (!scale) throw new RenderError("the checkpoint does not tell how parameters were standardized: write the training set's mean and sd as `scale` into its config.json, or give `scale`.");
  if (score.notes.length === 0) throw new RenderError("the score has no notes to play.");
  const played = options.features ? score : unfoldRepeats(score);
  const shown = showScore(config.network, played, options);
  const sampling = samplingOptions(config, options);
  const denoiser = overWindows(model.denoiser, shown);
  const { inversion } = options;
  if (inversion && !options.source) throw new RenderError("inversion needs a source.");
  const sourceCondition = inversion?.perceptual ? showScore(config.network, played, { ...options, perceptual: inversion.perceptual }).condition : shown.condition;

  const renderings: Rendering[] = [];
  const { onProgress, onStep } = options;
  const source = options.source && sourceValues(played, options.source, shown, scale);
  const fraction = source ? options.fraction ?? DEFAULT_SOURCE_FRACTION : 1;
  if (!(fraction > 0 && fraction <= 1)) throw new RenderError(`fraction must be above 0 and at most 1, got ${fraction}.`);
  for (let k = 0; k < samples; k++) {
    const noise = startNoise([1, shown.notes, P], seed + k);
    const schedule = SAMPLERS[sampling.sampler].prediction === "flow" ? null : sampling.schedule ?? null;
    const start = !source ? noise
      : inversion ? (await invertDiffusion(denoiser, source, [sourceCondition], { ...sampling, steps: sampling.steps ?? INVERSION_STEPS, fraction })).start
      : fraction === 1 ? source : renoiseSource(source, noise, { schedule, fraction });
    let started = !onStep;
    const drawn = await sampleDiffusion(denoiser, start, [shown.condition], {
      ...sampling,
      ...(inversion && { steps: sampling.steps ?? INVERSION_STEPS }),
      seed: seed + k,
      fraction,
      ...(source && !inversion && fraction === 1 && { noise: noNoise }),
      onStep: (onProgress ?? onStep) && (({ step, steps, x }) => {
        if (!started) onStep?.({ sample: k, step: 0, steps, x: start });
        started = true;
        onStep?.({ sample: k, step, steps, x });
        onProgress?.((k + step / steps) / samples);
      }),
    });
    checkFinite(drawn);
    const values = denormalizeParameters(shown.join(drawn.data), scale);
    const parameters = classicParameters(played, { data: values, shape: [played.notes.length, P] });
    const { performance, alignment } = decodePerformance(played, parameters);
    renderings.push({ seed: seed + k, opposite: false, score: played, parameters, performance, alignment, quartersPerMinute: meanTempo(played, parameters), meanVelocity: meanVelocity(parameters) });
  }
  return renderings;
}

function meanVelocity({ velocityNorm }: PerformanceParameters): number {
  return (127 * velocityNorm.reduce((sum, velocity) => sum + velocity, 0)) / velocityNorm.length;
}

/** A score as the sampler and the network see it. */
interface ShownScore {
  /** Rows that are sampled: the notes of the score, or those of all windows one after another. */
  readonly notes: number;
  readonly windows: readonly SegmentWindow[];
  readonly size: number;
  readonly condition: ClassicCondition;
  /** Something of the score's notes as rows. */
  readonly rows: (matrix: Matrix) => Float32Array;
  /** Rows that were sampled, as the notes of the score. */
  readonly join: (values: Float32Array) => Float32Array;
}

function showScore(network: ClassicNetworkConfig, played: Score, options: ClassicRenderOptions): ShownScore {
  const { overlap, join = "every-step", perceptual, compat } = options;
  const features = options.features ?? scoreFeatures(played, "classic");
  const N = played.notes.length;
  if (features.shape[0] !== N) throw new RenderError(`score features must have a row for each of ${N} notes, got ${features.shape[0]}.`);
  if (network.parameters !== P || network.scoreFeatures !== features.shape[1]) {
    throw new RenderError(`the model is for ${network.scoreFeatures} score features and ${network.parameters} parameters, expected ${features.shape[1]} and ${P}.`);
  }
  if (perceptual && (perceptual.shape[0] !== N || perceptual.shape[1] !== network.perceptualFeatures)) {
    throw new RenderError(`perceptual features must be [${N}, ${network.perceptualFeatures}], got [${perceptual.shape.join(", ")}].`);
  }
  const size = windowSize(network, compat ? network.segmentNotes : N);
  const shared = integerIn("overlap", overlap ?? (compat ? Math.min(ORIGINAL_OVERLAP, size - 1) : Math.floor(size / 4)), 0, size - 1);
  const windows = cutWindows(N, size, shared, compat ? "behind" : "inside");
  if (join === "every-step" && !compat) {
    return { notes: N, windows, size, condition: { score: features.data, ...(perceptual && { perceptual: perceptual.data }) }, rows: ({ data }) => data, join: (values) => values };
  }
  const rows = (matrix: Matrix): Float32Array => windowRows(matrix, windows, size, compat ? "zero" : "repeat");
  return {
    notes: windows.length * size,
    windows: windows.map((_, w) => ({ from: w * size, to: (w + 1) * size })),
    size,
    condition: { score: rows(features), ...(perceptual && { perceptual: rows(perceptual) }) },
    rows,
    join: (values) => joinWindows(values, windows, size, P, compat || join === "average" ? "average" : "crossfade").data,
  };
}

/** A performance as the sampler sees it; the mean where nothing was played. */
function sourceValues({ notes }: Score, source: PerformanceParameters, shown: ShownScore, scale: ParameterScale): Batch {
  if (source.length !== notes.length) throw new RenderError(`the source must have the score's ${notes.length} notes as played, got ${source.length}.`);
  const values = Float32Array.from({ length: notes.length * P }, (_, i) => {
    const n = Math.floor(i / P);
    return source.mask[n] ? source[PARAMETER_NAMES[i % P]][n] : scale.mean[i % P];
  });
  const data = shown.rows({ data: normalizeParameters(values, scale), shape: [notes.length, P] });
  return { data, shape: [1, shown.notes, P] };
}

/** Notes of a window: those of training, or as many as a short score has where the network can do with fewer. */
function windowSize(network: ClassicNetworkConfig, notes: number): number {
  if (network.condition === "trainable_score") return network.segmentNotes;
  const multiple = network.kind === "unet" ? notesMultiple(network) : 1;
  return Math.ceil(Math.min(network.segmentNotes, notes) / multiple) * multiple;
}

function samplingOptions({ prediction, schedule }: ClassicConfig, options: ClassicRenderOptions): DiffusionSampleOptions & { readonly sampler: SamplerName } {
  const { inversion, steps, eta, compat, signal } = options;
  const { sampler = defaultSampler(prediction, { inversion, compat }), clip = compat ? Infinity : DEFAULT_CLIP } = options;
  const guidance = options.guidance ?? (inversion ? 1 : DEFAULT_GUIDANCE);
  if (!(Math.abs(guidance) <= 20)) throw new RenderError(`guidance must be from -20 to 20, got ${guidance}.`);
  const traits = Object.hasOwn(SAMPLERS, sampler) ? SAMPLERS[sampler] : undefined;
  if (!traits) throw new RenderError(`sampler must be one of ${Object.keys(SAMPLERS).join(", ")}, got "${String(sampler)}".`);
  if ((prediction === "flow") !== (traits.prediction === "flow")) {
    throw new RenderError(`sampler "${sampler}" does not fit a model that predicts ${prediction}; take ${defaultSampler(prediction)}.`);
  }
  if (inversion && (traits.rule === "dpmpp2m" || traits.eta > 0 || (eta ?? 0) > 0)) throw new RenderError(`sampler "${sampler}"${eta ? ` with eta ${eta}` : ""} has no inverse; take ddim, euler or heun.`);
  return { sampler, prediction, schedule: noiseSchedule(schedule), steps, eta, guidance, clip, compat, signal };
}

/** Quarter notes from the first onset to the last, per minute that they take. */
function meanTempo({ notes }: Score, { beatPeriod }: PerformanceParameters): number {
  let seconds = 0;
  let quarters = 0;
  for (let n = 1; n < notes.length; n++) {
    seconds += beatPeriod[n - 1] * (notes.onsetBeat[n] - notes.onsetBeat[n - 1]);
    quarters += notes.onsetQuarter[n] - notes.onsetQuarter[n - 1];
  }
  return (quarters > 0 ? quarters / seconds : 1 / beatPeriod[0]) * 60;
}

function integerIn(name: string, value: number, low: number, high: number): number {
  if (!Number.isSafeInteger(value) || value < low || value > high) throw new RenderError(`${name} must be an integer from ${low} to ${high}, got ${value}.`);
  return value;
}
