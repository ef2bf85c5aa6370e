/**
 * @file Gains per channel: guidance widens what it steers, so draws are scaled
 * back to vary as much within a piece as pianists do.
 */
import { groupOnsets } from "@dexter/codec";
import { expectationOf } from "../base/flow-centre.js";
import { towardMean } from "../base/mean-share.js";
import { drawNoise } from "../base/noise.js";
import { standardize } from "../base/standardize.js";
import { guide } from "../guidance.js";
import type { SamplingConfig } from "../model/config.js";
import type { Model } from "../model/model.js";
import { sample } from "../sampler.js";
import { pieceTargets, type TrainingPiece } from "./training-piece.js";

/** How to fit the gains. */
export interface GainOptions {
  /** Draws of each piece. Default 2. */
  readonly draws?: number;
  /** Seed of the first draw. Default 1. */
  readonly seed?: number;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
  /** Told how many pieces are done. */
  readonly onPiece?: (done: number) => void;
}

/** Channels whose spread is chosen by hand: the slow tempo has its own factor in rendering. */
const UNFITTED = ["slowTempo"];

/** Gains outside of this range say that something else is wrong. */
const GAIN_RANGE = [0.5, 1.5] as const;

/**
 * Fit the gains of a model on pieces that it was not trained on: per channel the
 * mean over the pieces of (pianists' standard deviation / draws' standard deviation).
 *
 * @param model - drawn from with its own steps and guidance, its gains left out
 * @param pieces - unseen pieces with their performances
 * @returns one gain a channel; 1 where nothing tells it
 * @throws the signal's reason when it is aborted
 */
export async function fitGains(model: Model, pieces: readonly TrainingPiece[], options: GainOptions = {}): Promise<SamplingConfig["gains"]> {
  const { draws = 2, seed = 1, signal, onPiece } = options;
  const { targets: scale, features: featureScale, sampling } = model.config;
  const channels = scale.names.length;
  const logRatio = new Float64Array(channels);
  const told = new Float64Array(channels);
  for (const [index, piece] of pieces.entries()) {
    const onsets = groupOnsets(piece.notes);
    const condition = await model.encode(standardize(piece.features, featureScale), onsets, piece.notes);
    const flow = model.denoiser(onsets);
    const denoiser = guide(flow, sampling.guidance);
    const expected = await expectationOf(flow, condition, sampling, onsets, signal);
    const played = pieceTargets(piece, scale).map(({ values, weights }) => ({ values: standardize(values, scale).data, weights: weights.data }));
    const drawn: Float32Array[] = [];
    for (let k = 0; k < draws; k++) {
      const { data } = await sample(denoiser, drawNoise(onsets, seed + k, sampling.temperature), [condition], { steps: sampling.steps, signal });
      drawn.push(towardMean(data, expected, sampling, onsets));
    }
    for (let c = 0; c < channels; c++) {
      let human = 0;
      let model = 0;
      for (const { values, weights } of played) {
        human += variance(values, weights, c, channels);
        for (const data of drawn) model += variance(data, weights, c, channels) / draws;
      }
      if (!(human > 0 && model > 0)) continue;
      logRatio[c] += 0.5 * Math.log(human / model);
      told[c]++;
    }
    onPiece?.(index + 1);
  }
  return scale.names.map((name, c) => {
    if (told[c] === 0 || UNFITTED.includes(name)) return 1;
    const gain = Math.exp(logRatio[c] / told[c]);
    return Math.max(GAIN_RANGE[0], Math.min(GAIN_RANGE[1], gain));
  });
}

/** Weighted variance of one channel. */
function variance(values: Float32Array, weights: Float32Array, channel: number, channels: number): number {
  let mass = 0;
  let sum = 0;
  let square = 0;
  for (let i = channel; i < values.length; i += channels) {
    mass += weights[i];
    sum += weights[i] * values[i];
    square += weights[i] * values[i] * values[i];
  }
  return mass > 0 ? square / mass - (sum / mass) ** 2 : 0;
}
