/**
 * @file From a score to performances: features, encoder, a draw from the flow,
 * parameters, notes. A whole piece in one pass, without seams.
 */
import {
  decodePerformance, groupOnsets, unfoldRepeats,
  type Alignment, type Matrix, type Performance, type PerformanceParameters, type Score,
} from "@dexter/codec";
import { controlInput, type ControlRequest } from "./base/controls.js";
import { drawSeeds, oppositeNoise, type DrawChoice, type DrawSeed } from "./base/draw-seed.js";
import { expectationOf } from "./base/flow-centre.js";
import { towardMean } from "./base/mean-share.js";
import { modelFeatures } from "./base/model-features.js";
import { modelNotes } from "./base/model-notes.js";
import { drawNoise } from "./base/noise.js";
import { estimatePieceLevel } from "./base/piece-level.js";
import { standardize, unstandardize } from "./base/standardize.js";
import { parametersToTargets, targetsToParameters, type PieceLevel } from "./base/targets.js";
import type { Batch } from "./denoiser.js";
import { DEFAULT_SOURCE_FRACTION, type DrawProgress } from "./draw-progress.js";
import { RenderError } from "./errors.js";
import { checkFinite } from "./finite-draw.js";
import { guide, guideBoth } from "./guidance.js";
import type { ModelConfig } from "./model/config.js";
import type { Model } from "./model/model.js";
import { renoise, sample, type SolverName } from "./sampler.js";

/** How to render. Defaults are the model's own. */
export interface RenderOptions extends DrawChoice {
  /** Which performance: a safe integer ≥ 0, default 0. The same seed gives the same performance. */
  readonly seed?: number;
  /** How many performances, ≥ 1: the seed's, its opposite, that of `seed + 1`, its opposite … (see `independent`). Default 1. */
  readonly samples?: number;
  /** Steps of the sampler, 1–1,000. */
  readonly steps?: number;
  /** Guidance: 1 follows the model's own uncertainty, more makes the consensus stronger; 0–20. */
  readonly guidance?: number;
  /** Mean tempo in quarter notes per minute, 5–1,000. Default: what the score suggests. */
  readonly tempo?: number;
  /** Mean MIDI velocity, 1–127. Default: what the score suggests. */
  readonly velocity?: number;
  /** What the performance shall be like, note by note, of a model with controls; unknown everywhere changes nothing. */
  readonly controls?: ControlRequest;
  /** Guidance of the controls: 1 follows them as pianists would, more insists on them; 0–20. */
  readonly controlGuidance?: number;
  /**
   * What is known of the notes already, in the model's columns, not standardized, `[N, C]`: of a stored score, whose signs
   * are gone. The score is then played as it stands, repeats as they are.
   */
  readonly features?: Matrix;
  /** How the flow is followed; default `"euler"`. */
  readonly solver?: SolverName;
  /**
   * A performance of the score as it is played, to start from instead of noise alone: covered with noise, then drawn
   * again. Its tempo is kept unless `tempo` says another.
   */
  readonly source?: PerformanceParameters;
  /** Share of the way that is walked from `source`, above 0, below 1: the more, the less of it is left. Default 0.75. */
  readonly fraction?: number;
  /** Stops the work between two steps. */
  readonly signal?: AbortSignal;
  /** Told how much is done, 0–1. */
  readonly onProgress?: (fraction: number) => void;
  /** Told what a draw is after each step, and its start as step 0; standardized, the channels are `TARGET_NAMES`. */
  readonly onStep?: (progress: DrawProgress) => void;
}

/** One performance of a score. */
export interface Rendering extends DrawSeed {
  /** The score as played, its repeats unfolded. */
  readonly score: Score;
  /** Performance parameters per note of `score`, `release: "key"`. */
  readonly parameters: PerformanceParameters;
  /** The notes played, and CC64. */
  readonly performance: Performance;
  /** Which performed note is which note of `score`. */
  readonly alignment: Alignment;
  /** The mean tempo around which it moves, quarter notes per minute. */
  readonly quartersPerMinute: number;
  /** The mean MIDI velocity around which it moves. */
  readonly meanVelocity: number;
}

/**
 * Play a score.
 *
 * @param score - as read; repeats are unfolded here
 * @throws RenderError when the score has no notes or an option is out of range
 * @throws the signal's reason when it is aborted
 */
