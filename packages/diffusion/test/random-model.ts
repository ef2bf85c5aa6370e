/**
 * @file A small model of random weights, and a score of random chords, for tests.
 */
import type { OnsetGroups } from "@dexter/codec";
import type { NamedTensor, NamedTensors } from "../src/base/layout.js";
import { randomStream } from "../src/base/random-stream.js";
import { modelTensors } from "../src/checkpoint.js";
import { DEFAULT_SAMPLING, TARGET_NAMES, type ModelConfig, type StackConfig } from "../src/model/config.js";

const STACK: StackConfig = { hidden: 8, blocks: 4, kernel: 3, dilations: [1, 2, 4, 8] };

/** A valid configuration over the given feature names. */
export function testConfig(names: readonly string[] = ["a", "b", "c"], stack: StackConfig = STACK): ModelConfig {
  const P = TARGET_NAMES.length;
  return {
    format: "dexter-base",
    version: 1,
    features: { set: "base", names, mean: names.map(() => 0), sd: names.map(() => 1), clip: 5 },
    targets: { names: TARGET_NAMES, mean: [0, 0, 0, 0, -0.5, 0.4], sd: [0.2, 0.1, 10, 0.5, 0.8, 0.4].slice(0, P), clip: 4, slowTempoBeats: 12, timingScaleSec: 0.03 },
    encoder: stack,
    denoiser: stack,
    sampling: DEFAULT_SAMPLING,
    training: {},
  };
}

/** The same configuration with controls. */
export function withTestControls(config: ModelConfig, names: readonly string[] = ["loud", "late"]): ModelConfig {
  const every = (value: number) => names.map(() => value);
  return { ...config, controls: { names, mean: every(1), sd: every(2), spread: every(0.5), offset: { plain: every(1), mean: every(0.5), sd: every(2) }, clip: 4 } };
}

/** Weights of a model: norms around 1, the rest of a size that keeps signals alive. */
export function testWeights(config: ModelConfig, seed = 1): NamedTensors {
  const random = randomStream(seed);
  const weights: Record<string, NamedTensor> = {};
  for (const { name, shape } of modelTensors(config)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const inputs = shape.length > 1 ? size / shape[0] : 10;
    const center = name.endsWith("norm.weight") ? 1 : 0;
    weights[name] = { shape, data: Float32Array.from({ length: size }, () => center + random.normal() / Math.sqrt(inputs)) };
  }
  return weights;
}

/** Onsets with chords of the given sizes. */
export function chords(sizes: readonly number[]): OnsetGroups {
  const ofNote = Int32Array.from(sizes.flatMap((size, onset) => Array.from({ length: size }, () => onset)));
  const start = new Int32Array(sizes.length + 1);
  sizes.forEach((size, onset) => (start[onset + 1] = start[onset] + size));
  return { count: sizes.length, start, ofNote };
}

/** Standard normal values. */
export function normals(length: number, seed = 2): Float32Array {
  const random = randomStream(seed);
  return Float32Array.from({ length }, () => random.normal());
}

/** `[rows][columns]` of a flat array. */
export function toRows(data: Float32Array, columns: number): number[][] {
  return Array.from({ length: data.length / columns }, (_, r) => Array.from(data.subarray(r * columns, (r + 1) * columns)));
}
