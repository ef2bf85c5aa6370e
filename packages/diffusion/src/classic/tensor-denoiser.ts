/**
 * @file A classic network in training as a denoiser, so that samplers can draw
 * from it without an export.
 */
import { checkBatch, type Denoiser } from "../denoiser.js";
import type { Engine } from "../engine.js";
import { flowStep } from "../sampling/prediction.js";
import { conditionBatch, rememberConditions } from "./condition-batch.js";
import type { ClassicConfig } from "./config.js";
import type { ClassicCondition, ClassicNetwork } from "./network.js";

/**
 * A denoiser on TensorFlow.js. Its time is a diffusion step; a flow's is its time, from 0, noise, to 1, data.
 *
 * @param weights - the network's flat vector; read at every call, so that it may be in training
 * @param config - as the checkpoint would have it: what is predicted, the schedule, what `null` becomes
 */
export function tensorDenoiser(
  engine: Engine, network: ClassicNetwork, weights: Float32Array, { nullCondition, prediction: kind, schedule }: Pick<ClassicConfig, "nullCondition" | "prediction" | "schedule">,
): Denoiser<ClassicCondition> {
  const { tf } = engine;
  const { config } = network;
  const conditionsOf = rememberConditions((conditions, notes) => conditionBatch(config, conditions, notes, nullCondition));
  return async (noisy, time, conditions) => {
    checkBatch(noisy, time, conditions, config.parameters);
    const [batch, notes] = noisy.shape;
    const step = kind === "flow" ? time.map((t) => flowStep(t, schedule.steps)) : time;
    const prediction = tf.tidy(() =>
      network.forward(tf.tensor1d(weights), { batch, notes, noisy: noisy.data, step, ...conditionsOf(conditions, notes) }).prediction);
    try {
      return { data: (await prediction.data()) as Float32Array, shape: noisy.shape };
    } finally {
      prediction.dispose();
    }
  };
}