export async function renderScore(model: Model, score: Score, options: RenderOptions = {}): Promise<Rendering[]> {
  const { config } = model;
  const seed = integerOption("seed", options.seed ?? 0, 0, Number.MAX_SAFE_INTEGER - 1e6);
  const samples = integerOption("samples", options.samples ?? 1, 1, 10_000);
  const steps = integerOption("steps", options.steps ?? config.sampling.steps, 1, 1000);
  const guidance = numberOption("guidance", options.guidance ?? config.sampling.guidance, 0, 20);
  const controlGuidance = numberOption("controlGuidance", options.controlGuidance ?? config.sampling.controlGuidance ?? guidance, 0, 20);
  const tempo = options.tempo === undefined ? undefined : numberOption("tempo", options.tempo, 5, 1000);
  const velocity = options.velocity === undefined ? undefined : numberOption("velocity", options.velocity, 1, 127);
  if (score.notes.length === 0) throw new RenderError("the score has no notes to play.");
  const { signal, onProgress, onStep, solver, source } = options;
  const fraction = source ? numberOption("fraction", options.fraction ?? DEFAULT_SOURCE_FRACTION, Number.EPSILON, 1 - Number.EPSILON) : 1;
  signal?.throwIfAborted();

  const played = options.features ? score : unfoldRepeats(score);
  const features = options.features ? standardize(options.features, config.features) : modelFeatures(played, config.features);
  const onsets = groupOnsets(played.notes);
  const notes = modelNotes(played);
  const estimate = estimatePieceLevel(played, features, config.pieceLevel);
  const target = source && sourceTargets(played, source, config);
  const guess = target?.level ?? estimate;
  const level: PieceLevel = {
    log2SecPerQuarter: tempo === undefined ? guess.log2SecPerQuarter : Math.log2(60 / tempo),
    meanVelocity: velocity ?? guess.meanVelocity,
  };
  // What makes up for the way of sampling is due for the part of the way that is walked.
  const due = (factor: number): number => 1 + fraction * (factor - 1);

  const asked = options.controls && askedFor(options.controls, played, config);
  const encoded = await model.encode(features, onsets, notes);
  const condition = asked ? { ...encoded, controls: asked } : encoded;
  const flow = model.denoiser(onsets);
  const denoiser = asked ? guideBoth(flow, guidance, controlGuidance, () => encoded) : guide(flow, guidance);
  const expected = await expectationOf(flow, encoded, config.sampling, onsets, signal);
  const renderings: Rendering[] = [];
  for (const [k, which] of drawSeeds(seed, samples, options).entries()) {
    const drawnNoise = drawNoise(onsets, which.seed, config.sampling.temperature);
    const noise = which.opposite ? oppositeNoise(drawnNoise) : drawnNoise;
    const start = target ? renoise(target.values, noise, 1 - fraction) : noise;
    const taken = Math.ceil(steps * fraction);
    onStep?.({ sample: k, step: 0, steps: taken, x: start });
    const drawn = await sample(denoiser, start, [condition], {
      steps: taken,
      solver,
      startTime: 1 - fraction,
      signal,
      onStep(step, of, x) {
        onProgress?.((k + step / of) / samples);
        onStep?.({ sample: k, step, steps: of, x });
      },
    });
    checkFinite(drawn);
    const settled = { ...drawn, data: towardMean(drawn.data, expected, config.sampling, onsets, fraction) };
    checkFinite(settled);
    const targets = unstandardize(amplify(settled, config, due), config.targets);
    const renderLevel = { ...level, slowTempoFactor: due(config.sampling.slowTempoFactor) };
    const parameters = targetsToParameters(notes, targets, renderLevel, config.targets);
    const { performance, alignment } = decodePerformance(played, parameters);
    const { log2SecPerQuarter, meanVelocity } = level;
    renderings.push({ ...which, score: played, parameters, performance, alignment, quartersPerMinute: 60 / 2 ** log2SecPerQuarter, meanVelocity });
  }
  return renderings;
}

/** The network's input of a request; nothing where nothing is asked for. */
function askedFor(request: ControlRequest, { notes }: Score, { controls }: ModelConfig): Matrix | undefined {
  if (!controls) throw new RenderError("this model has no controls: train one with `controls`, or render without them.");
  const input = controlInput(request, notes.length, controls);
  return request.known.some((flag) => flag !== 0) ? input : undefined;
}

/** A draw times the gains, within the model's bounds: `[1, N, P]` → `[N, P]`. */
function amplify({ data, shape: [, N, P] }: Batch, { targets: { clip }, sampling: { gains } }: ModelConfig, due: (factor: number) => number): Matrix {
  return { data: data.map((z, i) => Math.max(-clip, Math.min(clip, z * due(gains[i % P])))), shape: [N, P] };
}

/** A performance as what a draw starts from: standardized targets `[1, N, P]`, the mean where nothing was played, and its level. */
function sourceTargets(played: Score, source: PerformanceParameters, config: ModelConfig): { readonly values: Batch; readonly level: PieceLevel } {
  if (source.length !== played.notes.length) throw new RenderError(`the source must have the score's ${played.notes.length} notes as played, got ${source.length}.`);
  if (source.release !== "key") throw new RenderError(`the source must have release "key", got "${source.release}".`);
  const { values, level } = parametersToTargets(modelNotes(played), source, config.targets);
  const { data, shape: [N, P] } = standardize(values, config.targets);
  for (let n = 0; n < N; n++) if (!source.mask[n]) data.fill(0, n * P, (n + 1) * P);
  return { values: { data, shape: [1, N, P] }, level };
}

function integerOption(name: string, value: number, low: number, high: number): number {
  if (!Number.isSafeInteger(value)) throw new RenderError(`${name} must be an integer, got ${value}.`);
  return numberOption(name, value, low, high);
}

function numberOption(name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) throw new RenderError(`${name} must be from ${low} to ${high}, got ${value}.`);
  return value;
}
