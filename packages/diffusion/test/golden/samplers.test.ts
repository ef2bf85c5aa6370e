/**
 * @file The samplers against the Python original's reverse runs, with its weights and its noise, on every engine that is installed.
 */
import type { ClassicNetwork } from "../../src/classic/network.js";
import { DEFAULT_DIFFWAVE, DEFAULT_UNET } from "../../src/classic/config.js";
import { diffWaveNetwork } from "../../src/classic/diffwave.js";
import { unetNetwork } from "../../src/classic/unet.js";
import type { Batch, Denoiser } from "../../src/denoiser.js";
import type { Engine } from "../../src/engine.js";
import { noiseSchedule } from "../../src/sampling/noise-schedule.js";
import { noNoise, type NoiseSource } from "../../src/sampling/samplers/noise-source.js";
import { sampleDiffusion, type DiffusionSampleOptions } from "../../src/sampling/samplers/sample-diffusion.js";
import { renoiseSource } from "../../src/sampling/samplers/starts.js";
import { goldenWeights } from "../classic-forward.js";
import { installedEngines } from "../engines.js";
import { readGolden, type Golden } from "./reference.js";

const file = readGolden("samplers");
const transfer = readGolden("transfer");
const weightFiles = { diffwave: readGolden("denoiser_diffwave_weights"), unet: readGolden("denoiser_unet_weights") };
const fast = (await installedEngines()).filter(({ name }) => name !== "cpu");

type NetworkName = "diffwave" | "unet";
type NullCondition = "zero" | "null";

/** A condition is its element's number. */
function denoiserOf(engine: Engine, name: NetworkName, from: Golden, nullCondition: NullCondition, inputs = "in"): Denoiser<number> {
  const { tf } = engine;
  const network: ClassicNetwork = name === "diffwave"
    ? diffWaveNetwork(engine, { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, film: false })
    : unetNetwork(engine, { ...DEFAULT_UNET, dim: 4, segmentNotes: 100 });
  const weights = goldenWeights(network, weightFiles[name]!);
  const score = from.values(`${inputs}/s`);
  const perceptual = from.values(`${inputs}/c`);
  return async (noisy, step, conditions) => {
    const [B, N] = noisy.shape;
    const rows = (values: Float32Array): Float32Array => {
      const width = values.length / from.shape(`${inputs}/s`)[0];
      const out = new Float32Array(B * width);
      conditions.forEach((element, b) => element !== null && out.set(values.subarray(element * width, (element + 1) * width), b * width));
      return out;
    };
    const input = {
      batch: B, notes: N, noisy: noisy.data, step, score: rows(score), perceptual: rows(perceptual),
      dropped: Uint8Array.from(conditions, (element) => (element === null && nullCondition === "null" ? 1 : 0)),
    };
    const data = tf.tidy(() => network.forward(tf.tensor1d(weights), input).prediction.dataSync()) as unknown as Float32Array;
    return { data, shape: noisy.shape };
  };
}

function injected(from: Golden, name: string): NoiseSource {
  const values = from.values(name);
  const size = values.length / from.shape(name)[0];
  return (draw) => values.subarray(draw * size, (draw + 1) * size);
}

function batch(from: Golden, name: string): Batch {
  const shape = from.shape(name);
  return { data: from.values(name), shape: [shape[0], shape[shape.length - 2], 5] };
}

/** Sample and compare with every stored step; `last` says what the original made of the final estimate. */
async function compare(
  from: Golden, run: string, denoiser: Denoiser<number>, start: Batch, options: DiffusionSampleOptions, last = (x: number): number => x,
): Promise<void> {
  let compared = 0;
  const stored = (k: number): string => `${run}/${String(k).padStart(2, "0")}`;
  await sampleDiffusion(denoiser, start, Array.from({ length: start.shape[0] }, (_, b) => b), {
    ...options,
    onStep: ({ step, steps, x }) => {
      if (!from.has(stored(step - 1))) return;
      const values = step === steps ? x.data.map(last) : x.data;
      expect(from.difference(stored(step - 1), values)).toBeLessThan(1e-4 * Math.max(1, from.largest(stored(step - 1))));
      compared++;
    },
  });
  expect(compared).toBeGreaterThanOrEqual(3);
}

