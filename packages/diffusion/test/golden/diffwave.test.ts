/**
 * @file DiffWave against the Python original's values, on every engine that is installed and as an ONNX model.
 */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { fromTensors, toTensors, type NamedTensors } from "../../src/base/layout.js";
import { Weights } from "../../src/base/weights.js";
import { DEFAULT_DIFFWAVE, type DiffWaveConfig, type MinMaxConfig } from "../../src/classic/config.js";
import { diffWaveNetwork } from "../../src/classic/diffwave.js";
import type { ClassicInput } from "../../src/classic/network.js";
import { stepLayers } from "../../src/classic/diffwave-blocks.js";
import { diffWaveLayout, diffWaveTensors, STEP_CHANNELS, TRAINABLE_SCORE } from "../../src/classic/diffwave-layout.js";
import { classicLoss } from "../../src/classic/losses.js";
import { minMax } from "../../src/classic/min-max.js";
import { EMBEDDING_WIDTH, embedSteps, stepEmbeddingTable } from "../../src/classic/step-embedding.js";
import { goldenInput, goldenTensors, goldenWeights, predict, predictAndGradient, type GoldenCondition } from "../classic-forward.js";
import { installedEngines } from "../engines.js";
import { diffWaveGraph } from "../../src/onnx/diffwave.js";
import { webRuntime } from "../../src/runtime.js";
import { openGolden, readGolden } from "./reference.js";

const TOLERANCE = 1e-5;
const CONDITIONS: readonly GoldenCondition[] = ["cond", "zero", "null"];
const engines = await installedEngines();
const fast = engines.filter(({ name }) => name !== "cpu");

const small: DiffWaveConfig = { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, segmentNotes: 100, film: false };
const variant: DiffWaveConfig = { ...small, residualChannels: 6, residualLayers: 5, kernelSize: 5, dilationBase: 3, dilationBound: 2 };

describe("an excerpt of the original's values", () => {
  const excerpt = openGolden(fileURLToPath(new URL("diffwave-excerpt.safetensors", import.meta.url)));

  /** Weights whose step layers, left out of the excerpt, give this output at any step. */
  function weightsWithStep(config: DiffWaveConfig, prefix: string, step: Float32Array): Float32Array {
    const layout = diffWaveLayout(config);
    const known = diffWaveTensors(config).filter(({ name }) => !name.startsWith("diffusion_embedding.") && name !== TRAINABLE_SCORE);
    const tensors: Record<string, NamedTensors[string]> = { ...goldenTensors(excerpt, known, prefix) };
    const parameter = { shape: [4, 100], data: excerpt.values("trainable/parameter") };
    if (config.condition === "trainable_score") tensors[TRAINABLE_SCORE] = parameter;
    for (const [name, inputs] of [["projection1", EMBEDDING_WIDTH], ["projection2", STEP_CHANNELS]] as const) {
      tensors[`diffusion_embedding.${name}.weight`] = { shape: [STEP_CHANNELS, inputs], data: new Float32Array(STEP_CHANNELS * inputs) };
      tensors[`diffusion_embedding.${name}.bias`] = { shape: [STEP_CHANNELS], data: step.map(inverseSilu) };
    }
    return fromTensors(layout, tensors);
  }

  /** Predict each example with its own step's output. */
  function predictBoth(engine: (typeof engines)[number], config: DiffWaveConfig, prefix: string, notes: number, condition: GoldenCondition, step: Float32Array): Float32Array {
    const network = diffWaveNetwork(engine, config);
    const both = goldenInput(excerpt, notes, [0, 0], condition);
    const half = (data: Float32Array, b: number): Float32Array => data.subarray((b * data.length) / 2, ((b + 1) * data.length) / 2);
    return Float32Array.from([0, 1].flatMap((b) => [
      ...predict(engine, network, weightsWithStep(config, prefix, half(step, b)), {
        ...both, batch: 1, noisy: half(both.noisy, b), score: half(both.score, b), step: Float32Array.of(0), dropped: both.dropped.subarray(b, b + 1),
      }),
    ]));
  }

  const cases = ([7, 100] as const).flatMap((notes) =>
    [...CONDITIONS, ...(notes === 100 ? ["mask" as const] : [])].map((condition) => [notes, condition] as const));

  describe.each(engines.map((engine) => [engine.name, engine] as const))("on %s", (_, engine) => {
    beforeAll(() => engine.select());

    const few = engine.name === "cpu" ? cases.filter(([notes]) => notes === 7) : cases;

    test.each(few)("%i notes, condition: %s", (notes, condition) => {
      const output = predictBoth(engine, small, "weights/", notes, condition, excerpt.values("mid/diffusion_embedding"));
      const name = `out/${notes}/t0_999/${condition}`;
      expect(excerpt.largest(name)).toBeGreaterThan(0.1);
      expect(excerpt.difference(name, output)).toBeLessThan(TOLERANCE);
    });

    if (engine.name === "cpu") return; // minutes there, where they are seconds elsewhere

    test("five taps and other dilations", () => {
      expect(excerpt.difference("variant/out", predictBoth(engine, variant, "variant/", 100, "cond", excerpt.values("variant/step_embedding")))).toBeLessThan(TOLERANCE);
    });

    test("a learned condition", () => {
      const output = predictBoth(engine, { ...small, condition: "trainable_score" }, "weights/", 100, "mask", excerpt.values("mid/diffusion_embedding"));
      expect(excerpt.difference("trainable/out", output)).toBeLessThan(TOLERANCE);
    });
  });

  test("the table of embedded steps", () => {
    const table = stepEmbeddingTable(1000);
    const rows = [...excerpt.values("embedding_table/rows")].flatMap((row) => [...table.subarray(row * EMBEDDING_WIDTH, (row + 1) * EMBEDDING_WIDTH)]);
    expect(excerpt.difference("embedding_table/values", rows)).toBeLessThan(1e-7);
  });
});

