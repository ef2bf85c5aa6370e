import type { Batch, Denoiser } from "../../denoiser.js";
import type { PredictionKind } from "../../classic/config.js";
import { normals } from "../../../test/random-model.js";
import { noiseSchedule } from "../noise-schedule.js";
import { flowLevel, noiseLevel, PREDICTION_KINDS, targetWeights, type NoiseLevel } from "../prediction.js";
import { noNoise, startNoise } from "./noise-source.js";
import { sampleDiffusion, type DiffusionSampleOptions } from "./sample-diffusion.js";
import { SAMPLER_NAMES, SAMPLERS, type SamplerName } from "./sampler-table.js";
import { renoiseSource } from "./starts.js";

const schedule = noiseSchedule({ kind: "linear", steps: 50, betaStart: 1e-3, betaEnd: 0.2 });
const shape = [2, 5, 3] as const;
const noise: Batch = { data: normals(30, 1), shape };
const clean: Batch = { data: normals(30, 2), shape };
const source: Batch = { data: normals(30, 3), shape };
const none = [null, null];
const isFlow = (sampler: SamplerName): boolean => SAMPLERS[sampler].prediction === "flow";
const levelAt = (sampler: SamplerName, time: number): NoiseLevel => (isFlow(sampler) ? flowLevel(time) : noiseLevel(schedule.alphaBars[time]));

/** Knows x₀ of any noisy data and says it in the words of `kind`. */
function knowing(sampler: SamplerName, kind: PredictionKind, of: (x: number, i: number, level: NoiseLevel) => number): Denoiser<null> {
  return async (noisy, [time]) => {
    const level = levelAt(sampler, time);
    const [ofClean, ofNoise] = targetWeights(kind, level);
    const data = noisy.data.map((x, i) => {
      const x0 = of(x, i, level);
      return ofClean * x0 + ofNoise * ((x - level.signal * x0) / level.noise);
    });
    return { data, shape: noisy.shape };
  };
}

const cases = SAMPLER_NAMES.flatMap((sampler) => PREDICTION_KINDS.filter((kind) => kind !== "noise" || !isFlow(sampler)).map((kind) => [sampler, kind] as const));

