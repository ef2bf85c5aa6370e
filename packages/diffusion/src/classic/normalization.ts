/**
 * @file Performance parameters on the scale of the classic networks: standardized with the statistics of the notes that
 * were played. Nothing here changes its input.
 */
import { ShapeError } from "@dexter/codec";
import type { ParameterScale } from "./config.js";

/** Parameters of some notes, row-major. */
export interface ParameterBlock {
  /** `[N, P]`, in their own units. */
  readonly parameters: ArrayLike<number>;
  /** 1 for notes that count, 0 for padding and unmatched notes, `[N]`. Default all count. */
  readonly mask?: ArrayLike<number>;
}

/** Below this a deviation says that a parameter never changed; it is then divided by 1. */
const LEAST_DEVIATION = 1e-8;

/**
 * Mean and deviation (of the population) of each parameter over the notes that count, in one pass (Welford, 1962). Give
 * it the training data alone.
 *
 * @param blocks - of the segments or pieces
 * @param count - `P`
 * @returns mean 0 and deviation 1 when no note counts; deviation 1 for a parameter that never changes
 * @throws ShapeError when a block does not have P values a note
 */
export function parameterScale(blocks: Iterable<ParameterBlock>, count: number): ParameterScale {
  const mean = new Float64Array(count);
  const squares = new Float64Array(count);
  let notes = 0;
  for (const { parameters, mask } of blocks) {
    const N = mask?.length ?? parameters.length / count;
    if (parameters.length !== N * count) {
      throw new ShapeError(`parameterScale: parameters must be [${N}, ${count}], got ${parameters.length} values.`);
    }
    for (let n = 0; n < N; n++) {
      if (mask && !mask[n]) continue;
      notes++;
      for (let p = 0; p < count; p++) {
        const distance = parameters[n * count + p] - mean[p];
        mean[p] += distance / notes;
        squares[p] += distance * (parameters[n * count + p] - mean[p]);
      }
    }
  }
  const sd = Array.from(squares, (sum) => Math.sqrt(notes ? sum / notes : 0));
  return { mean: [...mean], sd: sd.map((value) => (value > LEAST_DEVIATION ? value : 1)) };
}

/**
 * `(x − mean) / sd` per parameter.
 *
 * @param values - `[…, P]`
 * @returns of the same length
 * @throws ShapeError when the length is no multiple of P
 */
export function normalizeParameters(values: Float32Array, { mean, sd }: ParameterScale): Float32Array {
  return perParameter("normalizeParameters", values, mean.length, (value, p) => (value - mean[p]) / sd[p]);
}

/**
 * `x · sd + mean` per parameter; the inverse of {@link normalizeParameters}.
 *
 * @param values - `[…, P]`
 * @returns of the same length
 * @throws ShapeError when the length is no multiple of P
 */
export function denormalizeParameters(values: Float32Array, { mean, sd }: ParameterScale): Float32Array {
  return perParameter("denormalizeParameters", values, mean.length, (value, p) => value * sd[p] + mean[p]);
}

function perParameter(action: string, values: Float32Array, count: number, change: (value: number, p: number) => number): Float32Array {
  if (values.length % count !== 0) throw new ShapeError(`${action}: values must be [N, ${count}], got ${values.length} values.`);
  const changed = new Float32Array(values.length);
  for (let i = 0, p = 0; i < values.length; i++) {
    changed[i] = change(values[i], p);
    if (++p === count) p = 0;
  }
  return changed;
}
