/**
 * @file A checkpoint: weights as safetensors, `config.json` and a model card.
 * It describes itself; nothing else is needed to rebuild the model.
 */
import type { NamedTensor, NamedTensors } from "./base/layout.js";
import { CheckpointError } from "./errors.js";
import { denoiserTensors, encoderTensors, type ModelConfig } from "./model/config.js";
import { readModelConfig, writeModelConfig } from "./model/config-file.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";

/** Names of a checkpoint's files in its folder. */
export const CHECKPOINT_FILES = {
  /** The tensors. */
  weights: "model.safetensors",
  /** What the model is. */
  config: "config.json",
  /** For people: data, training, evaluation, licence. */
  card: "README.md",
  /** The encoder for other programs. */
  encoderOnnx: "encoder.onnx",
  /** The denoiser for other programs. */
  denoiserOnnx: "denoiser.onnx",
} as const;

/** A model at rest. */
export interface Checkpoint {
  /** What the model is. */
  readonly config: ModelConfig;
  /** Its tensors, named and laid out as in PyTorch. */
  readonly weights: NamedTensors;
  /** The model card, Markdown: data, training, evaluation, licence. */
  readonly card?: string;
}

/** The files of a checkpoint. */
export interface CheckpointFiles {
  /** `model.safetensors`. */
  readonly weights: Uint8Array;
  /** `config.json`. */
  readonly config: string;
  /** `README.md`. */
  readonly card?: string;
}

/** The files of a checkpoint, ready for a `Blob` or a file. */
export interface WrittenCheckpoint extends CheckpointFiles {
  /** `model.safetensors`, in memory of its own. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/**
 * Read a checkpoint from its files' contents.
 *
 * @throws CheckpointError when a file is damaged or they do not fit one another
 */
export function readCheckpoint({ weights, config: text, card }: CheckpointFiles): Checkpoint {
  const file = CHECKPOINT_FILES.weights;
  const config = readModelConfig(text, { file: CHECKPOINT_FILES.config });
  const { tensors } = readSafetensors(weights, { file });
  const specs = modelTensors(config);
  const missing = specs.filter(({ name }) => !tensors.has(name));
  if (missing.length > 0) {
    throw new CheckpointError(file, `lacks ${missing.length} of ${specs.length} tensors of ${CHECKPOINT_FILES.config}, the first "${missing[0].name}": they belong to different models.`);
  }
  const expected = new Set(specs.map(({ name }) => name));
  const foreign = [...tensors.keys()].find((name) => !expected.has(name));
  if (foreign !== undefined) throw new CheckpointError(file, `has a tensor "${foreign.slice(0, 80)}" that ${CHECKPOINT_FILES.config} does not know.`);
  const named: Record<string, NamedTensor> = {};
  for (const { name, shape } of specs) {
    const tensor = tensors.get(name)!;
    if (tensor.shape.join() !== shape.join()) {
      throw new CheckpointError(file, `: tensor "${name}" must be [${shape.join(", ")}] by ${CHECKPOINT_FILES.config}, got [${tensor.shape.join(", ")}].`);
    }
    if (!/^(F64|F32|F16|BF16)$/.test(tensor.dtype)) throw new CheckpointError(file, `: tensor "${name}" must hold floats, got ${tensor.dtype}.`);
    const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as Float64Array);
    if (!data.every(Number.isFinite)) throw new CheckpointError(file, `is unusable: tensor "${name}" holds NaN or infinity.`);
    named[name] = { shape, data };
  }
  return { config, weights: named, card };
}

/**
 * A checkpoint as its files' contents. The same checkpoint gives the same bytes.
 *
 * @throws CheckpointError when weights and configuration do not fit one another
 */
export function writeCheckpoint({ config, weights, card }: Checkpoint): WrittenCheckpoint {
  const tensors = modelTensors(config).map(({ name, shape }) => {
    const tensor = weights[name];
    if (tensor?.shape.join() !== shape.join()) {
      throw new CheckpointError("writeCheckpoint:", `tensor "${name}" must be [${shape.join(", ")}], got ${tensor ? `[${tensor.shape.join(", ")}]` : "none"}.`);
    }
    return [name, { dtype: "F32", shape, data: tensor.data }] as const;
  });
  return { weights: writeSafetensors(tensors, { format: "pt" }), config: writeModelConfig(config), card };
}

/** Names and shapes of all tensors of a model. */
export function modelTensors({ features, encoder, denoiser }: ModelConfig): ReturnType<typeof encoderTensors> {
  return [...encoderTensors(features.names.length, encoder), ...denoiserTensors(encoder.hidden, denoiser)];
}
