/**
 * @file DiffWave's ONNX model against TensorFlow.js, and classic checkpoints written, read and refused.
 */
import { describe, expect, test } from "@jest/globals";
import { differingTensors } from "../../test/differing-tensors.js";
import { installedEngines } from "../../test/engines.js";
import { normals, testConfig, testWeights } from "../../test/random-model.js";
import { toTensors } from "../base/layout.js";
import { randomStream } from "../base/random-stream.js";
import { readCheckpoint, writeCheckpoint } from "../checkpoint.js";
import { readClassicCheckpoint, writeClassicCheckpoint } from "../classic/checkpoint.js";
import { createClassicModel } from "../classic/classic-model.js";
import { DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, type ClassicConfig, type DiffWaveConfig } from "../classic/config.js";
import { diffWaveNetwork } from "../classic/diffwave.js";
import { initialDiffWave } from "../classic/diffwave-layout.js";
import { EMBEDDING_NAME } from "../classic/step-embedding.js";
import { tensorDenoiser } from "../classic/tensor-denoiser.js";
import { webRuntime } from "../runtime.js";

const N = 9;
const tiny: DiffWaveConfig = { ...DEFAULT_DIFFWAVE, segmentNotes: N, residualChannels: 6, residualLayers: 3, diffusionSteps: 40 };
const [engine] = await installedEngines();

function configOf(network: DiffWaveConfig, nullCondition: ClassicConfig["nullCondition"] = "consistent"): ClassicConfig {
  return {
    format: "dexter-classic", version: 1, network, prediction: "noise", schedule: { ...DEFAULT_NOISE_SCHEDULE, steps: 40 }, scale: null, nullCondition, training: {},
  };
}

function checkpointOf(config: ClassicConfig & { network: DiffWaveConfig }) {
  const network = diffWaveNetwork(engine, config.network);
  const random = randomStream(9);
  const weights = initialDiffWave(network.layout, random).map((w) => w + 0.1 * random.normal());
  return { network, weights, source: { config, tensors: toTensors(network.layout, weights) } };
}

const conditions = [{ score: normals(N * 4, 3), perceptual: normals(N * 7, 4) }, null, { score: normals(N * 4, 5) }];
const noisy = { data: normals(3 * N * 5), shape: [3, N, 5] as const };
const step = Float32Array.of(0, 12.5, 39);

describe("DiffWave as ONNX", () => {
  test.each([
    ["with FiLM", tiny, "consistent"],
    ["the null condition of the original's samplers", tiny, "original"],
    ["a learned null condition, another range", { ...tiny, film: false, condition: "trainable_score", kernelSize: 5, normalization: { low: -1, high: 1, mode: "framewise" } }, "consistent"],
    ["one range for all features", { ...tiny, film: false, normalization: { low: 0, high: 1, mode: "imagewise" } }, "consistent"],
  ] as const)("agrees with TensorFlow.js: %s", async (_, network, nullCondition) => {
    await engine.select();
    const config = { ...configOf(network, nullCondition), network };
    const trained = checkpointOf(config);
    const expected = await tensorDenoiser(engine, trained.network, trained.weights, config)(noisy, step, conditions);
    const model = await createClassicModel(trained.source, { runtime: await webRuntime() });
    const actual = await model.denoiser(noisy, step, conditions);
    expect(actual.shape).toEqual([3, N, 5]);
    expect(Math.max(...expected.data)).toBeGreaterThan(0.1);
    actual.data.forEach((value, i) => expect(Math.abs(value - expected.data[i])).toBeLessThan(2e-5));
    await model.release();
  });

  test("a flow is asked by its time, from noise to data, on either side", async () => {
    await engine.select();
    const config: ClassicConfig & { network: DiffWaveConfig } = { ...configOf(tiny), network: tiny, prediction: "flow" };
    const trained = checkpointOf(config);
    const time = Float32Array.of(0, 0.25, 1);
    const expected = await tensorDenoiser(engine, trained.network, trained.weights, config)(noisy, time, conditions);
    const asSteps = await tensorDenoiser(engine, trained.network, trained.weights, { ...config, prediction: "v" })(noisy, time.map((t) => 39 * (1 - t)), conditions);
    expect(asSteps.data).toEqual(expected.data);
    const model = await createClassicModel(trained.source, { runtime: await webRuntime() });
    const actual = await model.denoiser(noisy, time, conditions);
    actual.data.forEach((value, i) => expect(Math.abs(value - expected.data[i])).toBeLessThan(2e-5));
    await model.release();
  });

  test("a step outside the table is refused", async () => {
    const model = await createClassicModel(checkpointOf({ ...configOf(tiny), network: tiny }).source, { runtime: await webRuntime() });
    await expect(model.denoiser(noisy, Float32Array.of(0, 1, 40), conditions)).rejects.toThrow("the diffusion step must be in [0, 39], got 40.");
    await expect(model.denoiser(noisy, step, [null, null, { score: new Float32Array(3) }])).rejects.toThrow("score must be [9, 4], got 3 values.");
  });
});

