/**
 * @file The loss of the Python original by value: every mode, distance, bound and weighting, on the predictions of its DiffWave.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { DEFAULT_DIFFWAVE } from "../../src/classic/config.js";
import { diffWaveNetwork } from "../../src/classic/diffwave.js";
import {
  classicLoss, LOSS_TERMS, ORIGINAL_LOSS_KEYS, TRAINING_MODES,
  type ClassicLoss, type ClassicLossInput, type ClassicLossOptions, type LossType, type TrainingMode,
} from "../../src/classic/losses.js";
import { noiseSchedule } from "../../src/sampling/noise-schedule.js";
import { addNoise, cleanMix, noiseLevel } from "../../src/sampling/prediction.js";
import { goldenWeights, predict } from "../classic-forward.js";
import { installedEngines } from "../engines.js";
import { readGolden } from "./reference.js";

const DISTANCES: readonly LossType[] = ["l1", "l2", "huber"];

/** Variants of the original's loss: what the reference values call them, and our options. */
const VARIANTS: readonly (readonly [suffix: string, modes: readonly TrainingMode[], losses: readonly LossType[], options: Partial<ClassicLossOptions>])[] = [
  ["", ["epsilon", "ex_0"], DISTANCES, { compat: "original" }],
  ["", ["x_0"], DISTANCES, {}],
  ["/corrected", ["epsilon", "ex_0"], DISTANCES, { bound: "none" }],
  ["/corrected, clamped to -1..1", ["epsilon", "ex_0"], DISTANCES, { bound: { clamp: 1 } }],
  ["/diffusion_loss only", ["epsilon"], ["l1"], { compat: "original", terms: ["diffusion"] }],
  ["/weights 1 2 3 4 5, recon 0.5", ["epsilon"], ["l1"], { compat: "original", weights: [1, 2, 3, 4, 5], reconstructionWeight: 0.5 }],
];

const golden = readGolden("losses");
const weightFile = readGolden("denoiser_diffwave_weights");

(golden && weightFile ? describe : describe.skip)("losses against PyTorch", () => {
  const file = golden!;
  const expected = (golden?.recipe as { readonly loss: Record<string, Record<string, number>> } | undefined)?.loss ?? {};
  const shape = [6, 100, 5] as const;
  const { alphaBars } = noiseSchedule({ kind: "linear", steps: 1000, betaStart: 1e-4, betaEnd: 0.02 });
  let bars: number[] = [];
  let prediction = new Float32Array();
  let given: Omit<ClassicLossInput, "prediction">;

  beforeAll(async () => {
    const [engine] = await installedEngines();
    await engine.select();
    bars = Array.from(file.values("in/t"), (step) => alphaBars[step]);
    given = { shape, clean: file.values("in/p"), noise: file.values("in/noise"), noisy: file.values("x_t"), alphaBar: bars };
    const network = diffWaveNetwork(engine, { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, segmentNotes: 100, film: false });
    prediction = Float32Array.from(predict(engine, network, goldenWeights(network, weightFile!), {
      batch: 6, notes: 100, noisy: given.noisy, step: file.values("in/t"), score: file.values("in/s"), perceptual: null,
      dropped: Uint8Array.from(file.values("in/mask")),
    }));
  });

  test("noisy data, and the clean data in them", () => {
    const { data } = addNoise({ data: given.clean, shape }, { data: given.noise, shape }, bars);
    expect(file.difference("x_t", data)).toBeLessThan(1e-5);
    const eps = file.values("in/eps_for_x0");
    const rebuilt = given.noisy.map((x, i) => {
      const { ofNoisy, ofPrediction } = cleanMix("noise", noiseLevel(bars[Math.floor(i / 500)]));
      return ofNoisy * x + ofPrediction * eps[i];
    });
    // The last step divides by 0.0064.
    expect(file.difference("x0_corrected", rebuilt)).toBeLessThan(1e-5 * file.largest("x0_corrected"));
  });

  test("every variant has its reference values, and every reference value its variant", () => {
    const names = VARIANTS.flatMap(([suffix, modes, losses]) => modes.flatMap((mode) => losses.map((loss) => `${mode}/${loss}${suffix}`)));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(VARIANTS.flatMap(([suffix, modes, losses, options]) =>
    modes.flatMap((mode) => losses.map((loss) => [`${mode}/${loss}${suffix}`, { ...TRAINING_MODES[mode], loss, ...options }] as const)),
  ))("%s", (name, options) => {
    const { total, terms }: ClassicLoss = classicLoss({ ...given, prediction }, options);
    const reference = expected[name];
    const apart = [["total", total / reference.total], ...LOSS_TERMS.map((term, k) => [term, terms[term] / reference[ORIGINAL_LOSS_KEYS[k]]] as const)] as const;
    expect(apart.filter(([, ratio]) => !(Math.abs(ratio - 1) < 1e-5))).toEqual([]);
  });
});
