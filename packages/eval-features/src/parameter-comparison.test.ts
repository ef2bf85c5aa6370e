import { CodecError, PARAMETER_NAMES, ShapeError, type PerformanceParameters } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../test/tiny-score.js";
import { compareParameters, parameterPairs } from "./parameter-comparison.js";

const score = tinyScore([0, 1, 1, 2, 3, 4].map((onset) => ({ onset })));
const label: PerformanceParameters = {
  ...tinyPerformance([0.5, 0.6, 0.6, 0.7, 0.4, 0.9].map((beatPeriod, n) => ({ beatPeriod, velocity: 50 + 7 * (n % 4) }))),
  timingSec: Float64Array.from([0, 0.01, -0.01, 0, 0.02, 0]), articulationLog2: Float64Array.from([0, -1, 0.5, 0, -0.2, 1]), pedalNorm: Float64Array.from([0, 1, 1, 0, 1, 0]),
};

test("a label against itself has r 1 and no error", () => {
  for (const figures of Object.values(compareParameters(score, label, label))) {
    expect(figures.correlation).toBeCloseTo(1, 12);
    expect(figures).toMatchObject({ bias: 0, meanAbsoluteError: 0, rootMeanSquareError: 0 });
    expect(figures.predictionDeviation).toBe(figures.labelDeviation);
  }
});

test("errors are in the parameter's unit, the bias is prediction minus label", () => {
  const prediction = { ...label, velocityNorm: label.velocityNorm.map((v, n) => v + (n % 2 ? 0.1 : 0.3)) };
  const { velocityNorm } = compareParameters(score, prediction, label);
  expect(velocityNorm.places).toBe(6);
  expect(velocityNorm.bias).toBeCloseTo(0.2, 12);
  expect(velocityNorm.meanAbsoluteError).toBeCloseTo(0.2, 12);
  expect(velocityNorm.rootMeanSquareError).toBeCloseTo(Math.sqrt(0.05), 12);
});

test("the opposite has r −1, a constant has r 0", () => {
  const against = (beatPeriod: Float64Array) => compareParameters(score, { ...label, beatPeriod }, label).beatPeriod.correlation;
  expect(against(label.beatPeriod.map((p) => 2 - p))).toBeCloseTo(-1, 12);
  expect(against(label.beatPeriod.map(() => 0.5))).toBe(0);
});

test("a beat period counts once an onset and not at the last; what one of the two did not play does not count", () => {
  const prediction = { ...label, mask: Uint8Array.from([1, 0, 1, 1, 1, 1]) };
  expect([...parameterPairs(score, prediction, label, "beatPeriod").note]).toEqual([0, 2, 3, 4]);
  expect([...parameterPairs(score, label, prediction, "timingSec").note]).toEqual([0, 2, 3, 4, 5]);
});

test("other lengths and other releases are refused", () => {
  expect(() => compareParameters(score, label, { ...label, release: "sound" })).toThrow(new CodecError('compareParameters: the prediction has release "key", the label "sound".'));
  expect(() => compareParameters(tinyScore([{ onset: 0 }]), label, label)).toThrow(ShapeError);
  expect(PARAMETER_NAMES).toHaveLength(5);
});
