/**
 * @file A score's features as a model wants them: its columns, its scale.
 */
import { FEATURE_SETS, scoreFeatures, type FeatureSetName, type Matrix, type Score } from "@dexter/codec";
import { CheckpointError } from "../errors.js";
import type { FeatureConfig } from "../model/config.js";
import { pickColumns } from "./columns.js";
import { standardize } from "./standardize.js";

/**
 * Standardized features in the order of the model's input.
 *
 * @param score - as it will be played, `N` notes
 * @returns `[N, C]`
 * @throws CheckpointError when the model wants a feature that the codec does not compute
 */
export function modelFeatures(score: Score, config: FeatureConfig): Matrix {
  const columns = featureColumns(config);
  return standardize(pickColumns(scoreFeatures(score, config.set as FeatureSetName), columns), config);
}

/** Where the model's features stand in the codec's catalogue. */
function featureColumns({ set, names }: FeatureConfig): Int32Array {
  if (!Object.hasOwn(FEATURE_SETS, set)) {
    throw new CheckpointError("config.json", `features.set must be one of ${Object.keys(FEATURE_SETS).join(", ")}, got "${set}".`);
  }
  const known = new Map(FEATURE_SETS[set as FeatureSetName].map(({ name }, i) => [name, i]));
  return Int32Array.from(names, (name) => {
    const column = known.get(name);
    if (column === undefined) {
      throw new CheckpointError("config.json", `features.names has "${name}", which this version of @dexter/codec does not compute. Use the version that the model was trained with.`);
    }
    return column;
  });
}
