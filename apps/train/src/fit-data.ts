/**
 * @file Prepared sets as the pieces that training reads.
 */
import { FEATURE_SETS } from "@dexter/codec";
import { openSet, SetFileError, storedParameters } from "@dexter/alignment-datasets";
import type { FeatureColumns, TrainingPiece } from "@dexter/diffusion/training";

/** Everything that `fit` takes from its sets. */
export interface FitData {
  readonly columns: FeatureColumns;
  readonly pieces: readonly TrainingPiece[];
  readonly validation: readonly TrainingPiece[];
  /** Per set: what the checkpoint shall say of it. */
  readonly record: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Read the training and validation parts of sets. Test pieces are never read.
 *
 * @throws SetFileError when a set is damaged, has no training piece, or the sets differ in features or release
 */
export async function readFitData(paths: readonly string[]): Promise<FitData> {
  const pieces: TrainingPiece[] = [];
  const validation: TrainingPiece[] = [];
  const record: Record<string, unknown>[] = [];
  let columns: FeatureColumns | undefined;
  for (const path of paths) {
    const set = await openSet(path);
    try {
      const { featureSet, featureNames, release, counts, seed } = set.description;
      if (release !== "key") throw new SetFileError(path, "", `expected release "key", got "${release}". Prepare it with --release key`);
      columns ??= {
        set: featureSet,
        names: featureNames,
        perSemitone: Object.fromEntries(FEATURE_SETS[featureSet].map(({ name, perSemitone }) => [name, perSemitone ?? 0])),
      };
      if (columns.names.join() !== featureNames.join()) throw new SetFileError(path, "", "its features are not those of the first set. Prepare both with the same version");
      const corpora = new Set<string>();
      const licences = new Set<string>();
      for (const { index, description, performances } of set.entries()) {
        if (description.split === "test" || performances.length === 0) continue;
        corpora.add(description.corpus);
        licences.add(description.licence);
        const { notes, features } = set.readScore(index);
        (description.split === "train" ? pieces : validation).push({
          name: `${description.corpus}/${description.piece}`,
          group: description.work,
          notes,
          features,
          performances: performances.map((_, k) => storedParameters(set.readPerformance(index, k))),
        });
      }
      record.push({ corpora: [...corpora], licences: [...licences], seed, splits: counts.splits });
    } finally {
      set.close();
    }
  }
  if (!columns || pieces.length === 0) throw new SetFileError(paths[0], "", "no training piece in it");
  return { columns, pieces, validation, record };
}
