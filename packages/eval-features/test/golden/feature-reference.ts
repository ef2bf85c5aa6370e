/**
 * @file One performance's features as the reference has them, and what is needed to compute them again.
 */
import type { Score } from "@dexter/codec";
import { PERFORMANCE_FEATURES, type PerformanceFeatureName } from "../../src/index.js";
import type { MarkAtOnset, RampOverOnsets } from "../../src/performance-features/dynamics.js";

type Column = readonly number[];

/** The fields of a reference file that the features are compared with. */
export interface FeatureReference {
  readonly score_notes: Readonly<Record<"onset_beat" | "duration_beat" | "pitch" | "voice", Column>> & { readonly id: readonly string[] };
  readonly snote_ids: readonly string[];
  readonly matched: Readonly<Record<"onset" | "velocity", Column>>;
  readonly features?: Readonly<Record<string, Column>>;
  readonly no_kor_mask?: Column;
  readonly feature_matched?: Readonly<Record<string, Column>> & { readonly constant_dyn: readonly string[] };
}

/** The features that the reference has. */
export const REFERENCE_FEATURES = PERFORMANCE_FEATURES.flatMap(({ name, partitura }) => (partitura === null ? [] : [{ name, partitura }]));

/** Names of the features, and where each value may differ: correlations 1e-2, the others 1e-3. */
export function toleranceOf(name: PerformanceFeatureName): number {
  return name.endsWith("Correlation") ? 1e-2 : 1e-3;
}

/** A score of the reference's notes: what the features look at, and nothing else. */
export function scoreOf(notes: FeatureReference["score_notes"]): Score {
  const length = notes.id.length;
  const zeros = new Int32Array(length);
  const onset = Float64Array.from(notes.onset_beat);
  const duration = Float64Array.from(notes.duration_beat);
  return {
    partNames: ["Piano"],
    notes: {
      length, id: notes.id,
      onsetBeat: onset, durationBeat: duration, onsetQuarter: onset, durationQuarter: duration,
      onsetDiv: zeros, durationDiv: zeros, divsPerQuarter: new Int32Array(length).fill(1),
      pitch: Uint8Array.from(notes.pitch), voice: Int32Array.from(notes.voice), staff: new Int32Array(length).fill(1), part: zeros, measure: zeros,
      grace: Uint8Array.from(notes.duration_beat, (d) => (d > 0 ? 0 : 1)), marks: zeros,
    },
    measures: [{ number: "1", onsetQuarter: 0, durationQuarter: 4, onsetBeat: 0, onsetDiv: 0, durationDiv: 4, implicit: false, writtenIndex: 0 }],
    timeSignatures: [{ onsetQuarter: 0, onsetBeat: 0, beats: 4, beatType: 4 }],
    keySignatures: [], directions: [], slurs: [], rests: [], navigation: [{}], warnings: [],
  };
}

/**
 * The reference's dynamics marks at its own onsets, and where it puts the figures of each mark.
 *
 * Its places are not its marks: the figure of the k-th pair of levels lands on the k-th mark of any kind (sf, dolce and
 * the tops of hairpins counted), the deviation of the k-th kind of mark, by alphabet, on the k-th mark.
 */
export interface ReferenceMarks {
  /** Rows of the reference by onset. */
  readonly onsets: readonly (readonly number[])[];
  readonly levels: readonly MarkAtOnset[];
  readonly ramps: readonly RampOverOnsets[];
  /** Row where the agreement of each level from the second on is found. */
  readonly agreementRow: readonly number[];
  /** Row where the deviation of a level is found, by level. */
  readonly deviationRow: ReadonlyMap<number, number>;
}

const LEVELS = ["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"];

/** Read the marks. */
export function referenceMarks({ matched, feature_matched: marked }: FeatureReference): ReferenceMarks {
  const onsets: number[][] = [];
  matched.onset.forEach((onset, row) => {
    if (row === 0 || onset !== matched.onset[row - 1]) onsets.push([]);
    onsets[onsets.length - 1].push(row);
  });
  const found = onsets.flatMap((rows, onset) => (rows.some((row) => marked!.constant_dyn[row] !== "N/A") ? [{ onset, row: rows[0], mark: marked!.constant_dyn[rows[0]] }] : []));
  const levels = found.flatMap(({ onset, mark }) => (LEVELS.includes(mark) ? [{ onset, level: LEVELS.indexOf(mark) }] : []));
  const kinds = [...new Set(found.map(({ mark }) => mark))].sort();
  const rampsOf = (name: string, sign: number): RampOverOnsets[] => {
    const column = marked![`loudness_direction_feature.${name}`];
    const at = onsets.map(([row]) => column?.[row] ?? 0);
    const ramps: RampOverOnsets[] = [];
    let from = -1;
    for (let u = 1; u < at.length; u++) {
      const moves = at[u] !== at[u - 1];
      if (moves && from < 0) from = u;
      if (!moves && from >= 0) {
        ramps.push({ from, to: u, way: Float64Array.from(at.slice(from, u), (way) => sign * way) });
        from = -1;
      }
    }
    return ramps;
  };
  return {
    onsets, levels,
    ramps: [...rampsOf("loudness_incr", 1), ...rampsOf("loudness_decr", -1)],
    agreementRow: levels.map((_, k) => found[k].row),
    deviationRow: new Map(kinds.flatMap((mark, k) => (LEVELS.includes(mark) ? [[LEVELS.indexOf(mark), found[k].row]] : []))),
  };
}
