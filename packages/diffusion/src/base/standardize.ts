/**
 * @file Features and targets on the scale of the network: standardized with the
 * training pieces' mean and deviation, and clipped.
 */
import { ShapeError, type Matrix } from "@dexter/codec";
import type { FeatureConfig, TargetConfig } from "../model/config.js";

/** Mean, deviation and bound of every column. */
export type Scale = Pick<FeatureConfig | TargetConfig, "mean" | "sd" | "clip">;

/**
 * `clamp((x − mean) / sd, ±clip)` per column.
 *
 * @param matrix - `[N, C]`
 * @returns `[N, C]`; values that are not numbers become 0, the mean
 * @throws ShapeError when the columns are not the scale's
 */
export function standardize(matrix: Matrix, { mean, sd, clip }: Scale): Matrix {
  const [rows, columns] = matrix.shape;
  if (columns !== mean.length) throw new ShapeError(`standardize: the matrix must be [N, ${mean.length}], got [${rows}, ${columns}].`);
  const data = new Float32Array(rows * columns);
  for (let i = 0, c = 0; i < data.length; i++) {
    const value = (matrix.data[i] - mean[c]) / sd[c];
    data[i] = value > clip ? clip : value < -clip ? -clip : value === value ? value : 0;
    if (++c === columns) c = 0;
  }
  return { data, shape: [rows, columns] };
}

/**
 * Standardized values back on their own scale.
 *
 * @param matrix - `[N, C]`
 * @throws ShapeError when the columns are not the scale's
 */
export function unstandardize(matrix: Matrix, { mean, sd }: Scale): Matrix {
  const [rows, columns] = matrix.shape;
  if (columns !== mean.length) throw new ShapeError(`unstandardize: the matrix must be [N, ${mean.length}], got [${rows}, ${columns}].`);
  const data = new Float32Array(rows * columns);
  for (let i = 0, c = 0; i < data.length; i++) {
    data[i] = matrix.data[i] * sd[c] + mean[c];
    if (++c === columns) c = 0;
  }
  return { data, shape: [rows, columns] };
}
