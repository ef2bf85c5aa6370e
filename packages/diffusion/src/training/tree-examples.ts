/**
 * @file A training piece as trees learn from it: a row a note, a target a channel.
 */
import { ShapeError, type Matrix } from "@dexter/codec";
import { pickColumns } from "../base/columns.js";
import type { ModelConfig, TargetName } from "../model/config.js";
import { treeInputs } from "../trees/tree-inputs.js";
import { pieceTargets, preparePiece, type TrainingPiece } from "./training-piece.js";
import { treeTargets, type TreeTargets } from "./tree-targets.js";

/** What a piece tells trees, `N` notes. */
export interface TreeExamples {
  /** `[N, K]`, columns as `treeInputNames` of the model's features. */
  readonly inputs: Matrix;
  /** In the order of the channels asked for. */
  readonly targets: readonly TreeTargets[];
}

/**
 * A piece on a model's scales of features and targets.
 *
 * @param names - of the columns of the piece's features, `[C]`
 * @throws ShapeError when the piece lacks a feature of the model, or nobody played it
 */
export function treeExamples(piece: TrainingPiece, names: readonly string[], { features, targets }: ModelConfig, channels: readonly TargetName[]): TreeExamples {
  const columns = features.names.map((name) => names.indexOf(name));
  const missing = features.names.find((_, c) => columns[c] < 0);
  if (missing !== undefined) throw new ShapeError(`${piece.name}: the model reads a feature "${missing}" that its set lacks. Prepare it with the model's version.`);
  const own = { ...piece, features: pickColumns(piece.features, columns) };
  const prepared = preparePiece(own, pieceTargets(own, targets), features, targets);
  return {
    inputs: treeInputs({ data: prepared.features, shape: own.features.shape }, features.names, piece.notes),
    targets: channels.map((channel) => treeTargets(prepared, channel)),
  };
}
