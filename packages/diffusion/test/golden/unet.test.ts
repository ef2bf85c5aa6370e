/**
 * @file The U-Net against PyTorch's values and gradients (a tiny one made by `tools/golden/unet.py`, in every clone) and
 * against the Python original's, on TensorFlow.js and as an ONNX model.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { fromTensors, toTensors, type NamedTensors } from "../../src/base/layout.js";
import { DEFAULT_UNET, type UnetConfig } from "../../src/classic/config.js";
import type { ClassicInput } from "../../src/classic/network.js";
import { unetNetwork } from "../../src/classic/unet.js";
import { TRAINABLE_CONDITION, unetTensors } from "../../src/classic/unet-tensors.js";
import { unetGraph } from "../../src/onnx/unet.js";
import { webRuntime } from "../../src/runtime.js";
import { goldenInput, goldenTensors, predict, predictAndGradient, type GoldenCondition } from "../classic-forward.js";
import { installedEngines } from "../engines.js";
import { readGolden, type Golden } from "./reference.js";

const TOLERANCE = 1e-5;
const engines = await installedEngines();
const fast = engines.filter(({ name }) => name !== "cpu");
const runtime = await webRuntime();

/** A network's prediction by ONNX Runtime. */
async function predictByOnnx(config: UnetConfig, tensors: NamedTensors, input: ClassicInput): Promise<Float32Array> {
  const { batch: B, notes: N, noisy, step, score, dropped } = input;
  const session = await runtime.open(unetGraph(config, tensors));
  const { prediction } = await session.run({
    noisy: { data: noisy, shape: [B, N, 5] },
    step: { data: step, shape: [B] },
    score: { data: score, shape: [B, N, 4] },
    perceptual: { data: input.perceptual ?? new Float32Array(B * N * 7), shape: [B, N, 7] },
    dropped: { data: Float32Array.from(dropped), shape: [B] },
  });
  await session.release();
  return prediction;
}

function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
}

describe("a tiny network, in PyTorch", () => {
  const file = JSON.parse(readFileSync(new URL("unet-gradients.json", import.meta.url), "utf8")) as {
    cases: { dimMults: number[]; withTimeEmbedding: boolean; learned: boolean; prediction: number[]; gradients: Record<string, [number, number]> }[];
  };
  const N = 8;
  const score = new Float32Array(2 * N * 4);
  const perceptual = new Float32Array(2 * N * 7);
  formula(2 * N * 11, 1002).forEach((value, i) => {
    const [row, column] = [Math.floor(i / 11), i % 11];
    if (column < 4) score[row * 4 + column] = 3 * value;
    else perceptual[row * 7 + column - 4] = 3 * value;
  });
  const input: ClassicInput = {
    batch: 2, notes: N, noisy: formula(2 * N * 5, 1001), step: Float32Array.of(3, 700.5), score, perceptual, dropped: Uint8Array.of(0, 1),
  };
  const cases = file.cases.map((one) => {
    const config: UnetConfig = {
      ...DEFAULT_UNET, dim: 4, dimMults: one.dimMults, withTimeEmbedding: one.withTimeEmbedding, segmentNotes: N,
      condition: one.learned ? "trainable_score" : "fixed",
    };
    const title = `${one.dimMults.length} levels${one.withTimeEmbedding ? "" : ", no step"}${one.learned ? ", a learned condition" : ""}`;
    return [title, config, one] as const;
  });

  describe.each(engines.map((engine) => [engine.name, engine] as const))("on %s", (name, engine) => {
    beforeAll(() => engine.select());

    // The cpu engine is slow: it takes the small networks only.
    test.each(cases.filter(([, { dimMults }]) => name !== "cpu" || dimMults.length < 3))("%s: prediction and every gradient", (_, config, expected) => {
      const network = unetNetwork(engine, config);
      const before = engine.tf.memory().numTensors;
      const { prediction, gradient } = predictAndGradient(engine, network, fromTensors(network.layout, formulaWeights(config)), input, () => formula(2 * N * 5, 1003));
      expect(engine.tf.memory().numTensors).toBe(before);
      expect(largestDifference(prediction, expected.prediction)).toBeLessThan(TOLERANCE);
      const gradients = Object.entries(toTensors(network.layout, gradient));
      expect(gradients.length).toBe(Object.keys(expected.gradients).length);
      const wrong = gradients.filter(([tensor, { data }]) => {
        const [length, projection] = expected.gradients[tensor];
        const along = formula(data.length, 2000);
        const tolerance = 1e-4 * length + 1e-6;
        return Math.abs(Math.hypot(...data) - length) > tolerance || Math.abs(data.reduce((sum, g, i) => sum + g * along[i], 0) - projection) > 10 * tolerance;
      });
      expect(wrong.map(([tensor]) => tensor)).toEqual([]);
    });
  });

  test.each(cases)("as an ONNX model, %s", async (_, config, expected) => {
    expect(largestDifference(await predictByOnnx(config, formulaWeights(config), input), expected.prediction)).toBeLessThan(TOLERANCE);
  });
});

