/**
 * @file A checkpoint that is ready to run: features in, a condition and a
 * denoiser out.
 */
import { ShapeError, type Matrix, type OnsetGroups } from "@dexter/codec";
import type { NamedTensors } from "../base/layout.js";
import { checkBatch, type Batch, type Denoiser } from "../denoiser.js";
import { DENOISER_VALUES, ENCODER_VALUES, exportOnnx } from "../onnx/networks.js";
import { ONSET_INPUTS } from "../onnx/stack.js";
import type { Runtime, RuntimeTensor } from "../runtime.js";
import type { ModelConfig } from "./config.js";

/** What a score asks of its performance. */
export interface ScoreCondition {
  /** The encoder's output, `[N, H]`. */
  readonly hidden: Matrix;
  /** The mean performance, standardized targets, `[N, 6]`. */
  readonly mean: Matrix;
}

/** A `base` model on a runtime. */
export interface Model {
  /** What the checkpoint says of itself. */
  readonly config: ModelConfig;
  /** Runs the networks. */
  readonly runtime: Pick<Runtime, "name" | "threads">;
  /**
   * Read a score.
   *
   * @param features - standardized features, `[N, C]`
   * @param onsets - which notes share an onset
   */
  encode(features: Matrix, onsets: OnsetGroups): Promise<ScoreCondition>;
  /** The denoiser for the notes of one score. */
  denoiser(onsets: OnsetGroups): Denoiser<ScoreCondition>;
  /** Free the networks' memory. */
  release(): Promise<void>;
}

/** A model's configuration and weights. */
export interface ModelSource {
  /** `config.json`. */
  readonly config: ModelConfig;
  /** Tensors by PyTorch's names. */
  readonly weights: NamedTensors;
}

/**
 * Make a model ready to run.
 *
 * @throws RuntimeError when the runtime refuses the networks
 */
export async function createModel({ config, weights }: ModelSource, runtime: Runtime): Promise<Model> {
  const models = exportOnnx(config, weights);
  const encoder = await runtime.open(models.encoder);
  const denoiser = await runtime.open(models.denoiser);
  const P = config.targets.names.length;
  const C = config.features.names.length;
  const H = config.encoder.hidden;
  return {
    config,
    runtime: { name: runtime.name, threads: runtime.threads },
    async encode(features, onsets) {
      const notes = onsets.ofNote.length;
      if (features.shape[0] !== notes || features.shape[1] !== C) {
        throw new ShapeError(`encode: features must be [${notes}, ${C}], got [${features.shape.join(", ")}].`);
      }
      const outputs = await encoder.run({
        [ENCODER_VALUES.features]: { data: features.data, shape: [1, notes, C] },
        ...onsetInputs(onsets),
      });
      return {
        hidden: { data: outputs[ENCODER_VALUES.hidden], shape: [notes, H] },
        mean: { data: outputs[ENCODER_VALUES.mean], shape: [notes, P] },
      };
    },
    denoiser(onsets) {
      const shared = onsetInputs(onsets);
      const notes = onsets.ofNote.length;
      return async (noisy, time, conditions) => {
        checkBatch(noisy, time, conditions, P);
        if (noisy.shape[1] !== notes) throw new ShapeError(`denoise: noisy must have ${notes} notes, got ${noisy.shape[1]}.`);
        const outputs = await denoiser.run({
          [DENOISER_VALUES.noisy]: noisy,
          [DENOISER_VALUES.time]: { data: time, shape: [time.length] },
          [DENOISER_VALUES.hidden]: conditionInput(conditions, "hidden", notes, H),
          [DENOISER_VALUES.mean]: conditionInput(conditions, "mean", notes, P),
          [DENOISER_VALUES.conditioned]: { data: Float32Array.from(conditions, (c) => (c ? 1 : 0)), shape: [conditions.length] },
          ...shared,
        });
        return { data: outputs[DENOISER_VALUES.velocity], shape: noisy.shape } satisfies Batch;
      };
    },
    async release() {
      await encoder.release();
      await denoiser.release();
    },
  };
}

function onsetInputs({ ofNote, start, count }: OnsetGroups): Record<string, RuntimeTensor> {
  return {
    [ONSET_INPUTS.ofNote]: { data: BigInt64Array.from(ofNote, BigInt), shape: [ofNote.length, 1] },
    [ONSET_INPUTS.inverseCount]: {
      data: Float32Array.from({ length: count }, (_, k) => 1 / (start[k + 1] - start[k])),
      shape: [count, 1, 1],
    },
  };
}

/** One row for the whole batch where all conditions are the same, else one an example. */
function conditionInput(
  conditions: readonly (ScoreCondition | null)[], field: keyof ScoreCondition, notes: number, width: number,
): RuntimeTensor {
  const given = new Set(conditions.filter((condition) => condition !== null));
  for (const condition of given) {
    const { shape } = condition[field];
    if (shape[0] !== notes || shape[1] !== width) {
      throw new ShapeError(`denoise: ${field} must be [${notes}, ${width}], got [${shape.join(", ")}].`);
    }
  }
  if (given.size === 1) return { data: [...given][0][field].data, shape: [1, notes, width] };
  const examples = given.size === 0 ? 1 : conditions.length;
  const data = new Float32Array(examples * notes * width);
  if (given.size > 0) conditions.forEach((condition, b) => condition && data.set(condition[field].data, b * notes * width));
  return { data, shape: [examples, notes, width] };
}
