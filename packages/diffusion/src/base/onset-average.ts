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

/** Side of the blocks that a crop's averaging matrix is cut into. */
export const ONSET_BLOCK = 64;

/**
 * For a batch of crops.
 *
 * Crops whose length is a multiple of 64 are averaged in blocks
 * of that side along the diagonal; onsets across a block's border are averaged
 * in a second row of blocks, half a block further.
 *
 * @param onset - onset number per note, `[B·T]`, ascending within a crop, −1 for padding
 * @returns an average whose padded rows are 0
 */
export function batchOnsetAverage(tf: Tf, onset: Int32Array, batch: number, notes: number): OnsetAverage {
  const half = ONSET_BLOCK / 2;
  if (notes % ONSET_BLOCK !== 0 || notes <= ONSET_BLOCK || longestOnset(onset) > half) return denseAverage(tf, onset, batch, notes);
  const blocks = notes / ONSET_BLOCK;
  const inside = new Float32Array(batch * blocks * ONSET_BLOCK ** 2);
  const across = new Float32Array(batch * (blocks - 1) * ONSET_BLOCK ** 2);
  let anyAcross = false;
  eachRun(onset, notes, (crop, begin, end) => {
    const first = Math.floor(begin / ONSET_BLOCK);
    if (first === Math.floor((end - 1) / ONSET_BLOCK)) {
      fillBlock(inside, crop * blocks + first, ONSET_BLOCK, begin - first * ONSET_BLOCK, end - first * ONSET_BLOCK);
    } else {
      anyAcross = true;
      const shift = first * ONSET_BLOCK + half;
      fillBlock(across, crop * (blocks - 1) + first, ONSET_BLOCK, begin - shift, end - shift);
    }
  });
  const insideTensor = tf.tensor3d(inside, [batch * blocks, ONSET_BLOCK, ONSET_BLOCK]);
  const acrossTensor = anyAcross ? tf.tensor3d(across, [batch * (blocks - 1), ONSET_BLOCK, ONSET_BLOCK]) : null;
  return {
    apply: (rows) =>
      tf.tidy(() => {
        const width = rows.shape[1];
        const averaged = tf.reshape(tf.matMul(insideTensor, tf.reshape(rows, [batch * blocks, ONSET_BLOCK, width]) as Tensor3D), rows.shape);
        if (!acrossTensor) return averaged as Tensor2D;
        const middle = tf.slice(tf.reshape(rows, [batch, notes, width]) as Tensor3D, [0, half, 0], [batch, notes - ONSET_BLOCK, width]);
        const product = tf.matMul(acrossTensor, tf.reshape(middle, [batch * (blocks - 1), ONSET_BLOCK, width]) as Tensor3D);
        const padded = tf.pad(tf.reshape(product, [batch, notes - ONSET_BLOCK, width]) as Tensor3D, [[0, 0], [half, half], [0, 0]]);
        return tf.add(averaged, tf.reshape(padded, rows.shape)) as Tensor2D;
      }),
    dispose: () => {
      insideTensor.dispose();
      acrossTensor?.dispose();
    },
  };
}

function denseAverage(tf: Tf, onset: Int32Array, batch: number, notes: number): OnsetAverage {
  const matrix = new Float32Array(batch * notes * notes);
  eachRun(onset, notes, (crop, begin, end) => fillBlock(matrix, crop, notes, begin, end));
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
    eachRun(onset.subarray(begin, end), size, (_, from, to) => fillBlock(matrix, 0, size, from, to));
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

/** Call with every run of equal onset numbers, `begin` to `end` within its crop; padding is passed over. */
function eachRun(onset: Int32Array, notes: number, each: (crop: number, begin: number, end: number) => void): void {
  for (let i = 0; i < onset.length; ) {
    const crop = Math.floor(i / notes);
    const cropEnd = (crop + 1) * notes;
    let end = i + 1;
    while (end < cropEnd && onset[end] === onset[i]) end++;
    if (onset[i] >= 0) each(crop, i - crop * notes, end - crop * notes);
    i = end;
  }
}

/** Write 1/n into the n × n block from `begin` to `end` of one of several square matrices. */
function fillBlock(matrices: Float32Array, index: number, side: number, begin: number, end: number): void {
  const base = index * side * side;
  for (let row = begin; row < end; row++) matrices.fill(1 / (end - begin), base + row * side + begin, base + row * side + end);
}

function longestOnset(onset: Int32Array): number {
  let longest = 0;
  eachRun(onset, onset.length, (_, begin, end) => (longest = Math.max(longest, end - begin)));
  return longest;
}
