import { describe, expect, jest, test } from "@jest/globals";
import type { Batch, Denoiser } from "./denoiser.js";
import { guide } from "./guidance.js";
import { chords, normals } from "../test/random-model.js";
import { drawNoise } from "./base/noise.js";
import { ONSET_CHANNELS } from "./model/config.js";
import { flowLoss, renoise, sample, type SolverName } from "./sampler.js";

const shape = [2, 5, 3] as const;
const noise: Batch = { data: normals(30, 1), shape };
const clean: Batch = { data: normals(30, 2), shape };

/** Knows the clean input: its velocity at (x, t) is (z − x) / (1 − t). */
const oracle: Denoiser<null> = async (noisy, time) => ({
  data: noisy.data.map((x, i) => (clean.data[i] - x) / (1 - time[Math.floor(i / 15)])),
  shape: noisy.shape,
});

/** Doubles what its condition says, and says 1 without one. */
const echo: Denoiser<number> = async (noisy, _time, conditions) => ({
  data: noisy.data.map((x, i) => x * (conditions[Math.floor((i * conditions.length) / noisy.data.length)] ?? 1)),
  shape: noisy.shape,
});

describe("the sampler", () => {
  test.each<[SolverName, number]>([["euler", 1], ["euler", 8], ["heun", 1], ["heun", 5]])(
    "with an oracle denoiser and %s in %i steps ends on the clean input",
    async (solver, steps) => {
      const result = await sample(oracle, noise, [null, null], { steps, solver });
      result.data.forEach((value, i) => expect(value).toBeCloseTo(clean.data[i], 4));
    },
  );

  test("follows dx/dt = x: Euler to (1 + 1/S)^S, Heun with a last Euler step closer to e", async () => {
    const one: Batch = { data: Float32Array.of(1), shape: [1, 1, 1] };
    const growth: Denoiser<null> = async (noisy) => noisy;
    const euler = await sample(growth, one, [null], { steps: 4 });
    expect(euler.data[0]).toBeCloseTo(1.25 ** 4, 5);
    const heun = await sample(growth, one, [null], { steps: 4, solver: "heun" });
    expect(heun.data[0]).toBeCloseTo((1 + 0.25 + 0.25 ** 2 / 2) ** 3 * 1.25, 5);
  });

  test("asks at the beginning of each step, from the start time on", async () => {
    const times: number[] = [];
    const steps: string[] = [];
    const still: Denoiser<null> = async (noisy, time) => {
      times.push(...time);
      return { data: new Float32Array(noisy.data.length), shape: noisy.shape };
    };
    const start: Batch = { data: new Float32Array(1), shape: [1, 1, 1] };
    await sample(still, start, [null], { steps: 4, startTime: 0.5, onStep: (step, of) => steps.push(`${step}/${of}`) });
    expect(times).toEqual([0.5, 0.625, 0.75, 0.875]);
    expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  });

  test("from a re-noised source with an oracle comes back to the source", async () => {
    const start = renoise(clean, noise, 0.6);
    expect(start.data[4]).toBeCloseTo(0.4 * noise.data[4] + 0.6 * clean.data[4], 6);
    const result = await sample(oracle, start, [null, null], { steps: 3, startTime: 0.6 });
    result.data.forEach((value, i) => expect(value).toBeCloseTo(clean.data[i], 4));
  });

  test("leaves its input alone", async () => {
    const before = noise.data.slice();
    await sample(oracle, noise, [null, null], { steps: 2 });
    expect(noise.data).toEqual(before);
  });

  test("stops when it is aborted, after the step under way", async () => {
    const controller = new AbortController();
    const denoiser = jest.fn(oracle);
    const run = sample(denoiser, noise, [null, null], { steps: 8, signal: controller.signal, onStep: (step) => step === 2 && controller.abort(new Error("enough")) });
    await expect(run).rejects.toThrow("enough");
    expect(denoiser).toHaveBeenCalledTimes(2);
  });

  test("refuses steps and times out of range", async () => {
    await expect(sample(oracle, noise, [null, null], { steps: 0 })).rejects.toThrow("steps must be an integer ≥ 1, got 0.");
    await expect(sample(oracle, noise, [null, null], { steps: 1.5 })).rejects.toThrow(RangeError);
    await expect(sample(oracle, noise, [null, null], { steps: 1, startTime: 1 })).rejects.toThrow("startTime must be in [0, 1), got 1.");
    expect(() => renoise(clean, { data: new Float32Array(6), shape: [1, 2, 3] }, 0.5)).toThrow("noise must be [2, 5, 3], got [1, 2, 3].");
  });
});

describe("the loss", () => {
  test("of an oracle is 0, of one that stands still the mean square of data minus noise", async () => {
    const time = Float32Array.of(0.2, 0.7);
    expect(await flowLoss(oracle, clean, noise, time, [null, null])).toBeCloseTo(0, 8);
    const still: Denoiser<null> = async ({ shape }) => ({ data: new Float32Array(30), shape });
    const expected = clean.data.reduce((sum, z, i) => sum + (z - noise.data[i]) ** 2, 0) / 30;
    expect(await flowLoss(still, clean, noise, time, [null, null])).toBeCloseTo(expected, 5);
  });
});

describe("guidance", () => {
  test("of 1 changes nothing: it is the same denoiser", () => {
    expect(guide(echo, 1)).toBe(echo);
  });

  test("moves past the conditioned answer, example by example, in one evaluation", async () => {
    const denoiser = jest.fn(echo);
    const result = await guide(denoiser, 2.5)({ data: Float32Array.of(1, 10), shape: [2, 1, 1] }, Float32Array.of(0, 0), [3, 5]);
    // unconditioned + 2.5 (conditioned − unconditioned)
    expect(Array.from(result.data)).toEqual([1 + 2.5 * 2, 10 + 2.5 * 40]);
    expect(denoiser).toHaveBeenCalledTimes(1);
  });

  test("of 0 ignores the condition", async () => {
    const result = await guide(echo, 0)({ data: Float32Array.of(1, 10), shape: [2, 1, 1] }, Float32Array.of(0, 0), [3, 5]);
    expect(Array.from(result.data)).toEqual([1, 10]);
  });
});

describe("noise", () => {
  const onsets = chords([1, 3, 2, 1, 4]);

  test("is the same for the same seed and another for another", () => {
    const { data, shape: [B, N, P] } = drawNoise(onsets, 7);
    expect([B, N, P]).toEqual([1, 11, 6]);
    expect(drawNoise(onsets, 7).data).toEqual(data);
    expect(drawNoise(onsets, 8).data).not.toEqual(data);
  });

  test("is shared by the notes of an onset in the onset's channels alone", () => {
    const { data } = drawNoise(onsets, 1);
    const row = (n: number) => Array.from(data.subarray(n * 6, n * 6 + 6));
    for (const [first, other] of [[1, 2], [1, 3], [4, 5], [7, 10]]) {
      ONSET_CHANNELS.forEach((shared, c) => expect(row(first)[c] === row(other)[c]).toBe(shared === 1));
    }
    expect(row(0)[0]).not.toBe(row(1)[0]);
  });

  test("is standard normal", () => {
    const { data } = drawNoise(chords(Array.from({ length: 20_000 }, () => 1)), 3);
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
    const kurtosis = data.reduce((a, b) => a + (b - mean) ** 4, 0) / data.length / variance ** 2;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.1);
  });
});
