/**
 * @file The share that trees have of a model's mean.
 */
import { groupOnsets, ShapeError, type Matrix, type OnsetGroups } from "@dexter/codec";
import { pickColumns } from "../base/columns.js";
import type { NamedTensors } from "../base/layout.js";
import { ONSET_CHANNELS, TARGET_NAMES, type ModelConfig } from "../model/config.js";
import { checkTrees, predictForest, storedForest } from "./tree-forest.js";
import { treeInputs, type TreeNotes } from "./tree-inputs.js";

/** Notes each way: longer than the passages that trees learn (see `training/tree-targets.ts`), whose course is theirs. Chosen on validation scores. */
const LEVEL_NOTES = 300;

/** Takes the encoders' mean of a score, `[N, 6]`, to that of encoders and trees. */
export type TreeMean = (mean: Matrix, features: Matrix, notes: TreeNotes) => Matrix;

/**
 * The trees of a model, ready to speak.
 *
 * @returns `null` for a model without
 * @throws CheckpointError when they lead nowhere
 */
export function treeMean(config: ModelConfig, weights: NamedTensors): TreeMean | null {
  const { trees, features: { names } } = config;
  if (!trees) return null;
  checkTrees(config, weights, "trees:");
  const columns = Int32Array.from(trees.features, (name) => names.indexOf(name));
  const speakers = TARGET_NAMES.flatMap((name, channel) => {
    const grown = trees.channels[name];
    return grown ? [{ channel, share: grown.share, forest: storedForest(weights, name) }] : [];
  });
  return (mean, features, notes) => {
    const [N, P] = mean.shape;
    const C = features.shape[1];
    if (columns.some((c) => c < 0 || c >= C)) throw new ShapeError(`treeMean: the trees read features that the ${C} columns lack.`);
    const inputs = treeInputs(pickColumns(features, columns), trees.features, notes);
    const data = mean.data.slice();
    for (const { channel, share, forest } of speakers) {
      const said = predictForest(forest, inputs);
      toLevel(said, data, channel, P);
      if (ONSET_CHANNELS[channel]) averageOnsets(said, groupOnsets(notes));
      for (let n = 0, at = channel; n < N; n++, at += P) data[at] += share * (said[n] - data[at]);
    }
    return { data, shape: mean.shape };
  };
}

/**
 * Trees learn passages around 0, so what a passage is as a whole they leave to the encoders: what they say is moved to the encoders' level,
 * the mean over the notes within {@link LEVEL_NOTES}.
 *
 * @param said - `[N]`, in place
 * @param mean - the encoders', `[N, P]`
 */
function toLevel(said: Float32Array, mean: Float32Array, channel: number, P: number): void {
  const N = said.length;
  const sum = new Float64Array(N + 1);
  for (let n = 0; n < N; n++) sum[n + 1] = sum[n] + mean[n * P + channel] - said[n];
  for (let n = 0; n < N; n++) {
    const [from, to] = [Math.max(0, n - LEVEL_NOTES), Math.min(N, n + LEVEL_NOTES + 1)];
    said[n] += (sum[to] - sum[from]) / (to - from);
  }
}

/** One value an onset, in place. */
function averageOnsets(values: Float32Array, { count, start }: OnsetGroups): void {
  for (let onset = 0; onset < count; onset++) {
    const chord = values.subarray(start[onset], start[onset + 1]);
    chord.fill(chord.reduce((sum, value) => sum + value, 0) / chord.length);
  }
}