describe("sampleDiffusion", () => {
  test.each(cases)("%s with an oracle that predicts %s ends on the clean input, in many steps, in few, and in one", async (sampler, prediction) => {
    const oracle = knowing(sampler, prediction, (_x, i) => clean.data[i % 30]);
    for (const steps of [undefined, 4, 1]) {
      const { data } = await sampleDiffusion(oracle, noise, none, { sampler, prediction, schedule, steps });
      data.forEach((value, i) => expect(Math.abs(value - clean.data[i])).toBeLessThan(2e-5));
    }
  });

  test.each(SAMPLER_NAMES)("%s keeps given values exactly and samples the rest", async (sampler) => {
    const prediction = SAMPLERS[sampler].prediction;
    const wrong = knowing(sampler, prediction, (_x, i) => clean.data[i % 30]);
    const parameters = Uint8Array.from({ length: 30 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    const notes = Uint8Array.from({ length: 10 }, (_, n) => (n === 3 || n === 8 ? 1 : 0));
    for (const [mask, isKept] of [[parameters, (i: number) => parameters[i]], [notes, (i: number) => notes[Math.floor(i / 3)]]] as const) {
      const { data } = await sampleDiffusion(wrong, noise, none, { sampler, schedule, steps: 5, keep: { values: source, mask } });
      data.forEach((value, i) => (isKept(i) ? expect(value).toBe(source.data[i]) : expect(value).toBeCloseTo(clean.data[i], 4)));
    }
  });

  test("the denoiser sees kept values under the noise of each step", async () => {
    const many: Batch = { data: new Float32Array(4000).fill(2), shape: [1, 800, 5] };
    const seen: number[][] = [];
    const denoiser: Denoiser<null> = async (noisy, [step]) => {
      const mean = noisy.data.reduce((a, b) => a + b, 0) / 4000;
      seen.push([step, mean, noisy.data.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000]);
      return { data: new Float32Array(4000), shape: noisy.shape };
    };
    for (const sampler of ["ddpm", "ddim", "dpmpp2m"] as const) {
      await sampleDiffusion(denoiser, startNoise(many.shape, 1), [null], { sampler, schedule, steps: 6, keep: { values: many, mask: new Uint8Array(800).fill(1) } });
    }
    for (const [step, mean, variance] of seen) {
      expect(Math.abs(mean - 2 * schedule.sqrtAlphaBars[step])).toBeLessThan(0.06);
      expect(Math.abs(variance - (1 - schedule.alphaBars[step]))).toBeLessThan(0.06);
    }
  });

  test("draws from normal data have their mean and deviation, the second-order sampler with the least error", async () => {
    // Data of mean 1 and deviation 0.5: E[x₀|x] is known, and so is where each point of the noise ends without fresh noise.
    const wide = startNoise([1, 4000, 1], 5);
    const gaussian = (sampler: SamplerName): Denoiser<null> =>
      knowing(sampler, "x0", (x, _i, { signal: a, noise: s }) => 1 + ((0.25 * a) / (0.25 * a * a + s * s)) * (x - a));
    const { signal: a, noise: s } = noiseLevel(schedule.alphaBars[49]);
    const exact = wide.data.map((x) => 1 + (0.5 / Math.sqrt(0.25 * a * a + s * s)) * (x - a));
    const errors: Partial<Record<SamplerName, number>> = {};
    for (const sampler of ["ddpm", "ddim", "dpmpp2m", "heun"] as const) {
      const { data } = await sampleDiffusion(gaussian(sampler), wide, [null], { sampler, schedule, prediction: "x0", steps: sampler === "ddpm" ? 50 : 10 });
      const mean = data.reduce((sum, x) => sum + x, 0) / 4000;
      const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4000);
      expect(Math.abs(mean - 1)).toBeLessThan(0.05);
      expect(Math.abs(deviation - 0.5)).toBeLessThan({ ddpm: 0.05, ddim: 0.1, dpmpp2m: 0.02, heun: 0.02 }[sampler]);
      errors[sampler] = Math.max(...data.map((x, i) => Math.abs(x - exact[i])));
    }
    expect(errors.dpmpp2m!).toBeLessThan(0.2 * errors.ddim!);
  });

  test("guidance 1 changes nothing; w·c + (1−w)·u for any other, whatever is predicted", async () => {
    const told: Denoiser<number> = async (noisy, [step], conditions) => {
      const { signal, noise: share } = noiseLevel(schedule.alphaBars[step]);
      const size = noisy.data.length / conditions.length;
      return { data: noisy.data.map((x, i) => (x - signal * (conditions[Math.floor(i / size)] ?? 1)) / share), shape: noisy.shape };
    };
    const options: DiffusionSampleOptions = { sampler: "ddpm", schedule, steps: 8 };
    const plain = await sampleDiffusion(told, noise, [2, 3], options);
    expect((await sampleDiffusion(told, noise, [2, 3], { ...options, sampler: "cfdg_ddpm", guidance: 1 })).data).toEqual(plain.data);
    const { data } = await sampleDiffusion(told, noise, [2, 3], { ...options, sampler: "cfdg_ddpm" });
    data.forEach((value, i) => expect(value).toBeCloseTo(i < 15 ? 1.2 * 2 - 0.2 : 1.2 * 3 - 0.2, 4));
  });

  test("ddim is deterministic; with eta 1 it is ddpm; the same seed gives the same draw, another one another", async () => {
    const denoiser = knowing("ddim", "noise", (x) => Math.tanh(x));
    const draw = async (options: Partial<DiffusionSampleOptions>): Promise<Float32Array> => (await sampleDiffusion(denoiser, noise, none, { schedule, steps: 9, ...options })).data;
    expect(await draw({ seed: 1 })).toEqual(await draw({ seed: 2 }));
    expect(await draw({ eta: 0.5, seed: 1 })).not.toEqual(await draw({ seed: 1 }));
    expect(await draw({ eta: 1, seed: 3 })).toEqual(await draw({ sampler: "ddpm", seed: 3 }));
    expect(await draw({ sampler: "ddim2ddpm", seed: 3 })).toEqual(await draw({ sampler: "ddpm", seed: 3 }));
    expect(await draw({ sampler: "ddpm", seed: 3 })).not.toEqual(await draw({ sampler: "ddpm", seed: 4 }));
    expect(await draw({ sampler: "ddpm", noise: noNoise })).not.toEqual(await draw({}));
    expect(startNoise(shape, 3)).toEqual(startNoise(shape, 3));
  });

  test("a re-noised source is where the walk begins; compat begins one step below", async () => {
    const steps: number[] = [];
    const oracle = knowing("ddim", "noise", (_x, i) => source.data[i]);
    const watched: Denoiser<null> = (noisy, time, conditions) => {
      steps.push(time[0]);
      return oracle(noisy, time, conditions);
    };
    const start = renoiseSource(source, noise, { schedule, fraction: 0.5 });
    const { signal, noise: share } = noiseLevel(schedule.alphaBars[24]);
    expect(start.data[7]).toBeCloseTo(signal * source.data[7] + share * noise.data[7], 6);
    const { data } = await sampleDiffusion(watched, start, none, { schedule, fraction: 0.5, steps: 4 });
    expect(steps).toEqual([24, 16, 8, 0]);
    data.forEach((value, i) => expect(value).toBeCloseTo(source.data[i], 4));
    await sampleDiffusion(watched, start, none, { schedule, fraction: 0.5, steps: 2, compat: "original" });
    await sampleDiffusion(watched, start, none, { schedule, steps: 2, compat: "original" });
    expect(steps.slice(4)).toEqual([23, 0, 48, 0]);
    expect(renoiseSource(source, noise, { schedule: null, fraction: 0.25 }).data[3]).toBeCloseTo(0.75 * source.data[3] + 0.25 * noise.data[3], 6);
  });

  test("estimates of the clean data keep to the clip", async () => {
    const far = knowing("ddpm", "x0", () => 9);
    const { data } = await sampleDiffusion(far, noise, none, { sampler: "ddpm_x0", schedule, clip: 3 });
    expect(Array.from(data)).toEqual(new Array(30).fill(3));
  });

  test("each step is told, with the data and what they may become", async () => {
    for (const sampler of ["ddpm", "heun"] as const) {
      const told: string[] = [];
      const x0: number[] = [];
      const prediction = SAMPLERS[sampler].prediction;
      let last: Batch | undefined;
      const end = await sampleDiffusion(knowing(sampler, prediction, (_x, i) => clean.data[i % 30]), noise, none, {
        sampler, schedule, steps: 3,
        onStep: (progress) => {
          told.push(`${progress.step}/${progress.steps}`);
          x0.push(progress.x0.data[4]);
          last = progress.x;
        },
      });
      expect(told).toEqual(["1/3", "2/3", "3/3"]);
      x0.forEach((value) => expect(value).toBeCloseTo(clean.data[4], 4));
      expect(last!.data).toEqual(end.data);
    }
  });

  test("a signal stops it, also while timers run", async () => {
    for (const sampler of SAMPLER_NAMES) {
      const controller = new AbortController();
      let asked = 0;
      const oracle = knowing(sampler, SAMPLERS[sampler].prediction, () => 0);
      const walk = sampleDiffusion((noisy, time, conditions) => {
        if (++asked === 2) setTimeout(() => controller.abort(new Error("enough")), 0);
        return oracle(noisy, time, conditions);
      }, noise, none, { sampler, schedule, steps: 40, signal: controller.signal });
      await expect(walk).rejects.toThrow("enough");
      expect(asked).toBeLessThan(10);
    }
  });

  test("options that are out of range or belong to another sampler are refused", async () => {
    const denoiser = knowing("ddim", "noise", () => 0);
    const draw = (options: Partial<DiffusionSampleOptions>): Promise<Batch> => sampleDiffusion(denoiser, noise, none, { schedule, ...options });
    await expect(draw({ sampler: "ddmp" as "ddpm" })).rejects.toThrow('sampler must be one of ddpm, ddpm_x0');
    await expect(draw({ sampler: "toString" as "ddpm" })).rejects.toThrow(RangeError);
    await expect(draw({ schedule: undefined })).rejects.toThrow('sampler "ddim" needs a schedule.');
    await expect(draw({ sampler: "ddpm", eta: 0 })).rejects.toThrow('sampler "ddpm" has eta 1, got 0; take ddim.');
    await expect(draw({ eta: 2 })).rejects.toThrow("eta must be from 0 to 1");
    await expect(draw({ sampler: "heun", prediction: "noise" })).rejects.toThrow("for predicted noise take ddim or dpmpp2m");
    await expect(draw({ steps: 51 })).rejects.toThrow("steps must be an integer from 1 to 50, got 51.");
    await expect(draw({ fraction: 0 })).rejects.toThrow("fraction must be above 0");
    await expect(draw({ guidance: Number.NaN })).rejects.toThrow("guidance");
    await expect(draw({ clip: 0 })).rejects.toThrow("clip");
    await expect(draw({ seed: 0.5 })).rejects.toThrow("seed must be an integer");
    await expect(draw({ keep: { values: source, mask: new Uint8Array(4) } })).rejects.toThrow("keep.mask must be [2, 5, 3] or [2, 5], got 4 values.");
    await expect(sampleDiffusion(denoiser, noise, [null], { schedule })).rejects.toThrow("conditions must be [2], got [1].");
    await expect(sampleDiffusion(async () => ({ data: new Float32Array(3), shape: [1, 1, 3] }), noise, none, { schedule })).rejects.toThrow("the denoiser must return [2, 5, 3], got [1, 1, 3].");
  });
});
