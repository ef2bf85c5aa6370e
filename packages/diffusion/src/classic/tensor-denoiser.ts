/**
 * @file A classic network in training as a denoiser, so that samplers can draw
 * from it without an export.
 */
import { checkBatch, type Denoiser } from "../denoiser.js";
import type { Engine } from "../engine.js";
import { conditionBatch, rememberConditions } from "./condition-batch.js";
import type { ClassicConfig } from "./config.js";
import type { ClassicCondition, ClassicNetwork } from "./network.js";

/**
 * A denoiser on TensorFlow.js.
 *
 * @param weights - the network's flat vector; read at every call, so that it may be in training
 * @param options.nullCondition - what `null` becomes; default `"consistent"`, the null condition of training
 */
export function tensorDenoiser(
  engine: Engine, network: ClassicNetwork, weights: Float32Array, options: { readonly nullCondition?: ClassicConfig["nullCondition"] } = {},
): Denoiser<ClassicCondition> {
  const { tf } = engine;
  const { config } = network;
  const conditionsOf = rememberConditions((conditions, notes) => conditionBatch(config, conditions, notes, options.nullCondition ?? "consistent"));
  return async (noisy, time, conditions) => {
    checkBatch(noisy, time, conditions, config.parameters);
    const [batch, notes] = noisy.shape;
    const prediction = tf.tidy(() =>
      network.forward(tf.tensor1d(weights), { batch, notes, noisy: noisy.data, step: time, ...conditionsOf(conditions, notes) }).prediction);
    try {
      return { data: (await prediction.data()) as Float32Array, shape: noisy.shape };
    } finally {
      prediction.dispose();
    }
  };
}
