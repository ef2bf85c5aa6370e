/**
 * @file DiffWave's gradient against central differences, on every engine that is installed.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { predict, predictAndGradient } from "../../test/classic-forward.js";
import { largestDifference, sameValues } from "../../test/differing-tensors.js";
import { installedEngines } from "../../test/engines.js";
import { fromTensors, toTensors } from "../base/layout.js";
import { randomStream } from "../base/random-stream.js";
import { loadEngine } from "../engine.js";
import { DEFAULT_DIFFWAVE, type DiffWaveConfig } from "./config.js";
import { diffWaveNetwork } from "./diffwave.js";
import { diffWaveLayout, diffWaveTensors, initialDiffWave } from "./diffwave-layout.js";
import type { ClassicInput } from "./network.js";

const engines = await installedEngines();
const B = 3;
const N = 6;
const tiny: DiffWaveConfig = { ...DEFAULT_DIFFWAVE, segmentNotes: N, residualChannels: 4, residualLayers: 4, dilationBound: 3, diffusionSteps: 50 };
const configs: Readonly<Record<string, DiffWaveConfig>> = {
  "with FiLM": tiny,
  "without FiLM, wider filters": { ...tiny, film: false, kernelSize: 5 },
  "a learned null condition": { ...tiny, condition: "trainable_score", normalization: { low: -1, high: 2, mode: "framewise" } },
};

const random = randomStream(11);
const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const input: ClassicInput = {
  batch: B, notes: N, noisy: normals(B * N * 5), step: Float32Array.of(0, 7.25, 49), score: normals(B * N * 4),
  perceptual: normals(B * N * 7), dropped: Uint8Array.of(0, 1, 0),
};
const dPrediction = normals(B * N * 5);

/** Weights that leave no layer silent. */
function weightsOf(config: DiffWaveConfig): Float32Array {
  const noise = randomStream(23, 7); // the same for every engine; no ReLU at its kink
  return initialDiffWave(diffWaveLayout(config), randomStream(5)).map((w) => w + 0.1 * noise.normal());
}

const length = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

