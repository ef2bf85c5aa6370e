import { expect, test } from "@jest/globals";
import type { PerformanceParameters } from "@dexter/codec";
import { parameterMatrix, storedParameters } from "./parameter-matrix.js";

test("parameters come back from the matrix that stores them, and what was not played is 0", () => {
  const parameters: PerformanceParameters = {
    length: 2,
    beatPeriod: Float64Array.of(0.5, 9),
    velocityNorm: Float64Array.of(0.25, 9),
    timingSec: Float64Array.of(-0.125, 9),
    articulationLog2: Float64Array.of(-1.5, 9),
    pedalNorm: Float64Array.of(1, 9),
    mask: Uint8Array.of(1, 0),
    release: "key",
  };
  const matrix = parameterMatrix(parameters);
  expect([...matrix.data]).toEqual([0.5, 0.25, -0.125, -1.5, 1, 0, 0, 0, 0, 0]);
  expect(storedParameters({ parameters: matrix, mask: parameters.mask, release: "key" })).toEqual({
    length: 2,
    beatPeriod: Float64Array.of(0.5, 0),
    velocityNorm: Float64Array.of(0.25, 0),
    timingSec: Float64Array.of(-0.125, 0),
    articulationLog2: Float64Array.of(-1.5, 0),
    pedalNorm: Float64Array.of(1, 0),
    mask: Uint8Array.of(1, 0),
    release: "key",
  });
});
