/**
 * @file The samplers against the Python original's reverse runs, with its weights and its noise.
 */
import { classicTensors } from "../../src/classic/checkpoint.js";
import { createClassicModel } from "../../src/classic/classic-model.js";
import { DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, DEFAULT_UNET, type ClassicConfig, type ClassicNetworkConfig } from "../../src/classic/config.js";
import type { ClassicCondition } from "../../src/classic/network.js";
import type { Batch, Denoiser } from "../../src/denoiser.js";
import { webRuntime } from "../../src/runtime.js";
import { noiseSchedule } from "../../src/sampling/noise-schedule.js";
import { noNoise, type NoiseSource } from "../../src/sampling/samplers/noise-source.js";
import { sampleDiffusion, type DiffusionSampleOptions } from "../../src/sampling/samplers/sample-diffusion.js";
import { renoiseSource } from "../../src/sampling/samplers/starts.js";
import { goldenTensors } from "../classic-forward.js";
import { readGolden, type Golden } from "./reference.js";

const file = readGolden("samplers");
const transfer = readGolden("transfer");
const weightFiles = { diffwave: readGolden("denoiser_diffwave_weights"), unet: readGolden("denoiser_unet_weights") };

type NetworkName = "diffwave" | "unet";
type NullCondition = "zero" | "null";

const runtime = await webRuntime();
const opened = new Map<string, Promise<Denoiser<ClassicCondition>>>();

/** The original's networks, with one of its two null conditions: zeros, or training's. */
function denoiserOf(name: NetworkName, nullCondition: NullCondition): Promise<Denoiser<ClassicCondition>> {
  const key = `${name} ${nullCondition}`;
  const denoiser = opened.get(key) ?? openDenoiser(name, nullCondition);
  opened.set(key, denoiser);
  return denoiser;
}

async function openDenoiser(name: NetworkName, nullCondition: NullCondition): Promise<Denoiser<ClassicCondition>> {
  const network = NETWORKS[name];
  const config: ClassicConfig = {
    format: "dexter-classic", version: 1, network, prediction: "noise", schedule: DEFAULT_NOISE_SCHEDULE, scale: null, training: {},
    nullCondition: nullCondition === "zero" ? "original" : "consistent",
  };
  const tensors = goldenTensors(weightFiles[name]!, classicTensors(network));
  return (await createClassicModel({ config, tensors }, { runtime })).denoiser;
}

const NETWORKS: Readonly<Record<NetworkName, ClassicNetworkConfig>> = {
  diffwave: { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, film: false },
  unet: { ...DEFAULT_UNET, dim: 4, segmentNotes: 100 },
};

/** What each element of a topic is conditioned on. */
function conditionsOf(from: Golden, inputs = "in", perceptual = `${inputs}/c`): ClassicCondition[] {
  const of = (name: string, b: number): Float32Array => {
    const values = from.values(name);
    const size = values.length / from.shape(name)[0];
    return values.slice(b * size, (b + 1) * size);
  };
  return Array.from({ length: from.shape(`${inputs}/s`)[0] }, (_, b) => ({ score: of(`${inputs}/s`, b), perceptual: of(perceptual, b) }));
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
  from: Golden, run: string, denoiser: Denoiser<ClassicCondition>, conditions: readonly ClassicCondition[], start: Batch, options: DiffusionSampleOptions, last = (x: number): number => x,
): Promise<void> {
  let compared = 0;
  const stored = (k: number): string => `${run}/${String(k).padStart(2, "0")}`;
  await sampleDiffusion(denoiser, start, conditions, {
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
// Without a corrected form there is nothing to compare `cfdg_ddpm_x0` of the original with: its noise is wrong at every step (defect 5).
    { run: "cfdg_ddpm_x0_corrected/diffwave/epsilon/w1.2", options: { sampler: "cfdg_ddpm_x0", prediction: "noise" } },
    { run: "cfdg_ddim_x0_corrected/diffwave/w1.2", options: { sampler: "cfdg_ddim_x0" } },
    // The original guides this one by 1 + w.
    ...[0, 1.2].map((w): Run => ({ run: `cfdg_ddim_x0/diffwave/w${w}`, nulls: "zero", last: tooLarge, options: { sampler: "cfdg_ddim_x0", guidance: 1 + w } })),
    ...[0, 1.2].map((w): Run => ({ run: `cfdg_ddpm/unet/w${w}`, nulls: "zero", options: { sampler: "cfdg_ddpm", guidance: w } })),
    { run: "cfdg_ddpm_corrected/unet/w1.2", options: { sampler: "cfdg_ddpm" } },
  ];

  test.each(runs.map((run) => [run.run, run] as const))("%s", async (_name, { run, nulls = "null", inputs = "in", last, options }) => {
    const denoiser = await denoiserOf(run.includes("/unet") ? "unet" : "diffwave", nulls);
    const all = { ...common, noise: injected(golden, `${inputs}/noise`), ...options };
    await compare(golden, run, denoiser, conditionsOf(golden, inputs), batch(golden, `${inputs}/start`), all, last);
  });

  test("the first ten of a thousand steps", async () => {
      const enough = new AbortController();
      const denoiser = await denoiserOf("diffwave", "zero");
      let compared = 0;
      const run = sampleDiffusion(denoiser, batch(golden, "in/start"), conditionsOf(golden), {
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

  test.each(["diffwave", "unet"] as const)("%s", async (name) => {
    const denoiser = await denoiserOf(name, "zero");
    for (const units of ["corrected", "original"] as const) {
      for (const fraction of fractions) {
        await compare(golden, `sample/${name}/gen_noise/frac${fraction}/${units}`, denoiser, conditionsOf(golden), batch(golden, `start/gen_noise/frac${fraction}/${units}`), {
          sampler: "cfdg_ddpm", schedule, fraction, compat: "original", noise: injected(golden, "in/noise"),
        });
      }
      // The perceptual features of transfer are label − source.
      const differences = conditionsOf(golden, "in", "train/c_difference_corrected");
      await compare(golden, `sample/${name}/transfer/frac1/${units}`, denoiser, differences, batch(golden, `start/transfer/frac1/${units}`), {
        sampler: "cfdg_ddpm", schedule, compat: "original", noise: noNoise,
      });
    }
  });
});
