/**
 * @file What the U-Net makes of its options and refuses; its values are in `test/golden/unet.test.ts`.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { predict } from "../../test/classic-forward.js";
import { installedEngines } from "../../test/engines.js";
import { toTensors } from "../base/layout.js";
import { randomStream } from "../base/random-stream.js";
import { DEFAULT_UNET, type UnetConfig } from "./config.js";
import type { ClassicInput } from "./network.js";
import { unetNetwork } from "./unet.js";
import { initialUnet, unetLayout, unetSizes } from "./unet-tensors.js";

const [engine] = (await installedEngines()).filter(({ name }, i, all) => name === "wasm" || i === all.length - 1);
const config: UnetConfig = { ...DEFAULT_UNET, dim: 4, dimMults: [1, 2], segmentNotes: 4 };
const N = 4;
const random = randomStream(3);
const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const input: ClassicInput = {
  batch: 1, notes: N, noisy: normals(N * 5), step: Float32Array.of(10), score: normals(N * 4), perceptual: normals(N * 7), dropped: Uint8Array.of(0),
};
const weights = initialUnet(unetLayout(config), randomStream(1));

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

describe("the U-Net", () => {
  beforeAll(() => engine.select());

  test("hears the perceptual features", () => {
    const network = unetNetwork(engine, config);
    const without = predict(engine, network, weights, { ...input, perceptual: null });
    expect(largestDifference(predict(engine, network, weights, input), without)).toBeGreaterThan(1e-3);
  });

  test("a dropped condition is -1 throughout, and the caller's arrays stay as they are", () => {
    const network = unetNetwork(engine, config);
    const score = input.score.slice();
    const dropped = predict(engine, network, weights, { ...input, dropped: Uint8Array.of(1) });
    const given = predict(engine, network, weights, { ...input, score: new Float32Array(N * 4).fill(-1), perceptual: new Float32Array(N * 7).fill(-1) });
    expect(largestDifference(dropped, given)).toBe(0);
    expect(input.score).toEqual(score);
  });

  test("with normalized score features, a shift of onsets changes nothing", () => {
    const network = unetNetwork(engine, { ...config, scoreNormalization: { low: 0, high: 1, mode: "rowwise" } });
    const score = input.score.map((x) => Math.round(8 * x));
    const shifted = { ...input, score: score.map((x, i) => (i % 4 === 0 ? x + 1024 : x)) };
    const prediction = predict(engine, network, weights, { ...input, score });
    expect(largestDifference(prediction, predict(engine, network, weights, shifted))).toBe(0);
    expect(largestDifference(prediction, predict(engine, unetNetwork(engine, config), weights, { ...input, score }))).toBeGreaterThan(1e-3);
  });

  test("the width of the first image and of the blocks can be chosen", () => {
    const wide: UnetConfig = { ...config, initDim: 6, convnextMult: 3, dimMults: [2, 1] };
    const network = unetNetwork(engine, wide);
    const prediction = predict(engine, network, initialUnet(network.layout, randomStream(1)), input);
    expect(prediction.length).toBe(N * 5);
    expect(prediction.every(Number.isFinite)).toBe(true);
    expect(network.layout.tensors.find(({ name }) => name === "downs.0.0.net.1.weight")?.shape).toEqual([24, 6, 3, 3]);
  });

  test("input that does not fit is refused", () => {
    const network = unetNetwork(engine, config);
    const attempt = (change: Partial<ClassicInput>) => () => predict(engine, network, weights, { ...input, ...change });
    expect(attempt({ notes: 3 })).toThrow("U-Net: notes must be a multiple of 2 (2^(levels − 1)), got 3. Pad the segment.");
    expect(attempt({ score: new Float32Array(3) })).toThrow("U-Net: score must be [1, 4, 4], got 3 values.");
    expect(() => predict(engine, unetNetwork(engine, { ...config, condition: "trainable_score", segmentNotes: 8 }), weights, input)).toThrow("notes must be its 8, got 4");
  });
});

test("fresh weights are seeded, uniform within PyTorch's bounds, norms 1 and 0", () => {
  const layout = unetLayout(config);
  expect(initialUnet(layout, randomStream(1))).toEqual(weights);
  const tensors = toTensors(layout, weights);
  expect(new Set(tensors["downs.0.0.net.0.weight"].data)).toEqual(new Set([1]));
  expect(new Set(tensors["downs.0.0.net.0.bias"].data)).toEqual(new Set([0]));
  for (const [name, inputs] of [["ups.0.0.cond_ds_conv", 8 * 49], ["ups.0.3", 4 * 16], ["init_conv", 49]] as const) {
    const bound = 1 / Math.sqrt(inputs);
    const { data } = tensors[`${name}.weight`];
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.9 * bound);
    expect(Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length)).toBeCloseTo(bound / Math.sqrt(3), 1);
    expect(tensors[`${name}.bias`].data.every((value) => value !== 0 && Math.abs(value) <= bound)).toBe(true);
  }
});

test("options that no network can have are refused", () => {
  expect(() => unetSizes({ ...config, dim: 6, dimMults: [1, 2, 4] })).toThrow("U-Net: dim must be divisible by 4 for 3 levels, got 6.");
  expect(() => unetSizes({ ...config, channels: 3 })).toThrow("channels must be 1");
  expect(() => unetSizes({ ...config, outDim: 2 })).toThrow("outDim must be 1 or null");
  expect(() => unetSizes({ ...config, dim: 2 })).toThrow("dim must be even and at least 4");
  expect(() => unetSizes({ ...config, dimMults: [] })).toThrow("at least one level");
});
