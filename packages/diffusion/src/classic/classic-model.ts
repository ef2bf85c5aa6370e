/**
 * @file A classic checkpoint that is ready to run: a denoiser over raw score and
 * perceptual features.
 */
import { checkBatch, type Denoiser } from "../denoiser.js";
import { RuntimeError } from "../errors.js";
import { CLASSIC_VALUES, readsPerceptual } from "../onnx/classic-graph.js";
import { classicGraph } from "../onnx/classic.js";
import type { Runtime } from "../runtime.js";
import { flowStep } from "../sampling/prediction.js";
import type { ClassicCheckpoint } from "./checkpoint.js";
import { conditionBatch, rememberConditions } from "./condition-batch.js";
import type { ClassicConfig } from "./config.js";
import type { ClassicCondition } from "./network.js";

/** A classic model on a runtime. */
export interface ClassicModel {
  /** What the checkpoint says of itself. */
  readonly config: ClassicConfig;
  /** What `config.prediction` names, for noisy standardized parameters `[B, N, P]` at diffusion steps `[B]`, fractions allowed; of a flow at its time, 0 noise … 1 data. */
  readonly denoiser: Denoiser<ClassicCondition>;
  /** Free the network's memory. */
  release(): Promise<void>;
}

/**
 * Make a classic model ready to run. Features must not change while they condition it: they are read once.
 *
 * @throws RuntimeError when the runtime refuses the network
 */
export async function createClassicModel(source: ClassicCheckpoint, options: { readonly runtime: Runtime }): Promise<ClassicModel> {
  const { config, tensors } = source;
  const { network, nullCondition } = config;
  const session = await options.runtime.open(classicGraph(network, tensors));
  const conditionInputs = rememberConditions((conditions, notes) => {
    const B = conditions.length;
    const { score, perceptual, dropped } = conditionBatch(network, conditions, notes, nullCondition);
    return {
      [CLASSIC_VALUES.score]: { data: score, shape: [B, notes, network.scoreFeatures] },
      [CLASSIC_VALUES.dropped]: { data: Float32Array.from(dropped), shape: [B] },
      ...(readsPerceptual(network) && { [CLASSIC_VALUES.perceptual]: { data: perceptual, shape: [B, notes, network.perceptualFeatures] } }),
    };
  });
  return {
    config,
    async denoiser(noisy, time, conditions) {
      checkBatch(noisy, time, conditions, network.parameters);
      const [B, N] = noisy.shape;
      const step = config.prediction === "flow" ? time.map((t) => flowStep(t, config.schedule.steps)) : time;
      checkSteps(config, step);
      const outputs = await session.run({
        [CLASSIC_VALUES.noisy]: noisy,
        [CLASSIC_VALUES.step]: { data: step, shape: [B] },
        ...conditionInputs(conditions, N),
      });
      const data = outputs[CLASSIC_VALUES.prediction];
      if (data?.length !== noisy.data.length) throw new RuntimeError(`${options.runtime.name}: the prediction must have ${noisy.data.length} values, got ${data?.length}.`);
      return { data, shape: noisy.shape };
    },
    release: () => session.release(),
  };
}

function checkSteps({ network }: ClassicConfig, time: Float32Array): void {
  const last = network.kind === "diffwave" ? network.diffusionSteps - 1 : Number.MAX_VALUE;
  const wrong = time.find((t) => !(t >= 0 && t <= last));
  if (wrong !== undefined) throw new RangeError(`denoise: the diffusion step must be in [0, ${last}], got ${wrong}.`);
}
