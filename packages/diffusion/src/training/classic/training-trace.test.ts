/**
 * @file Ten steps of Adam against the Python original's, with its noise, its
 * steps and its dropped conditions, on every installed engine but `cpu`, which is slow.
 */
import { describe, expect, test } from "@jest/globals";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { installedEngines } from "../../../test/engines.js";
import { readGolden } from "../../../test/golden/reference.js";
import { decayMask, fromTensors, toTensors } from "../../base/layout.js";
import { DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, type DiffWaveConfig } from "../../classic/config.js";
import { diffWaveNetwork } from "../../classic/diffwave.js";
import { diffWaveTensors } from "../../classic/diffwave-layout.js";
import { noiseSchedule } from "../../sampling/noise-schedule.js";
import { adamwStep, trainee, type AdamOptions } from "../adamw.js";
import { classicTrainingOptions, type PartialClassicTraining } from "./classic-options.js";
import { composeQuestion } from "./denoising-question.js";
import { denoisingStep, lossOptions } from "./denoising-step.js";

const STEPS = 10;
const [B, N] = [8, 100];
const ADAM: AdamOptions = { steps: STEPS, warmup: 0, learningRate: 1e-3, decay: "constant", weightDecay: 0, clipNorm: Infinity, ema: 0 };
const network: DiffWaveConfig = { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, segmentNotes: N, film: false };
const RUNS: Readonly<Record<string, Pick<PartialClassicTraining, "objective" | "loss">>> = {
  epsilon_l1_corrected: { objective: "noise", loss: { kind: "l1", bound: "none" } },
  epsilon_l1_original: { objective: "noise", loss: { kind: "l1", compat: "original" } },
  epsilon_l2_diffusion_only: { objective: "noise", loss: { kind: "l2", terms: ["diffusion"] } },
  x_0_huber: { objective: "x0", loss: { kind: "huber" } },
};

/** Runs whose final weights are stored; of the embedding's layers the first rows alone. */
const WITH_WEIGHTS: readonly string[] = ["epsilon_l1_corrected", "epsilon_l2_diffusion_only"];

interface Trace {
  readonly loss: readonly number[];
  readonly grad_norms_step0: Readonly<Record<string, number>>;
  /** Sum, and sum of the absolute values. */
  readonly final_weight_sums: Readonly<Record<string, readonly [number, number]>>;
}

const golden = readGolden("training_trace");
const weightFile = readGolden("denoiser_diffwave_weights");
const engines = (await installedEngines()).filter(({ name }) => name !== "cpu");

(golden && weightFile ? describe : describe.skip).each(engines.map((engine) => [engine.name, engine] as const))("ten steps on %s", (_, engine) => {
  test.each(Object.keys(RUNS))("%s ends where the original ends", async (run) => {
    await engine.select();
    const trace = (golden!.recipe as Record<string, Trace>)[run];
    const net = diffWaveNetwork(engine, network);
    const tensors = Object.fromEntries(
      diffWaveTensors(network).map((spec) => [spec.name, { shape: weightFile!.shape(spec.name), data: weightFile!.values(spec.name) }]),
    );
    const options = classicTrainingOptions({ ...RUNS[run], network });
    const kind = { schedule: noiseSchedule(DEFAULT_NOISE_SCHEDULE), objective: options.objective };
    const ofStep = (tensor: string, step: number, size: number) => golden!.values(`in/${tensor}`).subarray(step * size, (step + 1) * size);
    const questionOf = (step: number) => composeQuestion(kind, {
      batch: B, notes: N, clean: golden!.values("in/p"), noise: ofStep("noise", step, B * N * 5), score: golden!.values("in/s"), perceptual: null,
      mask: new Uint8Array(B * N).fill(1), dropped: Uint8Array.from(ofStep("mask", step, B)),
    }, [...ofStep("t", step, B)]);
    const state = trainee(fromTensors(net.layout, tensors));
    const decay = decayMask(net.layout);
    const before = engine.tf.memory().numTensors;
    for (let step = 0; step < STEPS; step++) {
      const vector = engine.tf.tensor1d(state.weights) as Tensor1D;
      const { loss, gradient } = await denoisingStep(engine, net, vector, questionOf(step), lossOptions(options), true);
      vector.dispose();
      // Errors grow from step to step: 1e-5 at the first, 1e-4 at the last.
      const allowed = step < 3 ? 1e-5 : 1e-4;
      expect(Math.abs(loss / trace.loss[step] - 1)).toBeLessThan(allowed);
      if (step === 0) {
        for (const [tensor, { data }] of Object.entries(toTensors(net.layout, gradient!))) {
          const norm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
          expect([tensor, Math.abs(norm / trace.grad_norms_step0[tensor] - 1) < 1e-4]).toEqual([tensor, true]);
        }
      }
      adamwStep(state, gradient!, decay, ADAM);
    }
    expect(engine.tf.memory().numTensors).toBe(before);
    const final = toTensors(net.layout, state.weights);
    for (const [tensor, [sum, absolute]] of Object.entries(trace.final_weight_sums)) {
      const { data } = final[tensor];
      // A value in two thousand may have taken a step the other way (L1 at its ties).
      const allowed = 2e-4 * Math.sqrt(data.length) + 2e-3 * Math.ceil(data.length / 2000);
      expect([tensor, Math.abs(data.reduce((a, b) => a + b, 0) - sum) < allowed]).toEqual([tensor, true]);
      expect([tensor, Math.abs(data.reduce((a, b) => a + Math.abs(b), 0) - absolute) < allowed]).toEqual([tensor, true]);
      if (!WITH_WEIGHTS.includes(run)) continue;
      const known = golden!.values(`final/${run}/${tensor}`);
      const distances = Array.from(known, (value, i) => Math.abs(value - data[i])).sort((a, b) => b - a);
      expect(distances[0]).toBeLessThan(2e-3);
      expect(distances[Math.ceil(distances.length / 500)] ?? 0).toBeLessThan(2e-4);
    }
  });
});