const golden = readGolden("denoiser_unet");
const weightFile = readGolden("denoiser_unet_weights");

(golden && weightFile ? describe : describe.skip)("the original's values", () => {
  const config: UnetConfig = { ...DEFAULT_UNET, dim: 4, segmentNotes: 100 };
  const file = golden!;
  const inputs: Record<string, ClassicInput> = {};
  for (const notes of [200, 100, 300, 4]) {
    for (const steps of notes === 200 ? [[0, 999], [1, 500], [37, 250], [998, 10]] : [[0, 999]]) {
      for (const condition of ["cond", "zero", "null"] as const) inputs[`out/${notes}/t${steps.join("_")}/${condition}`] = inputOf(file, notes, steps, condition);
    }
  }
  inputs["out/100/t0_999/mask"] = separatelyDropped(file);

  test("all weights have a place", () => {
    const { tensors } = weightFile!.recipe as { tensors: Record<string, [string, ...number[]]> };
    const ours = Object.fromEntries(unetTensors(config).map(({ name, shape }) => [name, ["f32", ...shape]]));
    expect(ours).toEqual(tensors);
  });

  test.each(fast.map((engine) => [engine.name, engine] as const))("on %s", async (_, engine) => {
    await engine.select();
    const network = unetNetwork(engine, config);
    const weights = fromTensors(network.layout, goldenTensors(weightFile!, network.layout.tensors));
    const wrong = Object.entries(inputs).map(([name, input]) => [name, file.difference(name, predict(engine, network, weights, input))] as const);
    expect(wrong.filter(([, difference]) => difference > TOLERANCE)).toEqual([]);
  }, 120_000);

  test("as an ONNX model", async () => {
    const tensors = goldenTensors(weightFile!, unetTensors(config));
    for (const [name, input] of Object.entries(inputs)) {
      expect([name, file.difference(name, await predictByOnnx(config, tensors, input)) < TOLERANCE]).toEqual([name, true]);
    }
  }, 60_000);
});

function inputOf(file: Golden, notes: number, steps: readonly number[], condition: GoldenCondition): ClassicInput {
  return { ...goldenInput(file, notes, steps, condition), perceptual: condition === "zero" ? null : file.values(`in/${notes}/c`) };
}

/** The original draws the loss of score and of perceptual features apart; here the second example has no score, the first no feel. */
function separatelyDropped(file: Golden): ClassicInput {
  const score = file.values("in/100/s").slice().fill(-1, 100 * 4);
  const perceptual = file.values("in/100/c").slice().fill(-1, 0, 100 * 7);
  return { ...goldenInput(file, 100, [0, 999], "cond"), score, perceptual };
}

/** The formula of `tools/golden/unet.py`. */
function formula(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const value = 1e4 * Math.sin((i + 1) * 0.7 + seed);
    return 2 * (value - Math.floor(value)) - 1;
  });
}

/** Weights by the formula, scaled as there. */
function formulaWeights(config: UnetConfig): NamedTensors {
  const weights: Record<string, NamedTensors[string]> = {};
  unetTensors(config).filter(({ name }) => name !== TRAINABLE_CONDITION).forEach(({ name, shape }, seed) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const inputs = size / shape[0];
    const isNorm = shape.length === 1 && name.endsWith(".weight");
    weights[name] = { shape, data: formula(size, seed).map((v) => (isNorm ? 1 + 0.3 * v : inputs > 1 ? v / Math.sqrt(inputs) : 0.3 * v)) };
  });
  if (config.condition === "trainable_score") weights[TRAINABLE_CONDITION] = { shape: [11, 8], data: formula(88, 1004) };
  return weights;
}
