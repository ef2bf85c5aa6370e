/**
 * @file A set with interpolations of its performances beside them: more training data between what was played.
 *
 * Zhang et al. (2018), "mixup: beyond empirical risk minimization"; for performances, DExter (2024), section 4.1. There only
 * pairs are averaged, and the first performance of every score and all of ASAP are left out; here any number of any
 * performances, with any weights. A note counts where all of them played it.
 */
import { setImmediate as turn } from "node:timers/promises";
import { ShapeError, dirichletWeights, randomStream, type Matrix, type PerformanceParameters, type Score } from "@dexter/codec";
import { OptionError } from "../errors.js";
import { permutation } from "../pairing/permutation.js";
import type { MixPart, SetCounts, StoredControls } from "../set/format.js";
import { storedParameters } from "../set/parameter-matrix.js";
import { openSet, type StoredPerformance, type StoredSet } from "../set/set-reader.js";
import { writeSet, type ScoreWriter } from "../set/set-writer.js";
import { scoreOfNotes } from "../set/stored-notes.js";
import { subsetAt, subsetCount } from "./subsets.js";

/** Names the streams of random numbers that weights are drawn from. */
const WEIGHTS_STREAM = 17;

/** How to mix. */
export interface MixOptions {
  /** Mixes of every training score that was played often enough, 1–1000. */
  readonly perScore: number;
  /** Performances in a mix, 2 or more: all where a score has fewer. Default 2, or as many as weights. */
  readonly performances?: number;
  /** Weights of the performances of every mix, above 0, sum 1. Default: random ones. */
  readonly weights?: readonly number[];
  /** Concentration of random weights, 0.01–100 (Dirichlet): 1 is uniform, less prefers one performance, more prefers even weights. Default 1. */
  readonly concentration?: number;
  /** Decides which are mixed, and how. Default 1. */
  readonly seed?: number;
  /** Describes a mix, where the set has controls. Default: the controls of its performances are mixed like them, as in the original. */
  readonly measure?: (score: Score, parameters: PerformanceParameters) => StoredControls;
  /** Called after every score. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly piece: string }) => void;
  /** Stops the work and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface MixReport {
  /** What the set holds, mixes included. */
  readonly counts: SetCounts;
  /** Mixes in it. */
  readonly mixes: number;
  /** Training scores with mixes. */
  readonly mixedScores: number;
}

/**
 * Write a set with mixes beside its performances. They are marked as what they are (`PerformanceDescription.mix`): they
 * train, but are never of validation or test pieces, never in a pair, never mixed again, and do not enter the statistics.
 * Mixes of the set that is read are left out. Which performances are mixed is drawn without repetition, as long as there
 * are others; with given weights there are not more mixes than choices.
 *
 * @param path - the set to read
 * @param output - the set to write; it appears when it is complete
 * @throws OptionError for options out of range; SetFileError when the set is damaged
 */
export async function mixSet(path: string, output: string, options: MixOptions): Promise<MixReport> {
  const { signal, onProgress } = options;
  checkOptions(options);
  const set = await openSet(path);
  try {
    const { featureSet, featureNames, controlNames, release, seed, validation, shard, counts } = set.description;
    const writer = await writeSet(output, { featureSet, featureNames, controlNames, release, seed, validation, ...(shard ? { shard } : {}) });
    let mixes = 0;
    let mixedScores = 0;
    try {
      for (const { index, description, performances, place } of set.entries()) {
        signal?.throwIfAborted();
        const { notes, features, keptMeasures } = set.readScore(index);
        const beats = set.readBeats(index);
        const score = writer.addScore({
          description, notes, features, ...(keptMeasures ? { keptMeasures: [...keptMeasures] } : {}), ...(beats ? { beats } : {}), ...(place === undefined ? {} : { place }),
        });
        const played = performances.flatMap(({ mix }, k) => (mix ? [] : [k]));
        for (const k of played) {
          const stored = set.readPerformance(index, k);
          score.add(stored.description, storedParameters(stored), stored.controls);
        }
        if (description.split === "train" && played.length >= 2) {
          const written = addMixes(set, index, played, score, scoreOfNotes(notes), options);
          mixes += written;
          if (written > 0) mixedScores++;
        }
        score.finish();
        onProgress?.({ done: index + 1, total: counts.scores, piece: `${description.corpus}: ${description.piece}` });
        await turn();
      }
      return { counts: await writer.finish(), mixes, mixedScores };
    } catch (error) {
      await writer.discard();
      throw error;
    }
  } finally {
    set.close();
  }
}