describe("a classic checkpoint", () => {
  const { source } = checkpointOf({ ...configOf(tiny), network: tiny });

  test("comes back as it was, with the table of its steps", () => {
    const files = writeClassicCheckpoint({ ...source, card: "A card." });
    const read = readClassicCheckpoint(files);
    expect(read.config).toEqual(source.config);
    expect(read.card).toBe("A card.");
    expect(read.tensors[EMBEDDING_NAME].shape).toEqual([40, 128]);
    const { [EMBEDDING_NAME]: table, ...weights } = read.tensors;
    expect(table.data.length).toBe(40 * 128);
    expect(differingTensors(weights, source.tensors)).toEqual([]);
    expect(Buffer.compare(writeClassicCheckpoint(read).weights, files.weights)).toBe(0);
  });

  test("is not taken for one of the base model, nor the other way round", () => {
    const config = testConfig();
    const base = writeCheckpoint({ config, weights: testWeights(config) });
    const classic = writeClassicCheckpoint(source);
    expect(() => readClassicCheckpoint(base)).toThrow("config.json is of a dexter-base checkpoint, expected dexter-classic: read it with loadModel");
    expect(() => readCheckpoint(classic)).toThrow("config.json is of a dexter-classic checkpoint, expected dexter-base: read it with loadClassicModel");
  });

  test.each([
    ["an even kernel", { network: { ...tiny, kernelSize: 4 } }, "network.kernelSize must be an odd integer, got 4."],
    ["an unknown network", { network: { ...tiny, kind: "wavenet" } }, 'network.kind must be "diffwave" or "unet", got "wavenet".'],
    ["channels beyond measure", { network: { ...tiny, residualChannels: 1e9 } }, "network.residualChannels must be an integer from 1 to 8192"],
    ["an unknown prediction", { prediction: "score" }, 'prediction must be "noise" or "x0" or "v" or "flow"'],
    ["a scale of one parameter", { scale: { mean: [1], sd: [1] } }, "scale.mean must be a list of 5"],
    ["a schedule longer than the table of its steps", { schedule: { ...source.config.schedule, steps: tiny.diffusionSteps + 1 } }, `schedule.steps must be an integer from 1 to ${tiny.diffusionSteps}, got ${tiny.diffusionSteps + 1}.`],
    ["weights that the config does not know", { network: { ...tiny, film: false } }, "has a tensor \"residual_layers.0.film_projection.weight\" that config.json does not know."],
  ])("is refused with %s", (_, wrong, message) => {
    const files = writeClassicCheckpoint(source);
    const config = JSON.stringify({ ...source.config, ...wrong });
    expect(() => readClassicCheckpoint({ ...files, config })).toThrow(message);
  });
});
