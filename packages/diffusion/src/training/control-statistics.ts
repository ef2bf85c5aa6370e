/**
 * @file Scales of the controls over the training performances.
 */
import { ShapeError, type Matrix } from "@dexter/codec";
import type { ControlConfig } from "../model/config.js";
import { columnScale } from "./statistics.js";
import type { MeasuredControls, TrainingPiece } from "./training-piece.js";

/**
 * The controls' configuration; n performances of a piece weigh √n together.
 *
 * @param names - of the columns, `[K]`
 * @param clip - bound of the network's input
 * @throws ShapeError when a performance has no controls, or others
 */
export function controlConfig(pieces: readonly TrainingPiece[], names: readonly string[], clip: number): ControlConfig {
  for (const piece of pieces) checkControls(piece, names.length);
  const played = pieces.flatMap(({ controls = [] }) => controls.map((measured) => ({ measured, weight: 1 / Math.sqrt(controls.length) })));
  const scaleOf = (valuesOf: (measured: MeasuredControls) => Matrix) =>
    columnScale(played.map(({ measured, weight }) => ({ values: valuesOf(measured), weights: weightsOf(measured), weight })));
  const raw = scaleOf(({ values }) => values);
  const plain = slopes(played, raw.mean);
  const K = names.length;
  const { mean, sd } = scaleOf(({ values, plain: reference }) => ({ data: values.data.map((x, i) => x - plain[i % K] * reference.data[i]), shape: values.shape }));
  return { names, mean: raw.mean, sd: raw.sd, spread: spreadOf(pieces, raw.sd), offset: { plain, mean, sd }, clip };
}

/** Slope of each control on that of the plain performance, 0 to 1; 0 where the latter never changes. */
function slopes(played: readonly { readonly measured: MeasuredControls; readonly weight: number }[], center: readonly number[]): number[] {
  const K = center.length;
  const [mass, mean, square, product, sum] = Array.from({ length: 5 }, () => new Float64Array(K));
  for (const { measured: { values, plain, mask }, weight } of played) {
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i]) continue;
      const k = i % K;
      const x = plain.data[i] - center[k];
      const y = values.data[i] - center[k];
      mass[k] += weight;
      mean[k] += weight * x;
      sum[k] += weight * y;
      square[k] += weight * x * x;
      product[k] += weight * x * y;
    }
  }
  return center.map((_, k) => {
    const variance = square[k] - (mean[k] * mean[k]) / mass[k];
    const covariance = product[k] - (mean[k] * sum[k]) / mass[k];
    return variance > 1e-9 * Math.max(1, square[k]) ? Math.max(0, Math.min(1, covariance / variance)) : 0;
  });
}

/** Refuse controls that do not fit a piece's performances. */
export function checkControls({ name, notes, performances, controls }: TrainingPiece, K: number): void {
  if ((controls?.length ?? 0) !== performances.length) {
    throw new ShapeError(`${name}: controls must be those of ${performances.length} performances, got ${controls?.length ?? "none"}.`);
  }
  for (const { values, plain, mask } of controls ?? []) {
    for (const { shape } of [values, plain]) {
      if (shape[0] !== notes.length || shape[1] !== K) throw new ShapeError(`${name}: controls must be [${notes.length}, ${K}], got [${shape.join(", ")}].`);
    }
    if (mask.length !== notes.length * K) throw new ShapeError(`${name}: the controls' mask must have ${notes.length * K} flags, got ${mask.length}.`);
  }
}

function weightsOf({ mask, values }: MeasuredControls): Matrix {
  return { data: Float32Array.from(mask), shape: values.shape };
}

/** Root of the mean variance between a piece's performances at a note; a column's own deviation where no piece has two. */
function spreadOf(pieces: readonly TrainingPiece[], fallback: readonly number[]): number[] {
  const K = fallback.length;
  const squares = new Float64Array(K);
  const freedom = new Float64Array(K);
  for (const { notes, controls = [] } of pieces) {
    if (controls.length < 2) continue;
    const weight = 1 / Math.sqrt(controls.length);
    for (let i = 0; i < notes.length * K; i++) {
      let count = 0;
      let mean = 0;
      let square = 0;
      for (const { values, mask } of controls) {
        if (!mask[i]) continue;
        count++;
        const off = values.data[i] - mean;
        mean += off / count;
        square += off * (values.data[i] - mean);
      }
      if (count < 2) continue;
      squares[i % K] += weight * square;
      freedom[i % K] += weight * (count - 1);
    }
  }
  return fallback.map((sd, k) => (freedom[k] > 0 && squares[k] > 0 ? Math.sqrt(squares[k] / freedom[k]) : sd));
}