(file && weightFiles.diffwave ? describe : describe.skip)("reverse runs of the original", () => {
  const golden = file!;
  const twenty = noiseSchedule({ kind: "linear", steps: 20, betaStart: 1e-4, betaEnd: 0.4 });
  const thousand = noiseSchedule({ kind: "linear", steps: 1000, betaStart: 1e-4, betaEnd: 0.02 });
  const common = { schedule: twenty, steps: 20 };
  /** What the original's x0 samplers divide by at the end (defect 6). */
  const tooLarge = (x: number): number => x / twenty.sqrtAlphaBars[0];

  interface Run {
    readonly run: string;
    readonly nulls?: NullCondition;
    readonly inputs?: string;
    readonly last?: (x: number) => number;
    readonly options: Partial<DiffusionSampleOptions>;
  }
  const runs: readonly Run[] = [
    { run: "ddpm/diffwave", options: { sampler: "ddpm" } },
    { run: "ddim/diffwave", options: { sampler: "ddim" } },
    { run: "ddim2ddpm/diffwave", options: { sampler: "ddim2ddpm" } },
    { run: "ddpm_x0_corrected/diffwave", options: { sampler: "ddpm_x0" } },
    { run: "ddpm_x0/diffwave", last: tooLarge, options: { sampler: "ddpm_x0" } },
    { run: "ddim_x0_corrected/diffwave", options: { sampler: "ddim_x0" } },
    { run: "ddim_x0/diffwave", last: tooLarge, options: { sampler: "ddim_x0" } },
    ...[0, 1, 1.2, 3].map((w): Run => ({ run: `cfdg_ddpm/diffwave/w${w}`, nulls: "zero", options: { sampler: "cfdg_ddpm", guidance: w } })),
    { run: "cfdg_ddpm/diffwave/w1.2_T200", nulls: "zero", inputs: "in200", options: { sampler: "cfdg_ddpm" } },
    { run: "cfdg_ddpm/diffwave/w1.2_linear_20", nulls: "zero", options: { sampler: "cfdg_ddpm", schedule: noiseSchedule({ kind: "linear", steps: 20, betaStart: 1e-4, betaEnd: 0.02 }) } },
    { run: "cfdg_ddpm/diffwave/w1.2_linear_1000_last20", nulls: "zero", options: { sampler: "cfdg_ddpm", schedule: thousand, fraction: 19.5 / 999 } },
    { run: "cfdg_ddpm/diffwave/w1.2_as_inference_one", nulls: "zero", options: { sampler: "cfdg_ddpm", steps: 19, compat: "original" } },
    { run: "cfdg_ddpm_corrected/diffwave/w1.2", options: { sampler: "cfdg_ddpm" } },
    { run: "cfdg_ddpm_x0_corrected/diffwave/x0/w1.2", options: { sampler: "cfdg_ddpm_x0" } },
    ...[0, 1.2].map((w): Run => ({ run: `cfdg_ddpm_x0/diffwave/x0/w${w}`, nulls: "zero", last: tooLarge, options: { sampler: "cfdg_ddpm_x0", guidance: w } })),
    { run: "cfdg_ddpm_x0_corrected/diffwave/epsilon/w1.2", options: { sampler: "cfdg_ddpm_x0", prediction: "noise" } },
    { run: "cfdg_ddim_x0_corrected/diffwave/w1.2", options: { sampler: "cfdg_ddim_x0" } },
    // The original guides this one by 1 + w.
    ...[0, 1.2].map((w): Run => ({ run: `cfdg_ddim_x0/diffwave/w${w}`, nulls: "zero", last: tooLarge, options: { sampler: "cfdg_ddim_x0", guidance: 1 + w } })),
    ...[0, 1.2].map((w): Run => ({ run: `cfdg_ddpm/unet/w${w}`, nulls: "zero", options: { sampler: "cfdg_ddpm", guidance: w } })),
    { run: "cfdg_ddpm_corrected/unet/w1.2", options: { sampler: "cfdg_ddpm" } },
  ];

  describe.each(fast.map((engine) => [engine.name, engine] as const))("on %s", (_, engine) => {
    beforeAll(() => engine.select());

    test.each(runs.map((run) => [run.run, run] as const))("%s", async (_name, { run, nulls = "null", inputs = "in", last, options }) => {
      const denoiser = denoiserOf(engine, run.includes("/unet") ? "unet" : "diffwave", golden, nulls, inputs);
      await compare(golden, run, denoiser, batch(golden, `${inputs}/start`), { ...common, noise: injected(golden, `${inputs}/noise`), ...options }, last);
    });

    test("the first ten of a thousand steps", async () => {
      const enough = new AbortController();
      const denoiser = denoiserOf(engine, "diffwave", golden, "zero");
      let compared = 0;
      const run = sampleDiffusion(denoiser, batch(golden, "in/start"), [0, 1], {
        sampler: "cfdg_ddpm", schedule: thousand, noise: injected(golden, "in/noise"), signal: enough.signal,
        onStep: ({ step, x }) => {
          const name = `cfdg_ddpm/diffwave/w1.2_linear_1000_first10/0${step - 1}`;
          if (golden.has(name)) expect([golden.difference(name, x.data) < 1e-4 * Math.max(1, golden.largest(name)), ++compared]).toEqual([true, compared]);
          if (step === 10) enough.abort(new Error("enough"));
        },
      });
      await expect(run).rejects.toThrow("enough");
      expect(compared).toBe(3);
    });
  });
});

