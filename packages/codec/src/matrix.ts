/**
 * @file A dense row-major matrix: the fields of an `ndarray`, without its code.
 *
 * `ndarray(m.data, m.shape)` makes one of it. The package itself builds its
 * constructors with `new Function`, which strict content security policies of
 * web pages refuse (docs/decisions/matrix.md).
 */

/** A `[rows, columns]` matrix on a `Float32Array`. */
export interface Matrix {
  /** The entries, row after row. */
  readonly data: Float32Array;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
}

/** A matrix of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return { data: new Float32Array(rows * columns), shape: [rows, columns] };
}
