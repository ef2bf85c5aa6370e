import { expect, test } from "@jest/globals";
import { weightedSquaredError } from "./loss.js";
import { linearTempo, linearTempoSlope, ofRelativeTempo, relativeTempo } from "./tempo-scale.js";

const scale = { mean: 0.1, sd: 0.4 };
const P = 6;

test("a tempo twice as fast is an octave below the mean beat period, and back", () => {
  const z = ofRelativeTempo(2, scale);
  expect(z * scale.sd + scale.mean).toBeCloseTo(-1, 12);
  expect(relativeTempo(z, scale)).toBeCloseTo(2, 12);
});

test("an error of tempi is as large as one of logarithms near the mean tempo, and no larger beyond three octaves", () => {
  const middle = ofRelativeTempo(1, scale);
  const step = 1e-4;
  expect((linearTempo(middle + step, scale) - linearTempo(middle - step, scale)) / (2 * step)).toBeCloseTo(1, 6);
  for (const z of [-2, 0.3, 1.7]) {
    expect(linearTempoSlope(z, scale)).toBeCloseTo((linearTempo(z + step, scale) - linearTempo(z - step, scale)) / (2 * step), 6);
  }
  const far = ofRelativeTempo(32, scale);
  expect(linearTempo(far, scale)).toBe(linearTempo(far - 5, scale));
  expect(linearTempoSlope(far, scale)).toBe(0);
});

/** Rows whose first channel is given, the others 0. */
const tempi = (values: readonly number[]): Float32Array => Float32Array.from({ length: values.length * P }, (_, i) => (i % P === 0 ? values[i / P] : 0.5));

test("the loss of tempi is least at their mean, not at that of their logarithms", () => {
  const heard = Array.from({ length: 10 }, (_, k) => ofRelativeTempo(k < 5 ? 0.5 : 2, scale));
  const weights = new Float32Array(10 * P).fill(1);
  const lossAt = (tempo: number): number =>
    weightedSquaredError(tempi(heard.map(() => ofRelativeTempo(tempo, scale))), tempi(heard), weights, [1, 1, 1, 1, 1, 1], null, scale).channels[0];
  for (const other of [1, 1.2, 1.3]) expect(lossAt(1.25)).toBeLessThan(lossAt(other));
});

test("its gradient is that of the loss; other channels keep theirs", () => {
  const prediction = Float32Array.from({ length: 12 * P }, (_, i) => Math.sin(i));
  const target = Float32Array.from({ length: 12 * P }, (_, i) => Math.cos(3 * i));
  const weights = Float32Array.from({ length: 12 * P }, (_, i) => (i % 5) / 4);
  const channels = [1.6, 0.05, 1, 1, 1, 0.5];
  const { gradient } = weightedSquaredError(prediction, target, weights, channels, null, scale);
  const plain = weightedSquaredError(prediction, target, weights, channels);
  for (const i of [0, 6, 12, 18, 24]) {
    const at = (delta: number): number => {
      const moved = Float64Array.from(prediction);
      moved[i] += delta;
      return weightedSquaredError(moved as unknown as Float32Array, target, weights, channels, null, scale).total;
    };
    expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5);
  }
  for (let i = 0; i < gradient.length; i++) if (i % P !== 0) expect(gradient[i]).toBe(plain.gradient[i]);
});
