/**
 * @file A forest of regression trees whose values add up, as gradient boosting grows them (Friedman, Greedy function approximation, 2001).
 * Trees cut a score's notes into cases where nets draw curves, so the two err in different places.
 */
import { ShapeError, type Matrix } from "@dexter/codec";
import type { NamedTensors } from "../base/layout.js";
import { CheckpointError } from "../errors.js";
import { TARGET_NAMES, type ModelConfig, type TensorSpec, type TreesConfig } from "../model/config.js";
import { treeInputNames } from "./tree-inputs.js";

/** `T` trees of at most `L` leaves. The nodes of a tree are numbered so that children come after their parents. */
export interface TreeForest {
  /** `T`. */
  readonly trees: number;
  /** `L`. */
  readonly leaves: number;
  /** The input column that a node asks about, `[T, L − 1]`; 0 in nodes that a smaller tree leaves unused. */
  readonly feature: Float32Array;
  /** A row whose value is at most this goes left, `[T, L − 1]`. */
  readonly threshold: Float32Array;
  /** Where it goes: node `k` of the same tree as `k` ≥ 1, leaf `j` as −1 − `j`; `[T, L − 1]`. */
  readonly left: Float32Array;
  /** Where the others go, `[T, L − 1]`. */
  readonly right: Float32Array;
  /** What a leaf adds, `[T, L]`. */
  readonly value: Float32Array;
}

/** Rows that are read together: of 251 columns they fit in a second-level cache. */
const BLOCK_ROWS = 256;

/** Numbers up to this are exact in 16-bit floats. */
const MAX_COLUMNS = 2048;

/** The tensors of a forest, as they are stored. */
export const FOREST_TENSORS = ["feature", "threshold", "left", "right", "value"] as const;

/** Names and shapes of the tensors of a model's trees, in storage order. */
export function treeTensors(trees: TreesConfig | undefined): TensorSpec[] {
  if (!trees) return [];
  return TARGET_NAMES.flatMap((channel) => {
    const grown = trees.channels[channel];
    if (!grown) return [];
    return FOREST_TENSORS.map((tensor) => ({
      name: `trees.${channel}.${tensor}`,
      shape: [grown.trees, tensor === "value" ? grown.leaves : grown.leaves - 1],
    }));
  });
}

/** A forest among a checkpoint's tensors. */
export function storedForest(weights: NamedTensors, channel: string): TreeForest {
  const of = (tensor: (typeof FOREST_TENSORS)[number]): Float32Array => weights[`trees.${channel}.${tensor}`].data;
  const [trees, leaves] = weights[`trees.${channel}.value`].shape;
  return { trees, leaves, feature: of("feature"), threshold: of("threshold"), left: of("left"), right: of("right"), value: of("value") };
}

/**
 * Refuse trees that would lead nowhere or round in circles.
 *
 * @param inputs - columns of the rows that they read
 * @throws CheckpointError
 */
export function checkForest(forest: TreeForest, inputs: number, place: string): void {
  const { trees, leaves, feature, threshold, left, right, value } = forest;
  const nodes = leaves - 1;
  if (inputs > MAX_COLUMNS) throw new CheckpointError(place, `has trees that read ${inputs} columns, expected at most ${MAX_COLUMNS}.`);
  const sized = FOREST_TENSORS.every((tensor) => forest[tensor].length === trees * (tensor === "value" ? leaves : nodes));
  if (!sized || !(nodes >= 1)) throw new CheckpointError(place, `has trees that are not ${trees} × ${leaves} leaves.`);
  if (![threshold, value].every((values) => values.every(Number.isFinite))) throw new CheckpointError(place, "has a tree with a threshold or value that is no finite number.");
  for (let i = 0; i < trees * nodes; i++) {
    const node = i % nodes;
    if (!(Number.isInteger(feature[i]) && feature[i] >= 0 && feature[i] < inputs)) {
      throw new CheckpointError(place, `has a tree that asks about input ${feature[i]}, expected one from 0 to ${inputs - 1}.`);
    }
    for (const child of [left[i], right[i]]) {
      const known = Number.isInteger(child) && (child < 0 ? -1 - child < leaves : child > node && child < nodes);
      if (!known) throw new CheckpointError(place, `has a tree whose node ${node} leads to ${child}, expected a later node (below ${nodes}) or a leaf (from ${-leaves} to -1).`);
    }
  }
}

/**
 * Refuse the trees of a model that are none.
 *
 * @throws CheckpointError
 */
export function checkTrees({ trees }: ModelConfig, weights: NamedTensors, place: string): void {
  if (!trees) return;
  const inputs = treeInputNames(trees.features).length;
  for (const channel of Object.keys(trees.channels)) checkForest(storedForest(weights, channel), inputs, place);
}

/**
 * What a forest says of rows.
 *
 * @param inputs - `[N, K]`
 * @returns sum over the trees, `[N]`
 * @throws ShapeError when a tree asks about a column that there is not
 */
export function predictForest(forest: TreeForest, { data, shape: [N, K] }: Matrix): Float32Array {
  const { trees, leaves, threshold, value } = forest;
  const nodes = leaves - 1;
  const feature = Int32Array.from(forest.feature);
  const left = Int32Array.from(forest.left);
  const right = Int32Array.from(forest.right);
  if (feature.some((column) => column >= K)) throw new ShapeError(`predictForest: the trees ask about more than the ${K} columns of the inputs.`);
  const sum = new Float64Array(N);
  // Block by block, and in a block tree by tree: rows and nodes stay at hand.
  for (let from = 0; from < N; from += BLOCK_ROWS) {
    const to = Math.min(from + BLOCK_ROWS, N);
    for (let t = 0; t < trees; t++) {
      const first = t * nodes;
      for (let n = from, row = from * K; n < to; n++, row += K) {
        let node = 0;
        do {
          const i = first + node;
          node = data[row + feature[i]] <= threshold[i] ? left[i] : right[i];
        } while (node >= 0);
        sum[n] += value[t * leaves - 1 - node];
      }
    }
  }
  return Float32Array.from(sum);
}
