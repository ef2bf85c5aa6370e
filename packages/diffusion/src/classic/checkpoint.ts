/**
 * @file A classic checkpoint: weights as safetensors under PyTorch's names,
 * `config.json` and a model card. The original's state dicts fit as they are.
 */
import type { NamedTensors } from "../base/layout.js";
import type { CheckpointFiles, WrittenCheckpoint } from "../checkpoint.js";
import { readTensors, writeTensors } from "../checkpoint-tensors.js";
import type { TensorSpec } from "../model/config.js";
import type { ClassicConfig, ClassicNetworkConfig } from "./config.js";
import { readClassicConfig, writeClassicConfig } from "./config-file.js";
import { diffWaveTensors } from "./diffwave-layout.js";
import { EMBEDDING_NAME, EMBEDDING_WIDTH, stepEmbeddingTable } from "./step-embedding.js";
import { unetTensors } from "./unet-tensors.js";

/** A classic model at rest. */
export interface ClassicCheckpoint {
  /** What the model is. */
  readonly config: ClassicConfig;
  /** Its tensors, named and laid out as in PyTorch; DiffWave's may have the table of its steps. */
  readonly tensors: NamedTensors;
  /** The model card, Markdown. */
  readonly card?: string;
}

/** Names and shapes of a network's weights. */
export function classicTensors(network: ClassicNetworkConfig): TensorSpec[] {
  return network.kind === "diffwave" ? diffWaveTensors(network) : [...unetTensors(network)];
}

/** The table of embedded steps: no weight, but weights work with no other. */
function tableTensors(network: ClassicNetworkConfig): TensorSpec[] {
  return network.kind === "diffwave" ? [{ name: EMBEDDING_NAME, shape: [network.diffusionSteps, EMBEDDING_WIDTH] }] : [];
}

/**
 * Read a classic checkpoint from its files' contents. A state dict of the original has no table of steps: it is made.
 *
 * @throws CheckpointError when a file is damaged, of another kind of model, or they do not fit one another
 */
export function readClassicCheckpoint({ weights, config: text, card }: CheckpointFiles): ClassicCheckpoint {
  const config = readClassicConfig(text);
  const { weights: tensors } = readTensors(weights, classicTensors(config.network), { file: "model.safetensors", optional: tableTensors(config.network) });
  return { config, tensors: withTable(config.network, tensors), ...(card !== undefined && { card }) };
}

/**
 * A classic checkpoint as its files' contents, the table of steps among the tensors. The same checkpoint gives the same bytes.
 *
 * @throws CheckpointError when tensors and configuration do not fit one another
 */
export function writeClassicCheckpoint({ config, tensors, card }: ClassicCheckpoint): WrittenCheckpoint {
  const specs = [...classicTensors(config.network), ...tableTensors(config.network)];
  return {
    weights: writeTensors(withTable(config.network, tensors), specs, "writeClassicCheckpoint:"),
    config: writeClassicConfig(config),
    ...(card !== undefined && { card }),
  };
}

function withTable(network: ClassicNetworkConfig, tensors: NamedTensors): NamedTensors {
  if (network.kind !== "diffwave" || EMBEDDING_NAME in tensors) return tensors;
  const [{ shape }] = tableTensors(network);
  return { ...tensors, [EMBEDDING_NAME]: { shape, data: stepEmbeddingTable(network.diffusionSteps) } };
}