const golden = readGolden("denoiser_diffwave");
const weightFile = readGolden("denoiser_diffwave_weights");

(golden && weightFile ? describe : describe.skip)("all of the original's values", () => {
  const file = golden!;
  const cases = [
    ...[[0, 999], [1, 500], [37, 250], [998, 10]].map((steps) => [200, steps] as const),
    ...[100, 300, 7].map((notes) => [notes, [0, 999]] as const),
  ].flatMap(([notes, steps]) => CONDITIONS.map((condition) => [notes, steps, condition] as const));

  describe.each(fast.map((engine) => [engine.name, engine] as const))("on %s", (_, engine) => {
    beforeAll(() => engine.select());

    test.each(cases)("%i notes, steps %j, condition: %s", (notes, steps, condition) => {
      const network = diffWaveNetwork(engine, small);
      const output = predict(engine, network, goldenWeights(network, weightFile!), goldenInput(file, notes, steps, condition));
      expect(file.difference(`out/${notes}/t${steps.join("_")}/${condition}`, output)).toBeLessThan(TOLERANCE);
    });

    test("the gradient of a learned condition", () => {
      const network = diffWaveNetwork(engine, { ...small, condition: "trainable_score" });
      const tensors = { ...goldenTensors(weightFile!, diffWaveTensors(small)), [TRAINABLE_SCORE]: { shape: [4, 100], data: file.values("trainable/parameter") } };
      const { prediction, gradient } = predictAndGradient(
        engine, network, fromTensors(network.layout, tensors), goldenInput(file, 100, [0, 999], "mask"), (p) => p.map((x) => (2 * x) / p.length),
      );
      expect(file.difference("trainable/out", prediction)).toBeLessThan(TOLERANCE);
      const learned = toTensors(network.layout, gradient)[TRAINABLE_SCORE].data;
      expect(file.difference("trainable/grad_of_mean_square", learned)).toBeLessThan(1e-4 * file.largest("trainable/grad_of_mean_square"));
    });

    test.each([3.25, 17.5])("the embedding of step %d, between two rows", (step) => {
      const { tf } = engine;
      const layout = diffWaveLayout(small);
      const output = tf.tidy(() => {
        const weights = new Weights(engine, layout, tf.tensor1d(fromTensors(layout, goldenTensors(weightFile!, layout.tensors))));
        return stepLayers(engine, weights, tf.tensor2d(embedSteps(file.values("embedding_table"), Float32Array.of(step)), [1, EMBEDDING_WIDTH])).output.dataSync();
      }) as unknown as Float32Array;
      expect(file.difference(`fractional/${step}`, output)).toBeLessThan(TOLERANCE);
    });
  });

  /** Predict with ONNX Runtime. */
  async function predictByOnnx(config: DiffWaveConfig, tensors: NamedTensors, inputs: Readonly<Record<string, ClassicInput>>): Promise<Record<string, Float32Array>> {
    const session = await (await webRuntime()).open(diffWaveGraph(config, tensors));
    const predictions: Record<string, Float32Array> = {};
    for (const [name, { batch: B, notes: N, noisy, step, score, dropped }] of Object.entries(inputs)) {
      const { prediction } = await session.run({
        noisy: { data: noisy, shape: [B, N, 5] }, step: { data: step, shape: [B] }, score: { data: score, shape: [B, N, 4] },
        dropped: { data: Float32Array.from(dropped), shape: [B] },
      });
      predictions[name] = prediction;
    }
    await session.release();
    return predictions;
  }

  test("as an ONNX model", async () => {
    const inputs = Object.fromEntries(cases.map(([notes, steps, condition]) => [`out/${notes}/t${steps.join("_")}/${condition}`, goldenInput(file, notes, steps, condition)]));
    inputs["out/100/t0_999/mask"] = goldenInput(file, 100, [0, 999], "mask");
    const predictions = await predictByOnnx(small, goldenTensors(weightFile!, diffWaveTensors(small)), inputs);
    expect(Object.keys(predictions).length).toBe(22);
    expect(Object.entries(predictions).filter(([name, values]) => !(file.difference(name, values) < TOLERANCE)).map(([name]) => name)).toEqual([]);
  });

  test("as an ONNX model with a learned condition", async () => {
    const learned = { ...goldenTensors(weightFile!, diffWaveTensors(small)), [TRAINABLE_SCORE]: { shape: [4, 100], data: file.values("trainable/parameter") } };
    const input = { "trainable/out": goldenInput(file, 100, [0, 999], "mask") };
    const { "trainable/out": output } = await predictByOnnx({ ...small, condition: "trainable_score" }, learned, input);
    expect(file.difference("trainable/out", output)).toBeLessThan(TOLERANCE);
  });

  test("the table of embedded steps", () => {
    expect(file.difference("embedding_table", stepEmbeddingTable(1000))).toBeLessThan(1e-7);
  });
});

