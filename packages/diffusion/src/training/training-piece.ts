/**
 * @file The pieces that training reads, and how they are prepared: standardized
 * features, each performance's targets, and their mean.
 */
import { groupOnsets, ShapeError, type BeatRecordings, type Matrix, type PerformanceParameters } from "@dexter/codec";
import { standardizeControls } from "../base/controls.js";
import type { ModelNotes } from "../base/model-notes.js";
import { standardize } from "../base/standardize.js";
import { parametersToTargets, type PieceLevel, type TargetScale, type Targets } from "../base/targets.js";
import { TARGET_NAMES, type ControlConfig, type FeatureConfig, type TargetConfig } from "../model/config.js";
import { beatTerms } from "./beat-targets.js";
import type { LinearTerms } from "./linear-terms.js";
import { columnScale } from "./statistics.js";
import { ofRelativeTempo, relativeTempo, TEMPO_CHANNEL, type TempoScale } from "./tempo-scale.js";

const SLOW_TEMPO = TARGET_NAMES.indexOf("slowTempo");

/** Controls of a performance of `N` notes, raw units. */
export interface MeasuredControls {
  /** `[N, K]`. */
  readonly values: Matrix;
  /** The same of the plain performance (`plainPerformance`) at this performance's level, `[N, K]`. */
  readonly plain: Matrix;
  /** 1 where there is a value, `[N · K]`. */
  readonly mask: Uint8Array;
}

/** A score and the performances of it, `N` notes. */
export interface TrainingPiece {
  /** For records and messages. */
  readonly name: string;
  /** Pieces of one group are never split between folds; default: the name. */
  readonly group?: string;
  /** The corpus it comes from, where known. */
  readonly corpus?: string;
  /** The score's notes. */
  readonly notes: ModelNotes;
  /** Score features, not standardized, `[N, C]`. */
  readonly features: Matrix;
  /** At least one, unless there are `beats`. */
  readonly performances: readonly PerformanceParameters[];
  /** What each performance measures, for a model with controls. */
  readonly controls?: readonly MeasuredControls[];
  /** Recordings known by their beats only. */
  readonly beats?: BeatRecordings;
  /** What teachers expect of it (see `teacherTargets`), `[N, 6]`. */
  readonly teacher?: Matrix;
  /** How often it is drawn, relative to its length; default 1. */
  readonly weight?: number;
}

/** Controls of a prepared performance. */
export interface PreparedControls {
  /** Standardized, `[N, K]`. */
  readonly values: Float32Array;
  /** 1 where they were measured, `[N · K]`. */
  readonly mask: Uint8Array;
}

/** A performance's targets on the network's scale. */
export interface PreparedPerformance {
  /** Standardized, `[N, 6]`. */
  readonly values: Float32Array;
  /** `[N, 6]`. */
  readonly weights: Float32Array;
  /** Standardized controls `[N, K]`, and where they were measured `[N · K]`; absent in a model without. */
  readonly controls?: PreparedControls;
}

/** A piece as batches are cut from it. */
export interface PreparedPiece {
  /** From the {@link TrainingPiece}. */
  readonly name: string;
  /** From the {@link TrainingPiece}. */
  readonly group: string;
  /** `N`. */
  readonly length: number;
  /** Relative frequency. */
  readonly weight: number;
  /** Number of the onset per note, `[N]`. */
  readonly onset: Int32Array;
  /** Standardized features, `[N, C]`. */
  readonly features: Float32Array;
  /** Every performance. */
  readonly performances: readonly PreparedPerformance[];
  /** Mean over the performances, `[N, 6]`. */
  readonly mean: Float32Array;
  /** Its weight: played performances over √(all performances), `[N, 6]`. */
  readonly meanWeights: Float32Array;
  /** What recordings known by their beats tell. */
  readonly beats?: LinearTerms;
  /** Levels of its performances. */
  readonly levels: readonly PieceLevel[];
}

/** Targets of every performance of a piece. */
export type PieceTargets = readonly Targets[];

