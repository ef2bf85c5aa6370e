/**
 * @file The controls of every performance that is trained on: measured once, before the first step.
 */
import { scoreOfNotes, type StoredNotes } from "@dexter/alignment-datasets";
import type { Matrix } from "@dexter/codec";
import { parametersToTargets, plainPerformance } from "@dexter/diffusion";
import type { MeasuredControls, TrainingPiece } from "@dexter/diffusion/training";
import { CONTROLS, measureControls } from "@dexter/eval-features";
import type { FitData } from "./fit-data.js";
import { showProgress } from "./progress.js";

/** Names of all controls, in their order. */
export const CONTROL_NAMES: readonly string[] = CONTROLS.map(({ name }) => name);

/** The data with the named controls of each performance of training and validation pieces. */
export function withControls(data: FitData, names: readonly string[]): FitData {
  if (names.length === 0) return data;
  const progress = showProgress("performances");
  const total = [...data.pieces, ...data.validation].reduce((sum, { performances }) => sum + performances.length, 0);
  let done = 0;
  const columns = names.map((name) => CONTROL_NAMES.indexOf(name));
  const measured = (piece: TrainingPiece): TrainingPiece => {
    const score = scoreOfNotes(piece.notes as StoredNotes);
    const controls = piece.performances.map((performance): MeasuredControls => {
      progress.update(done++, total, "controls");
      const { values, mask } = measureControls(score, performance);
      const plain = measureControls(score, plainPerformance(piece.notes, parametersToTargets(piece.notes, performance).level));
      return { values: pick(values, columns), plain: pick(plain.values, columns), mask: pickFlags(mask, columns) };
    });
    return piece.performances.length > 0 ? { ...piece, controls } : piece;
  };
  try {
    return { ...data, pieces: data.pieces.map(measured), validation: data.validation.map(measured), controls: names };
  } finally {
    progress.stop();
  }
}

function pick(matrix: Matrix, columns: readonly number[]): Matrix {
  return { data: pickColumns(matrix.data, columns, (length) => new Float32Array(length)), shape: [matrix.shape[0], columns.length] };
}

function pickFlags(flags: Uint8Array, columns: readonly number[]): Uint8Array {
  return pickColumns(flags, columns, (length) => new Uint8Array(length));
}

function pickColumns<Values extends Float32Array | Uint8Array>(all: Values, columns: readonly number[], make: (length: number) => Values): Values {
  const rows = all.length / CONTROL_NAMES.length;
  const picked = make(rows * columns.length);
  for (let row = 0, i = 0; row < rows; row++) for (const column of columns) picked[i++] = all[row * CONTROL_NAMES.length + column];
  return picked;
}
