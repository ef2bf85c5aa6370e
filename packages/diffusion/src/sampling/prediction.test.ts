import { randomStream } from "../base/random-stream.js";
import type { Batch } from "../denoiser.js";
import { addNoise, convertPrediction, flowLevel, noiseLevel, PREDICTION_KINDS, predictionTarget, type NoiseLevel } from "./prediction.js";

const random = randomStream(7);
const normals = (): Batch => ({ data: Float32Array.from({ length: 12 }, () => random.normal()), shape: [2, 3, 2] });
const clean = normals();
const noise = normals();

describe("predictions", () => {
  test("every kind gives every other one, in diffusion and in flows", () => {
    const levels: NoiseLevel[] = [noiseLevel(0.999), noiseLevel(0.3), noiseLevel(0.002), flowLevel(0.2), flowLevel(0.9)];
    for (const level of levels) {
      const of = (a: number, s: number) => clean.data.map((x, i) => a * x + s * noise.data[i]);
      const noisy = of(level.signal, level.noise);
      const all = { noise: noise.data, x0: clean.data, v: of(-level.noise, level.signal), flow: of(1, -1) };
      for (const from of PREDICTION_KINDS) {
        for (const to of PREDICTION_KINDS) {
          const converted = convertPrediction(from, to, noisy, all[from], level);
          converted.forEach((value, i) => expect(Math.abs(value - all[to][i])).toBeLessThan(1e-4));
        }
      }
    }
  });

  test("noise of variance 1 − ᾱ joins data of variance ᾱ, per example", () => {
    const { data } = addNoise(clean, noise, [1, 0.36]);
    expect(data.slice(0, 6)).toEqual(clean.data.slice(0, 6));
    for (let i = 6; i < 12; i++) expect(data[i]).toBeCloseTo(0.6 * clean.data[i] + 0.8 * noise.data[i], 6);
  });

  test("the target of v at ᾱ = 0.36 is 0.6 ε − 0.8 x₀", () => {
    const { data } = predictionTarget("v", clean, noise, [0.36, 0.36]);
    data.forEach((value, i) => expect(value).toBeCloseTo(0.6 * noise.data[i] - 0.8 * clean.data[i], 6));
    expect(predictionTarget("flow", clean, noise, [0.5, 0.5]).data[3]).toBeCloseTo(clean.data[3] - noise.data[3], 6);
    expect(predictionTarget("x0", clean, noise, [0.5, 0.5]).data).toEqual(clean.data);
    expect(predictionTarget("noise", clean, noise, [0.5, 0.5]).data).toEqual(noise.data);
  });

  test("shapes that do not fit are refused", () => {
    expect(() => addNoise(clean, { data: noise.data, shape: [1, 6, 2] }, [0.5, 0.5])).toThrow("addNoise: noise must be [2, 3, 2], got [1, 6, 2].");
    expect(() => addNoise(clean, noise, [0.5])).toThrow("addNoise: alphaBar must be [2], got [1].");
  });
});