(transfer && weightFiles.diffwave ? describe : describe.skip)("starts and transfer runs of the original", () => {
  const golden = transfer!;
  const { recipe } = golden?.recipe as { recipe: { dataset_means: number[]; dataset_stds: number[] } } ?? { recipe: { dataset_means: [], dataset_stds: [] } };
  const schedule = noiseSchedule({ kind: "linear", steps: 20, betaStart: 1e-4, betaEnd: 0.4 });
  const fractions = [0.5, 0.75] as const;
  const source = (): Batch => batch(golden, "start/transfer/frac1/corrected");
  const noise = (): Batch => {
    const { data } = batch(golden, "in/noise");
    return { data: data.slice(0, source().data.length), shape: source().shape };
  };

  test("sources are re-noised alike; the original's are in raw units (defect 8)", () => {
    for (const fraction of fractions) {
      const { data } = renoiseSource(source(), noise(), { schedule, fraction });
      expect(golden.difference(`start/gen_noise/frac${fraction}/corrected`, data)).toBeLessThan(1e-5);
    }
    const raw = source().data.map((z, i) => z * recipe.dataset_stds[i % 5] + recipe.dataset_means[i % 5]);
    expect(golden.difference("start/transfer/frac1/original", raw)).toBeLessThan(1e-4);
  });

  test.each(fast.flatMap((engine) => (["diffwave", "unet"] as const).map((name) => [name, engine.name, engine] as const)))("%s on %s", async (name, _, engine) => {
    await engine.select();
    const denoiser = denoiserOf(engine, name, golden, "zero");
    const differences = denoiserOf(engine, name, withDifferences(golden), "zero");
    for (const units of ["corrected", "original"] as const) {
      for (const fraction of fractions) {
        await compare(golden, `sample/${name}/gen_noise/frac${fraction}/${units}`, denoiser, batch(golden, `start/gen_noise/frac${fraction}/${units}`), {
          sampler: "cfdg_ddpm", schedule, fraction, compat: "original", noise: injected(golden, "in/noise"),
        });
      }
      await compare(golden, `sample/${name}/transfer/frac1/${units}`, differences, batch(golden, `start/transfer/frac1/${units}`), {
        sampler: "cfdg_ddpm", schedule, compat: "original", noise: noNoise,
      });
    }
  });

  /** The perceptual features of transfer are label − source. */
  function withDifferences(from: Golden): Golden {
    return { ...from, values: (name) => from.values(name === "in/c" ? "train/c_difference_corrected" : name) };
  }
});
