/**
 * @file From a score to performances: features, encoder, a draw from the flow,
 * parameters, notes. A whole piece in one pass, without seams.
 */
import {
  decodePerformance, groupOnsets, unfoldRepeats,
  type Alignment, type Matrix, type Performance, type PerformanceParameters, type Score,
} from "@dexter/codec";
import { modelFeatures } from "./base/model-features.js";
import { modelNotes } from "./base/model-notes.js";
import { drawNoise } from "./base/noise.js";
import { estimatePieceLevel } from "./base/piece-level.js";
import { standardize, unstandardize } from "./base/standardize.js";
import { targetsToParameters } from "./base/targets.js";
import type { Batch } from "./denoiser.js";
import { RenderError } from "./errors.js";
import { guide } from "./guidance.js";
import type { ModelConfig } from "./model/config.js";
import type { Model } from "./model/model.js";
import { sample } from "./sampler.js";

/** How to render. Defaults are the model's own. */
export interface RenderOptions {
  /** Which performance: a safe integer ≥ 0, default 0. The same seed gives the same performance. */
  readonly seed?: number;
  /** How many performances, ≥ 1, with the seeds `seed`, `seed + 1` … Default 1. */
  readonly samples?: number;
  /** Steps of the sampler, 1–1,000. */
  readonly steps?: number;
  /** Guidance: 1 follows the model's own uncertainty, more makes the consensus stronger; 0–20. */
  readonly guidance?: number;
  /** Mean tempo in quarter notes per minute, 5–1,000. Default: what the score suggests. */
  readonly tempo?: number;
  /**
   * What is known of the notes already, in the model's columns, not standardized, `[N, C]`: of a stored score, whose signs
   * are gone. The score is then played as it stands, repeats as they are.
   */
  readonly features?: Matrix;
  /** Stops the work between two steps. */
  readonly signal?: AbortSignal;
  /** Told how much is done, 0–1. */
  readonly onProgress?: (fraction: number) => void;
}

/** One performance of a score. */
export interface Rendering {
  /** The seed that gives it again. */
  readonly seed: number;
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
  const tempo = options.tempo === undefined ? undefined : numberOption("tempo", options.tempo, 5, 1000);
  if (score.notes.length === 0) throw new RenderError("the score has no notes to play.");
  const { signal, onProgress } = options;
  signal?.throwIfAborted();

  const played = options.features ? score : unfoldRepeats(score);
  const features = options.features ? standardize(options.features, config.features) : modelFeatures(played, config.features);
  const onsets = groupOnsets(played.notes);
  const notes = modelNotes(played);
  const estimate = estimatePieceLevel(played, features, config.pieceLevel);
  const level = tempo === undefined ? estimate : { ...estimate, log2SecPerQuarter: Math.log2(60 / tempo) };

  const condition = await model.encode(features, onsets);
  const denoiser = guide(model.denoiser(onsets), guidance);
  const renderings: Rendering[] = [];
  for (let k = 0; k < samples; k++) {
    const drawn = await sample(denoiser, drawNoise(onsets, seed + k, config.sampling.temperature), [condition], {
      steps,
      signal,
      onStep: (step) => onProgress?.((k + step / steps) / samples),
    });
    const targets = unstandardize(amplify(drawn, config), config.targets);
    const renderLevel = { ...level, slowTempoFactor: config.sampling.slowTempoFactor };
    const parameters = targetsToParameters(notes, targets, renderLevel, config.targets);
    const { performance, alignment } = decodePerformance(played, parameters);
    renderings.push({ seed: seed + k, score: played, parameters, performance, alignment, quartersPerMinute: 60 / 2 ** level.log2SecPerQuarter });
  }
  return renderings;
}

/** A draw times the gains, within the model's bounds: `[1, N, P]` → `[N, P]`. */
function amplify({ data, shape: [, N, P] }: Batch, { targets: { clip }, sampling: { gains } }: ModelConfig): Matrix {
  return { data: data.map((z, i) => Math.max(-clip, Math.min(clip, z * gains[i % P]))), shape: [N, P] };
}

function integerOption(name: string, value: number, low: number, high: number): number {
  if (!Number.isSafeInteger(value)) throw new RenderError(`${name} must be an integer, got ${value}.`);
  return numberOption(name, value, low, high);
}

function numberOption(name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) throw new RenderError(`${name} must be from ${low} to ${high}, got ${value}.`);
  return value;
}
