/**
 * @file Some columns of a matrix.
 */
import type { Matrix } from "@dexter/codec";

/** Columns of `[N, C]` in another order or fewer, `[N, columns]`. */
export function pickColumns({ data, shape: [rows, width] }: Matrix, columns: ArrayLike<number>): Matrix {
  const { length } = columns;
  const picked = new Float32Array(rows * length);
  for (let n = 0, at = 0; n < rows; n++) {
    for (let c = 0; c < length; c++) picked[at++] = data[n * width + columns[c]];
  }
  return { data: picked, shape: [rows, length] };
}
