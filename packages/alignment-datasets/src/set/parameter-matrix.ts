/**
 * @file Performance parameters as the matrix that a set stores, and back.
 */
import { PARAMETER_NAMES, zeros, type Matrix, type ParameterName, type PerformanceParameters } from "@dexter/codec";
import type { StoredPerformance } from "./set-reader.js";

/** Parameters as `[N, P]`, columns in the order of `PARAMETER_NAMES`; 0 where the mask is 0. */
export function parameterMatrix(parameters: PerformanceParameters): Matrix {
  const matrix = zeros(parameters.length, PARAMETER_NAMES.length);
  const P = PARAMETER_NAMES.length;
  PARAMETER_NAMES.forEach((name, column) => {
    const values = parameters[name];
    for (let n = 0; n < parameters.length; n++) if (parameters.mask[n]) matrix.data[n * P + column] = values[n];
  });
  return matrix;
}

/** A stored performance as the parameters that were stored, in the precision of float32. */
export function storedParameters({ parameters, mask, release }: Pick<StoredPerformance, "parameters" | "mask" | "release">): PerformanceParameters {
  const [length, width] = parameters.shape;
  const column = (name: ParameterName): Float64Array => {
    const values = new Float64Array(length);
    for (let n = 0, at = PARAMETER_NAMES.indexOf(name); n < length; n++, at += width) values[n] = parameters.data[at];
    return values;
  };
  return {
    length,
    beatPeriod: column("beatPeriod"),
    velocityNorm: column("velocityNorm"),
    timingSec: column("timingSec"),
    articulationLog2: column("articulationLog2"),
    pedalNorm: column("pedalNorm"),
    mask,
    release,
  };
}