/**
 * Targets of a piece's performances.
 *
 * @throws ShapeError when features or performances do not fit the notes
 */
export function pieceTargets(piece: TrainingPiece, scale: TargetScale): PieceTargets {
  if (piece.features.shape[0] !== piece.notes.length) {
    throw new ShapeError(`${piece.name}: features must have ${piece.notes.length} rows, got ${piece.features.shape[0]}.`);
  }
  if (piece.performances.length === 0 && !piece.beats) throw new ShapeError(`${piece.name}: a training piece needs a performance.`);
  return piece.performances.map((performance) => parametersToTargets(piece.notes, performance, scale));
}

/** Feature statistics, every training score once. */
export function featureConfig(pieces: readonly TrainingPiece[], set: string, names: readonly string[], clip: number): FeatureConfig {
  return { set, names, clip, ...columnScale(pieces.map(({ features }) => ({ values: features }))) };
}

/** Target statistics over the training performances; n performances of a piece weigh √n. */
export function targetConfig(targets: readonly PieceTargets[], clip: number, scale: TargetScale): TargetConfig {
  const parts = targets.flatMap((all) => all.map(({ values, weights }) => ({ values, weights, weight: 1 / Math.sqrt(all.length) })));
  return { names: TARGET_NAMES, clip, ...scale, ...columnScale(parts) };
}

/**
 * Standardize a piece and average its performances.
 *
 * @param teacherWeight - share of the teachers in the mean, where the piece has any; what no performance tells is theirs
 * @param controls - scales of the controls, in a model that has any
 * @param tempo - scale of the tempo channel, where tempi are averaged and not their logarithms
 */
export function preparePiece(
  piece: TrainingPiece, targets: PieceTargets, features: FeatureConfig, scale: TargetConfig, teacherWeight = 0, controls?: ControlConfig, tempo: TempoScale | null = null,
): PreparedPiece {
  const size = piece.notes.length * TARGET_NAMES.length;
  const performances = targets.map(({ values, weights }, p) => {
    const measured = controls && piece.controls?.[p];
    return {
      values: standardize(values, scale).data,
      weights: weights.data,
      ...(measured ? { controls: { values: standardizeControls(measured.values, measured.plain, controls).data, mask: measured.mask } } : {}),
    };
  });
  const mean = new Float32Array(size);
  const meanWeights = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    // Measured on tempi, every onset counts alike: its weight is that of the slow tempo.
    const isTempo = tempo !== null && i % TARGET_NAMES.length === TEMPO_CHANNEL;
    const told = isTempo ? i + SLOW_TEMPO - TEMPO_CHANNEL : i;
    let sum = 0;
    let mass = 0;
    for (const { values, weights } of performances) {
      sum += weights[told] * (isTempo ? relativeTempo(values[i], tempo) : values[i]);
      mass += weights[told];
    }
    if (mass > 0) mean[i] = isTempo ? ofRelativeTempo(sum / mass, tempo) : sum / mass;
    meanWeights[i] = mass > 0 ? mass / Math.sqrt(performances.length) : 0;
  }
  if (piece.teacher && teacherWeight > 0) {
    const expected = standardize(piece.teacher, scale).data;
    for (let i = 0; i < size; i++) {
      mean[i] = meanWeights[i] > 0 ? (1 - teacherWeight) * mean[i] + teacherWeight * expected[i] : expected[i];
      if (meanWeights[i] === 0) meanWeights[i] = teacherWeight;
    }
  }
  return {
    name: piece.name,
    group: piece.group ?? piece.name,
    length: piece.notes.length,
    weight: piece.weight ?? 1,
    onset: groupOnsets(piece.notes).ofNote,
    features: standardize(piece.features, features).data,
    performances,
    mean,
    meanWeights,
    ...(piece.beats ? { beats: beatTerms(piece.notes, piece.beats, scale) } : {}),
    levels: targets.map(({ level }) => level),
  };
}
