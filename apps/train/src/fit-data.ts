/**
 * @file Prepared sets as the pieces that training reads.
 */
import { createHash, type Hash } from "node:crypto";
import { FEATURE_SETS, type PerformanceParameters } from "@dexter/codec";
import { openSet, scoreOfNotes, UnsuitableSetError, storedParameters } from "@dexter/alignment-datasets";
import type { FeatureColumns, TrainingPiece } from "@dexter/diffusion/training";
import type { SamplePiece } from "./run/sample-pieces.js";

/** Everything that `fit` takes from its sets. */
export interface FitData {
  readonly columns: FeatureColumns;
  readonly pieces: readonly TrainingPiece[];
  readonly validation: readonly TrainingPiece[];
  /** The validation pieces that samples may be drawn of: several pianists played them. */
  readonly samplePieces: readonly SamplePiece[];
  /** Names of the controls that the performances were measured by (see `withControls`). */
  readonly controls?: readonly string[];
  /** A digest of names, features and performances: other data, another digest. */
  readonly digest: string;
  /** Per set: what the checkpoint shall say of it. */
  readonly record: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Read the training and validation parts of sets. Test pieces are never read.
 *
 * @throws SetFileError when a set is damaged; UnsuitableSetError when it has no training piece, or the sets differ in features or release
 */
export async function readFitData(paths: readonly string[]): Promise<FitData> {
  const pieces: TrainingPiece[] = [];
  const validation: TrainingPiece[] = [];
  const record: Record<string, unknown>[] = [];
  const samplePieces: SamplePiece[] = [];
  const hash = createHash("sha256");
  let columns: FeatureColumns | undefined;
  for (const path of paths) {
    const set = await openSet(path);
    try {
      const { featureSet, featureNames, release, counts, seed } = set.description;
      if (release !== "key") throw new UnsuitableSetError(path, "", `expected release "key", got "${release}". Prepare it with --release key`);
      columns ??= {
        set: featureSet,
        names: featureNames,
        perSemitone: Object.fromEntries(FEATURE_SETS[featureSet].map(({ name, perSemitone }) => [name, perSemitone ?? 0])),
      };
      if (columns.names.join() !== featureNames.join()) throw new UnsuitableSetError(path, "", "its features are not those of the first set. Prepare both with the same version");
      const corpora = new Set<string>();
      const licences = new Set<string>();
      for (const { index, description, performances } of set.entries()) {
        const beats = description.split === "test" ? null : set.readBeats(index);
        if (description.split === "test" || (performances.length === 0 && !beats)) continue;
        corpora.add(description.corpus);
        licences.add(description.licence);
        const { notes, features } = set.readScore(index);
        const name = `${description.corpus}/${description.piece}`;
        const played = performances.map((_, k) => storedParameters(set.readPerformance(index, k)));
        (description.split === "train" ? pieces : validation).push({
          name, group: description.work, corpus: description.corpus, notes, features, performances: played, ...(beats ? { beats } : {}),
        });
        if (description.split === "validation" && played.length >= 2) samplePieces.push({ name, score: scoreOfNotes(notes), features, pianists: played });
        hash.update(`${description.split}\n${name}\n`).update(features.data);
        for (const performance of played) addPerformance(hash, performance);
        if (beats) for (const values of [beats.onsetQuarter, beats.timeSec, beats.loudnessSone]) hash.update(values);
      }
      record.push({ corpora: [...corpora], licences: [...licences], seed, splits: counts.splits });
    } finally {
      set.close();
    }
  }
  if (!columns || pieces.length === 0) throw new UnsuitableSetError(paths[0], "", "no training piece in it");
  return { columns, pieces, validation, samplePieces, digest: hash.digest("hex").slice(0, 32), record };
}

function addPerformance(hash: Hash, { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask }: PerformanceParameters): void {
  for (const values of [beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask]) hash.update(values);
}
