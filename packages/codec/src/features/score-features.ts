/**
 * @file Score features: what a model is told of every note. One catalogue that
 * data sets, models and the documentation share.
 */
import type { Matrix } from "../matrix.js";
import type { Score } from "../score/score.js";
import { CLASSIC_FEATURES } from "./classic-features.js";
import { DYNAMICS_FEATURES } from "./dynamics-features.js";
import type { FeatureDefinition, FeatureGroup } from "./feature-definition.js";
import { HARMONY_FEATURES } from "./harmony-features.js";
import { METRE_FEATURES } from "./metre-features.js";
import { NOTE_MARK_FEATURES, SLUR_FEATURES } from "./note-mark-features.js";
import { PEDAL_FEATURES } from "./pedal-features.js";
import { PLACE_FEATURES } from "./place-features.js";
import { REPETITION_FEATURES } from "./repetition-features.js";
import { TEMPO_FEATURES } from "./tempo-features.js";
import { CHORD_FEATURES, DENSITY_FEATURES, RHYTHM_FEATURES, VOICE_FEATURES } from "./texture-features.js";

/** The groups of each feature set, in the order of the columns. */
export const FEATURE_GROUPS = {
  /** What the `base` model is told. */
  base: [
    DYNAMICS_FEATURES, TEMPO_FEATURES, NOTE_MARK_FEATURES, SLUR_FEATURES, PEDAL_FEATURES, METRE_FEATURES,
    RHYTHM_FEATURES, CHORD_FEATURES, VOICE_FEATURES, DENSITY_FEATURES, PLACE_FEATURES,
    REPETITION_FEATURES, HARMONY_FEATURES,
  ],
  /** The Python original's four. */
  classic: [CLASSIC_FEATURES],
} as const satisfies Record<string, readonly FeatureGroup[]>;

/** Name of a feature set. */
export type FeatureSetName = keyof typeof FEATURE_GROUPS;

/** The features of each set, in the order of the columns. */
export const FEATURE_SETS: Readonly<Record<FeatureSetName, readonly FeatureDefinition[]>> = {
  base: FEATURE_GROUPS.base.flatMap((group) => group.definitions),
  classic: FEATURE_GROUPS.classic.flatMap((group) => group.definitions),
};

/**
 * Compute the features of every note.
 *
 * Marks are read in the score as written and copied to every pass of a repeat;
 * everything else is computed on the score as it is (unfold it first).
 *
 * @param score - the score as it will be played, `N` notes
 * @param set - which features
 * @returns `[N, C]`, one row a note in the order of `score.notes`, columns as in {@link FEATURE_SETS}
 */
export function scoreFeatures(score: Score, set: FeatureSetName = "base"): Matrix {
  const count = score.notes.length;
  const width = FEATURE_SETS[set].length;
  const data = new Float32Array(count * width);
  const written = score.unfolding?.written ?? score;
  const writtenNote = score.unfolding?.writtenNote;
  let column = 0;
  for (const group of FEATURE_GROUPS[set]) {
    const source = group.basis === "written" ? written : score;
    const columns = group.definitions.map(() => new Float32Array(source.notes.length));
    group.compute(source, columns);
    const rows = group.basis === "written" ? writtenNote : undefined;
    for (const values of columns) {
      for (let n = 0; n < count; n++) data[n * width + column] = values[rows ? rows[n] : n];
      column++;
    }
  }
  return { data, shape: [count, width] };
}
