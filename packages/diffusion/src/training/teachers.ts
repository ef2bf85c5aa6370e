/**
 * @file Knowledge of several nets in one: each teacher was trained without one
 * fold of the pieces, and a student learns, beside the performances, what the
 * teachers that never saw a piece expect of it. Their mistakes there are those
 * of unseen pieces, so the student does not learn to trust what it merely
 * remembers.
 *
 * Hinton, Vinyals & Dean (2015) for the student; Furlanello et al., Born-Again
 * Neural Networks (2018) for one that surpasses its teachers.
 */
import { groupOnsets, ShapeError, zeros, type Matrix } from "@dexter/codec";
import { standardize, unstandardize } from "../base/standardize.js";
import type { Model } from "../model/model.js";
import { textHash } from "./text-hash.js";
import type { TrainingPiece } from "./training-piece.js";

/** A fold of the pieces that a net did not see. */
export interface Fold {
  /** Which one, from 0. */
  readonly index: number;
  /** How many there are. */
  readonly of: number;
}

/** The fold that a group of pieces belongs to; the name alone decides. */
export function foldOf(group: string, folds: number): number {
  const h = Math.imul(textHash(group), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0) % folds;
}

/**
 * The mean expectation of the teachers that were not trained on a piece (all of them where none was left out). Of these,
 * teachers that were trained on the piece's corpus are asked where there are any: the others do not know its kind.
 *
 * @param teachers - models of one feature set; their `training.fold` says what they did not see, `training.data` which corpora they did
 * @returns targets in their own units, `[N, 6]`
 * @throws ShapeError when a teacher reads other features
 */
export async function teacherTargets(teachers: readonly Model[], piece: TrainingPiece, names: readonly string[]): Promise<Matrix> {
  const group = piece.group ?? piece.name;
  const unseen = preferring(teachers, ({ config }) => {
    const fold = config.training["fold"] as Fold | undefined;
    return fold !== undefined && foldOf(group, fold.of) === fold.index;
  });
  const chosen = preferring(unseen, ({ config }) => piece.corpus !== undefined && corporaOf(config.training).includes(piece.corpus));
  const onsets = groupOnsets(piece.notes);
  const sum = zeros(piece.notes.length, chosen[0].config.targets.names.length);
  for (const { config, encode } of chosen) {
    if (config.features.names.join() !== names.join()) throw new ShapeError(`${piece.name}: a teacher reads other features than the data have.`);
    const { mean } = await encode(standardize(piece.features, config.features), onsets, piece.notes);
    const { data } = unstandardize(mean, config.targets);
    for (let i = 0; i < data.length; i++) sum.data[i] += data[i] / chosen.length;
  }
  return sum;
}

/** Those of a kind, or all where there is none of it. */
function preferring(teachers: readonly Model[], isOfKind: (teacher: Model) => boolean): readonly Model[] {
  const some = teachers.filter(isOfKind);
  return some.length > 0 ? some : teachers;
}

/** The corpora that a checkpoint's record names. */
function corporaOf({ data }: Readonly<Record<string, unknown>>): readonly unknown[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((set: unknown) => (set && typeof set === "object" && "corpora" in set && Array.isArray(set.corpora) ? (set.corpora as unknown[]) : []));
}