function addMixes(set: StoredSet, index: number, played: readonly number[], writer: ScoreWriter, score: Score, options: MixOptions): number {
  const { perScore, weights, performances = weights?.length ?? 2, concentration = 1, seed = 1, measure } = options;
  const size = Math.min(performances, played.length);
  if (weights && size < weights.length) return 0;
  const choices = subsetCount(played.length, size);
  const order = permutation(choices, seed * 2 ** 20 + index);
  const count = weights ? Math.min(perScore, choices) : perScore;
  let written = 0;
  for (let m = 0; m < count; m++) {
    const chosen = subsetAt(order(m % choices), played.length, size).map((i) => set.readPerformance(index, played[i]));
    const own = weights ?? dirichletWeights(size, concentration, randomStream(seed, WEIGHTS_STREAM, index, m));
    const { parameters, controls } = mixPerformances(chosen, own);
    const notes = parameters.mask.reduce((sum, note) => sum + note, 0);
    // What nobody played together is nothing to learn from.
    if (notes === 0) continue;
    const mix: MixPart[] = chosen.map(({ description }, i) => ({ id: description.id, weight: own[i] }));
    const described = set.description.controlNames.length > 0 && measure ? measure(score, parameters) : controls;
    writer.add({ id: `mix-${m + 1}`, performer: "", source: "", matchRatio: notes / parameters.length, mix }, parameters, described);
    written++;
  }
  return written;
}

/** A performance between others. */
export interface MixedPerformance {
  /** Note by note between those of its parts. */
  readonly parameters: PerformanceParameters;
  /** The same of their controls, where all of them have some. */
  readonly controls?: StoredControls;
}

/**
 * Interpolate performances of one score, note by note: parameters and controls by weight, masks intersected.
 *
 * @param weights - as many, 0 or more, sum 1
 * @throws ShapeError when they are not of one score
 */
export function mixPerformances(performances: readonly StoredPerformance[], weights: readonly number[]): MixedPerformance {
  const [first] = performances;
  if (!first || performances.length !== weights.length) throw new ShapeError(`mixPerformances: needs a weight for each performance, got ${performances.length} performances and ${weights.length} weights.`);
  const [N, P] = first.parameters.shape;
  const mask = new Uint8Array(N).fill(1);
  for (const { parameters, mask: own } of performances) {
    if (parameters.shape[0] !== N) throw new ShapeError(`mixPerformances: performances must be of one score, got ${N} and ${parameters.shape[0]} notes.`);
    for (let n = 0; n < N; n++) mask[n] &= own[n];
  }
  const mixed = weighted(performances.map(({ parameters }) => parameters), weights, Uint8Array.from({ length: N * P }, (_, i) => mask[Math.floor(i / P)]));
  const parameters = storedParameters({ parameters: mixed, mask, release: first.release });
  const like = performances.map(({ controls }) => controls);
  if (!like.every((controls) => controls !== undefined)) return { parameters };
  const known = like[0]!.mask.slice();
  for (const controls of like) for (let i = 0; i < known.length; i++) known[i] &= controls.mask[i];
  return { parameters, controls: { values: weighted(like.map(({ values }) => values), weights, known), mask: known } };
}

/** The weighted sum where a value is known, 0 elsewhere. */
function weighted(matrices: readonly Matrix[], weights: readonly number[], known: Uint8Array): Matrix {
  const data = new Float32Array(known.length);
  for (let i = 0; i < data.length; i++) {
    if (!known[i]) continue;
    let sum = 0;
    matrices.forEach((matrix, m) => (sum += weights[m] * matrix.data[i]));
    data[i] = sum;
  }
  return { data, shape: matrices[0].shape };
}

function checkOptions({ perScore, performances, weights, concentration = 1 }: MixOptions): void {
  if (!Number.isInteger(perScore) || perScore < 1 || perScore > 1000) throw new OptionError("perScore", `expected a whole number from 1 to 1000, got ${perScore}`);
  if (performances !== undefined && (!Number.isInteger(performances) || performances < 2)) throw new OptionError("performances", `expected a whole number, 2 or more, got ${performances}`);
  if (!(concentration >= 0.01 && concentration <= 100)) throw new OptionError("concentration", `expected a number from 0.01 to 100, got ${concentration}`);
  if (!weights) return;
  if (weights.length < 2 || !weights.every((weight) => weight > 0) || Math.abs(weights.reduce((a, b) => a + b, 0) - 1) > 1e-6) {
    throw new OptionError("weights", `expected two or more numbers above 0 that sum to 1, got ${weights.join(", ")}`);
  }
  if (performances !== undefined && performances !== weights.length) throw new OptionError("weights", `expected ${performances}, one a performance, got ${weights.length}`);
}
