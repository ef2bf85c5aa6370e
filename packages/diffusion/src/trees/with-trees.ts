/**
 * @file Trees that take a share of a model's mean.
 */
import type { NamedTensor } from "../base/layout.js";
import type { Checkpoint } from "../checkpoint.js";
import { CheckpointError } from "../errors.js";
import { TARGET_NAMES, type ModelConfig, type TargetName, type TreeChannelConfig } from "../model/config.js";
import { checkForest, treeTensors, type FOREST_TENSORS, type TreeForest } from "./tree-forest.js";
import { treeInputNames } from "./tree-inputs.js";

/** What was grown for a channel. */
export interface GrownChannel {
  /** On standardized targets. */
  readonly forest: TreeForest;
  /** Its share of the mean, 0 to 1. */
  readonly share: number;
}

/**
 * A model whose mean is (1 − share) · encoders + share · trees, channel by channel; all else stays its own.
 *
 * @param model - trees that it already has are replaced
 * @param grown - per channel, on `treeInputs` of all the model's features; none takes its trees away
 * @param record - of how they were grown, for `training.trees`
 * @returns without a card
 * @throws CheckpointError when a share is out of range or trees lead nowhere
 */
export function withTrees(model: Checkpoint, grown: Readonly<Partial<Record<TargetName, GrownChannel>>>, record: Readonly<Record<string, unknown>>): Checkpoint {
  const { weights } = model;
  const config = withoutTrees(model.config);
  const features = config.features.names;
  const kept: Record<string, NamedTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) if (!name.startsWith("trees.")) kept[name] = tensor;
  const channels: Partial<Record<TargetName, TreeChannelConfig>> = {};
  const inputs = treeInputNames(features).length;
  for (const name of TARGET_NAMES) {
    const channel = grown[name];
    if (!channel) continue;
    const { forest, share } = channel;
    if (!(share >= 0 && share <= 1)) throw new CheckpointError(`trees of ${name}:`, `have a share of ${share}, expected 0 to 1.`);
    checkForest(forest, inputs, `trees of ${name}:`);
    channels[name] = { trees: forest.trees, leaves: forest.leaves, share };
  }
  const training = withoutTrees(config.training);
  if (Object.keys(channels).length === 0) return { half: model.half, config: { ...config, training }, weights: kept };
  const joined: ModelConfig = { ...config, trees: { features, channels }, training: { ...training, trees: record } };
  for (const { name, shape } of treeTensors(joined.trees)) {
    const [, channel, tensor] = name.split(".") as [string, TargetName, (typeof FOREST_TENSORS)[number]];
    kept[name] = { shape, data: grown[channel]!.forest[tensor] };
  }
  return { half: model.half, config: joined, weights: kept };
}

function withoutTrees<T extends object>(record: T): Omit<T, "trees"> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== "trees")) as Omit<T, "trees">;
}
