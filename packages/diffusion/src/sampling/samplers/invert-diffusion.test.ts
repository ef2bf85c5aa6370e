import { describe, expect, test } from "@jest/globals";
import { normals } from "../../../test/random-model.js";
import type { Batch, Denoiser } from "../../denoiser.js";
import { noiseSchedule } from "../noise-schedule.js";
import { flowLevel, noiseLevel, PREDICTION_KINDS, targetWeights, type NoiseLevel } from "../prediction.js";
import { invertDiffusion } from "./invert-diffusion.js";
import { sampleDiffusion } from "./sample-diffusion.js";

const schedule = noiseSchedule({ kind: "linear", steps: 100, betaStart: 1e-3, betaEnd: 0.1 });
const shape = [2, 5, 3] as const;
const data: Batch = { data: normals(30, 1), shape };

/** Knows normal data around its condition, deviation 0.7, and says so in the words of `kind`; a little nonlinear. */
function gaussian(kind: (typeof PREDICTION_KINDS)[number], levelAt: (time: number) => NoiseLevel): Denoiser<number> {
  return async (noisy, [time], conditions) => {
    const level = levelAt(time);
    const { signal: a, noise: s } = level;
    const [ofClean, ofNoise] = targetWeights(kind, level);
    const size = noisy.data.length / conditions.length;
    const values = noisy.data.map((x, i) => {
      const m = conditions[Math.floor(i / size)] ?? 0;
      const x0 = m + ((0.49 * a) / (0.49 * a * a + s * s)) * (x - a * m) + 0.1 * Math.sin(3 * x);
      return ofClean * x0 + ofNoise * ((x - a * x0) / s);
    });
    return { data: values, shape: noisy.shape };
  };
}

const furthest = (a: Float32Array, b: Float32Array): number => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

describe("inverting a sampler", () => {
  test.each(PREDICTION_KINDS.flatMap((kind) => [[kind, undefined, 1], [kind, 10, 0.5], [kind, 50, 0.8]] as const))(
    "ddim that predicts %s comes back to the data: %s steps, fraction %d",
    async (prediction, steps, fraction) => {
      const denoiser = gaussian(prediction, (step) => noiseLevel(schedule.alphaBars[step]));
      const options = { sampler: "ddim", schedule, prediction, steps, fraction } as const;
      const { start, residual } = await invertDiffusion(denoiser, data, [0.5, -0.5], options);
      expect(residual).toBeLessThan(1e-5);
      expect(furthest(start.data, data.data)).toBeGreaterThan(0.1);
      const again = await sampleDiffusion(denoiser, start, [0.5, -0.5], options);
      expect(furthest(again.data, data.data)).toBeLessThan(1e-3);
    },
  );

  test.each(["euler", "heun"] as const)("so does %s", async (sampler) => {
    const denoiser = gaussian("flow", flowLevel);
    const { start } = await invertDiffusion(denoiser, data, [0.5, -0.5], { sampler, steps: 8, guidance: 1.2 });
    const again = await sampleDiffusion(denoiser, start, [0.5, -0.5], { sampler, steps: 8, guidance: 1.2 });
    expect(furthest(again.data, data.data)).toBeLessThan(1e-3);
  });

  test("of normal data is the noise that made them, up to the coarseness of the steps", async () => {
    const plain: Denoiser<null> = async (noisy, [step]) => {
      const { signal: a, noise: s } = noiseLevel(schedule.alphaBars[step]);
      return { data: noisy.data.map((x) => (x * s) / (a * a + s * s)), shape: noisy.shape };
    };
    // Data of deviation 1 are their own noise.
    const { start } = await invertDiffusion(plain, data, [null, null], { schedule, steps: 100 });
    expect(furthest(start.data, data.data)).toBeLessThan(0.05 * Math.max(...data.data.map(Math.abs)));
  });

  test("other samplers have no inverse", async () => {
    await expect(invertDiffusion(gaussian("noise", flowLevel), data, [0, 0], { sampler: "ddpm", schedule })).rejects.toThrow('must be ddim, euler or heun, got "ddpm"');
    await expect(invertDiffusion(gaussian("noise", flowLevel), data, [0, 0], {})).rejects.toThrow('"ddim" needs a schedule');
    await expect(invertDiffusion(gaussian("noise", flowLevel), data, [0], { schedule })).rejects.toThrow("conditions must be [2], got [1]");
  });
});
