/**
 * @file Classic networks on reference values: their weights, inputs and predictions, for tests.
 */
import { fromTensors, type NamedTensors } from "../src/base/layout.js";
import type { ClassicInput, ClassicNetwork } from "../src/classic/network.js";
import type { Engine } from "../src/engine.js";
import type { TensorSpec } from "../src/model/config.js";
import type { Golden } from "./golden/reference.js";

/** Tensors of a topic under their names, `prefix` before them in the file. */
export function goldenTensors(file: Golden, specs: readonly TensorSpec[], prefix = ""): NamedTensors {
  return Object.fromEntries(specs.map(({ name }) => [name, { shape: file.shape(prefix + name), data: file.values(prefix + name) }]));
}

/** The same as the network's vector. */
export function goldenWeights(network: ClassicNetwork, file: Golden): Float32Array {
  return fromTensors(network.layout, goldenTensors(file, network.layout.tensors));
}

/** How a reference value was conditioned: as given, by zeros, by training's null, or by that in the second example only. */
export type GoldenCondition = "cond" | "zero" | "null" | "mask";

/** Input of a reference forward pass of `notes` notes. */
export function goldenInput(file: Golden, notes: number, steps: readonly number[], condition: GoldenCondition): ClassicInput {
  const score = file.values(`in/${notes}/s`);
  return {
    batch: steps.length,
    notes,
    noisy: file.values(`in/${notes}/x`),
    step: Float32Array.from(steps),
    score: condition === "zero" ? new Float32Array(score.length) : score,
    perceptual: null,
    dropped: Uint8Array.from(steps, (_, b) => (condition === "null" || (condition === "mask" && b === 1) ? 1 : 0)),
  };
}

/** A network's prediction, and nothing left behind. */
export function predict({ tf }: Engine, network: ClassicNetwork, weights: Float32Array, input: ClassicInput): Float32Array {
  return tf.tidy(() => network.forward(tf.tensor1d(weights), input).prediction.dataSync()) as unknown as Float32Array;
}

/** A network's prediction and, for the gradient that `loss` gives for it, that of the weights. */
export function predictAndGradient(
  { tf }: Engine, network: ClassicNetwork, weights: Float32Array, input: ClassicInput, loss: (prediction: Float32Array) => Float32Array,
): { prediction: Float32Array; gradient: Float32Array } {
  let prediction = new Float32Array();
  const gradient = tf.tidy(() => {
    const forward = network.forward(tf.tensor1d(weights), input);
    prediction = forward.prediction.dataSync() as Float32Array<ArrayBuffer>;
    return forward.backward(tf.tensor3d(loss(prediction), forward.prediction.shape)).dataSync();
  }) as unknown as Float32Array;
  return { prediction, gradient };
}