describe.each(engines.map((engine) => [engine.name, engine] as const))("DiffWave on %s", (_, engine) => {
  beforeAll(() => engine.select());

  // The cpu engine, slow, is compared with the others below; it is tested alone where it is the only one.
  const differentiated = engine.name === "cpu" && engines.length > 1 ? [] : Object.entries(configs);
  (differentiated.length > 0 ? test : test.skip).each(differentiated.length > 0 ? differentiated : Object.entries(configs))("%s: the gradient agrees with central differences", (_name, config) => {
    const network = diffWaveNetwork(engine, config);
    const weights = weightsOf(config);
    const { gradient } = predictAndGradient(engine, network, weights, input, () => dPrediction);
    expect(gradient.length).toBe(network.layout.size);
    const loss = (moved: Float32Array): number => predict(engine, network, moved, input).reduce((sum, p, i) => sum + p * dPrediction[i], 0);
    const step = 2e-3;
    for (const { name, offset, shape } of network.layout.tensors) {
      const size = shape.reduce((a, b) => a * b, 1);
      // A random direction within the tensor: its derivative is the gradient's projection.
      const direction = randomStream(offset, 3);
      const along = Float32Array.from({ length: size }, () => direction.normal());
      const norm = length(along);
      const at = (sign: number): number => {
        const moved = Float32Array.from(weights);
        for (let i = 0; i < size; i++) moved[offset + i] += (sign * step * along[i]) / norm;
        return loss(moved);
      };
      const numeric = (at(1) - at(-1)) / (2 * step);
      const part = gradient.subarray(offset, offset + size);
      const projected = part.reduce((sum, g, i) => sum + (g * along[i]) / norm, 0);
      const magnitude = length(part);
      if (Math.abs(projected - numeric) > 3e-3 * magnitude + 2e-3) throw new Error(`${name}: gradient ${projected}, differences ${numeric}`);
      expect(magnitude).toBeGreaterThan(0);
    }
  });

  test("no tensor stays behind", () => {
    const before = engine.tf.memory().numTensors;
    for (const config of engine.name === "cpu" ? [tiny] : Object.values(configs)) {
      predictAndGradient(engine, diffWaveNetwork(engine, config), weightsOf(config), input, () => dPrediction);
    }
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  test("FiLM hears the perceptual features, but where the condition is dropped; without it nothing does", () => {
    const differences = ([config, without]: readonly [DiffWaveConfig, Partial<ClassicInput>]): number[] => {
      const network = diffWaveNetwork(engine, config);
      const [one, other] = [input, { ...input, ...without }].map((asked) => predict(engine, network, weightsOf(config), asked));
      return Array.from({ length: B }, (_unused, b) => largestDifference(one.subarray(b * N * 5, (b + 1) * N * 5), other.subarray(b * N * 5, (b + 1) * N * 5)));
    };
    const [first, dropped, last] = differences([tiny, { perceptual: null }]);
    expect(Math.min(first, last)).toBeGreaterThan(1e-3);
    expect(dropped).toBe(0);
    expect(differences([{ ...tiny, film: false }, { perceptual: null }])).toEqual([0, 0, 0]);
  });

  test("a segment's prediction does not depend on its batch", () => {
    const network = diffWaveNetwork(engine, tiny);
    const weights = weightsOf(tiny);
    const together = predict(engine, network, weights, input);
    const alone = predict(engine, network, weights, {
      ...input, batch: 1, noisy: input.noisy.subarray(N * 5, 2 * N * 5), step: input.step.subarray(1, 2),
      score: input.score.subarray(N * 4, 2 * N * 4), perceptual: null, dropped: input.dropped.subarray(1, 2), // dropped: perceptual features are unread
    });
    alone.forEach((value, i) => expect(value).toBeCloseTo(together[N * 5 + i], 5));
  });

  // The cpu engine itself has nothing to be compared with.
  (engine.name === "cpu" ? test.skip : test)("the gradient of the cpu engine", async () => {
    const cpu = await loadEngine({ engine: "cpu" });
    const weights = weightsOf(tiny);
    const ours = predictAndGradient(engine, diffWaveNetwork(engine, tiny), weights, input, () => dPrediction).gradient;
    await cpu.select();
    const theirs = predictAndGradient(cpu, diffWaveNetwork(cpu, tiny), weights, input, () => dPrediction).gradient;
    await engine.select();
    expect(largestDifference(ours, theirs)).toBeLessThan(2e-4);
  });
});

test("a fresh network predicts its output's bias, whatever it is given", () => {
  const [engine] = engines.slice(-1);
  const network = diffWaveNetwork(engine, tiny);
  const weights = initialDiffWave(network.layout, randomStream(1));
  const bias = toTensors(network.layout, weights)["output_projection.bias"].data;
  predict(engine, network, weights, input).forEach((value, i) => expect(value).toBeCloseTo(bias[i % 5], 6));
});

test("fresh convolutions have the variance of He et al., the step's layers that of PyTorch's Linear", () => {
  const config: DiffWaveConfig = { ...DEFAULT_DIFFWAVE, residualChannels: 32, residualLayers: 1 };
  const layout = diffWaveLayout(config);
  const tensors = toTensors(layout, initialDiffWave(layout, randomStream(3)));
  const variance = (name: string): number => tensors[name].data.reduce((sum, w) => sum + w * w, 0) / tensors[name].data.length;
  expect(variance("residual_layers.0.dilated_conv.weight") * (32 * 3)).toBeCloseTo(2, 0);
  expect(variance("diffusion_embedding.projection2.weight") * 512).toBeCloseTo(1 / 3, 2);
  expect(variance("residual_layers.0.film_projection.weight")).toBe(0);
  expect(Math.max(...tensors["diffusion_embedding.projection1.bias"].data)).toBeLessThan(1 / Math.sqrt(128));
});

test("weights become PyTorch's tensors and come back", () => {
  for (const config of Object.values(configs)) {
    const layout = diffWaveLayout(config);
    const weights = weightsOf(config);
    const tensors = toTensors(layout, weights);
    expect(Object.keys(tensors)).toEqual(diffWaveTensors(config).map(({ name }) => name));
    expect(sameValues(fromTensors(layout, tensors), weights)).toBe(true);
  }
});

test("input that contradicts the config is refused", () => {
  const [engine] = engines.slice(-1);
  const network = diffWaveNetwork(engine, tiny);
  const weights = weightsOf(tiny);
  const refuse = (wrong: Partial<ClassicInput>): (() => unknown) => () => predict(engine, network, weights, { ...input, ...wrong });
  expect(refuse({ score: new Float32Array(5) })).toThrow("denoise: score must be [3, 6, 4] of 72 values, got 5.");
  expect(refuse({ step: Float32Array.of(0, 50, 1) })).toThrow("denoise: the diffusion step must be in [0, 49], got 50.");
  expect(refuse({ step: Float32Array.of(0, Number.NaN, 1) })).toThrow("got NaN");
  expect(refuse({ dropped: new Uint8Array(2) })).toThrow("dropped must be [3]");
});