const losses = readGolden("losses");

(losses && weightFile ? describe : describe.skip)("gradients of the original's loss", () => {
  const file = losses!;
  const alphaBar = alphaBars(file.values("in/t"));

  test.each(fast.map((engine) => [engine.name, engine] as const))("on %s", async (_, engine) => {
    await engine.select();
    const network = diffWaveNetwork(engine, small);
    for (const compat of [undefined, "original"] as const) {
      const { gradient } = predictAndGradient(engine, network, goldenWeights(network, weightFile!), {
        batch: 6, notes: 100, noisy: file.values("x_t"), step: file.values("in/t"), score: file.values("in/s"), perceptual: null,
        dropped: Uint8Array.from(file.values("in/mask")),
      }, (prediction) => classicLoss(
        { shape: [6, 100, 5], prediction, clean: file.values("in/p"), noise: file.values("in/noise"), noisy: file.values("x_t"), alphaBar },
        { kind: "noise", bound: "none", ...(compat && { compat }) },
      ).gradient);
      const tensors = toTensors(network.layout, gradient);
      for (const name of ["input_projection.weight", "output_projection.bias", "residual_layers.0.conditioner_projection.weight",
        "residual_layers.1.dilated_conv.weight", "residual_layers.2.diffusion_projection.bias", "skip_projection.weight"]) {
        const reference = `grad_${compat ?? "corrected"}/${name}`;
        expect(file.difference(reference, tensors[name].data)).toBeLessThan(1e-4 * file.largest(reference));
      }
    }
  });
});

const normalization = readGolden("normalization");

(normalization ? describe : describe.skip)("min–max normalization of the original", () => {
  test.each((["rowwise", "framewise", "imagewise"] as const).flatMap((mode) => [[mode, 0, 1], [mode, -1, 2]] as const))("%s, %d to %d", (mode, low, high) => {
    // Stored [B, S, N]; here features lie last.
    const transpose = (data: Float32Array, rows: number, columns: number): Float32Array =>
      data.map((_, i) => data[Math.floor(i / 40) * 40 + (i % columns) * rows + Math.floor((i % 40) / columns)]);
    const config: MinMaxConfig = { low, high, mode };
    const output = new Float32Array(3 * 40);
    minMax(transpose(normalization!.values("in/x"), 10, 4), [3, 10, 4], config, output);
    expect(normalization!.difference(`minmax/${mode}/${low}_${high}`, transpose(output, 4, 10))).toBeLessThan(1e-6);
  });
});

/** ᾱ of a step in the usual schedule, β from 1e-4 to 0.02 in 1000 steps, rounded as PyTorch rounds: 1 − ᾱ cancels at step 0. */
function alphaBars(t: Float32Array): number[] {
  const alphaBar: number[] = [];
  for (let step = 0, product = 1; step < 1000; step++) alphaBar.push((product = Math.fround(product * Math.fround(1 - Math.fround(1e-4 + ((0.02 - 1e-4) * step) / 999)))));
  return Array.from(t, (step) => alphaBar[step]);
}

/** x with x·σ(x) = y, by Newton's method on the branch right of the minimum. */
function inverseSilu(y: number): number {
  let x = Math.max(y, -1);
  for (let i = 0; i < 60; i++) {
    const gate = 1 / (1 + Math.exp(-x));
    const slope = gate * (1 + x * (1 - gate));
    x = Math.max(x - (x * gate - y) / Math.max(slope, 1e-3), -1.2784);
  }
  return x;
}
