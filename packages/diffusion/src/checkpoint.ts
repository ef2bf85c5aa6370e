/**
 * @file A checkpoint: weights as safetensors, `config.json` and a model card.
 * It describes itself; nothing else is needed to rebuild the model.
 */
import type { NamedTensors } from "./base/layout.js";
import { readTensors, writeTensors } from "./checkpoint-tensors.js";
import { denoiserTensors, encoderTensors, memberName, type ModelConfig } from "./model/config.js";
import { readModelConfig, writeModelConfig } from "./model/config-file.js";
import { checkTrees, treeTensors } from "./trees/tree-forest.js";

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
  /** Weights are stored as 16-bit floats, in half the space. In memory they are float32; they are rounded when they are written. */
  readonly half?: boolean;
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
  const stored = readTensors(weights, modelTensors(config), { file });
  checkTrees(config, stored.weights, file);
  return { config, weights: stored.weights, card, half: stored.half };
}

/**
 * A checkpoint as its files' contents. The same checkpoint gives the same bytes.
 *
 * @throws CheckpointError when weights and configuration do not fit one another
 */
export function writeCheckpoint({ config, weights, card, half }: Checkpoint): WrittenCheckpoint {
  return { weights: writeTensors(weights, modelTensors(config), "writeCheckpoint:", half), config: writeModelConfig(config), card };
}

/** Names and shapes of all tensors of a model. */
export function modelTensors({ features, encoder, ensemble = [], denoiser, controls, trees }: ModelConfig): ReturnType<typeof encoderTensors> {
  const inputs = features.names.length;
  return [
    ...encoderTensors(inputs, encoder),
    ...ensemble.flatMap((stack, k) => encoderTensors(inputs, stack, memberName(k))),
    ...denoiserTensors(encoder.hidden, denoiser, controls?.names.length),
    ...treeTensors(trees),
  ];
}
