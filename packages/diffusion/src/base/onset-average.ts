/**
 * @file The mean over the notes of an onset, as a matrix product: a symmetric
 * block-diagonal matrix, so that its gradient is itself and every backend has it.
 */
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Tf } from "../engine.js";

/** Consecutive notes whose averaging matrix is small enough to be dense. */
interface Chunk {
  readonly begin: number;
  readonly size: number;
  readonly matrix: Tensor3D;
}

/** Averages rows of a `[B·T, H]` tensor over the notes of each onset. */
export interface OnsetAverage {
  /** The averaged rows, same shape. */
  apply(rows: Tensor2D): Tensor2D;
  /** Free its matrices. */
  dispose(): void;
}

/** Whole pieces are cut at onsets into chunks of about this many notes. */
const CHUNK_NOTES = 256;

/**
 * For a batch of crops.
 *
 * @param onset - onset number per note, `[B·T]`, ascending within a crop, −1 for padding
 * @returns an average whose padded rows are 0
 */
export function batchOnsetAverage(tf: Tf, onset: Int32Array, batch: number, notes: number): OnsetAverage {
  const matrix = new Float32Array(batch * notes * notes);
  for (let b = 0; b < batch; b++) {
    fillBlocks(matrix.subarray(b * notes * notes, (b + 1) * notes * notes), onset.subarray(b * notes, (b + 1) * notes), notes);
  }
  const tensor = tf.tensor3d(matrix, [batch, notes, notes]);
  return {
    apply: (rows) =>
      tf.tidy(() => tf.reshape(tf.matMul(tensor, tf.reshape(rows, [batch, notes, rows.shape[1]]) as Tensor3D), rows.shape)),
    dispose: () => tensor.dispose(),
  };
}

/**
 * For one whole piece of any length.
 *
 * @param onset - onset number per note, `[N]`, ascending
 */
export function pieceOnsetAverage(tf: Tf, onset: Int32Array): OnsetAverage {
  const chunks: Chunk[] = [];
  for (let begin = 0; begin < onset.length; ) {
    let end = Math.min(onset.length, begin + CHUNK_NOTES);
    while (end < onset.length && onset[end] === onset[end - 1]) end++;
    const size = end - begin;
    const matrix = new Float32Array(size * size);
    fillBlocks(matrix, onset.subarray(begin, end), size);
    chunks.push({ begin, size, matrix: tf.tensor3d(matrix, [1, size, size]) });
    begin = end;
  }
  return {
    apply: (rows) =>
      tf.tidy(() => {
        const width = rows.shape[1];
        const parts = chunks.map(({ begin, size, matrix }) =>
          tf.reshape(tf.matMul(matrix, tf.reshape(tf.slice(rows, [begin, 0], [size, width]), [1, size, width]) as Tensor3D), [size, width]),
        ) as Tensor2D[];
        return parts.length === 1 ? parts[0] : (tf.concat(parts, 0) as Tensor2D);
      }),
    dispose: () => chunks.forEach(({ matrix }) => matrix.dispose()),
  };
}

/** Write 1/n into the block of every run of n equal onset numbers. */
function fillBlocks(matrix: Float32Array, onset: Int32Array, notes: number): void {
  for (let i = 0; i < notes; ) {
    let end = i + 1;
    while (end < notes && onset[end] === onset[i]) end++;
    if (onset[i] >= 0) {
      for (let row = i; row < end; row++) matrix.fill(1 / (end - i), row * notes + i, row * notes + end);
    }
    i = end;
  }
}
