/**
 * @file Layout of a stored set, version 2.
 *
 * ```
 * /                       attributes: format, version, dexter_version, feature_set, release, seed, validation,
 *                         scores, performances, beat_recordings, score_notes, performed_notes, and scores_* and performances_* of each split
 *                         of a shard also shard_index, shard_count, shard_list; each of its scores has a place in the whole list
 * /feature_names          [C] strings
 * /parameter_names        [P] strings
 * /control_names          [Q] strings, where performances have controls
 * /statistics/features    [2, C] float64: mean and standard deviation over the training scores, each once
 * /statistics/parameters  [2, P] float64: the same over the played notes of the training performances
 * /statistics/controls    [2, Q] float64: the same over their known values, where there are controls
 * /scores/00000           attributes: corpus, piece, work, composer, title, split, score_path, licence, edition (where it has one)
 *   features              [N, C] float32
 *   id                    [N] strings
 *   onset_beat duration_beat onset_quarter duration_quarter    [N] float64
 *   onset_div duration_div divs_pq voice staff measure beats beat_type    [N] int32
 *   pitch grace           [N] uint8
 *   kept_measures         [M] int32, where bars of the unfolded score were cut
 *   beat_recordings       where recordings are known by their beats: R recordings, B beats
 *     recording           [R] strings
 *     onset_quarter       [B] float64, increasing
 *     time_sec            [R, B] float64, NaN where unknown
 *     loudness_sone       [R, B] float64, NaN where unknown
 *   performances          attribute: release
 *     parameters          [K, N, P] float32, one chunk a performance
 *     mask                [K, N] uint8
 *     id performer source [K] strings
 *     match_ratio         [K] float32: played notes over all notes of the score
 *     controls            [K, N, Q] float32, NaN where unknown; where the set has /control_names
 *     mix                 [K] strings, where there are mixes: "" for what somebody played, otherwise the mixed performances
 *                         with their weights, as JSON: [["id", 0.25], ["other id", 0.75]]
 * /pairs                  where `pair` was run: attributes seed, k, both_directions, notes, hop
 *   train validation test attributes: possible, paired_segments
 *     paired              [M, 6] int32: score, first note and performance of the source, then of the target
 *     unpaired            [U, 3] int32: score, first note and performance of segments that nobody else played
 * ```
 *
 * Version 2 added controls, mixes and pairs; sets of version 1 have none and are read as they are.
 *
 * A score is stored once for every selection of bars that somebody played, and
 * all performances of it share it: what 157,207 performances of 1,591 scores
 * take is their parameters alone. HDF5 keeps each performance in a chunk of its
 * own, so that one is read without its neighbours.
 */
import type { FeatureSetName, Matrix, Release } from "@dexter/codec";
import type { Split } from "../splits.js";
import type { ColumnStatistics } from "../statistics.js";

/** The root attribute `format` of a set. */
export const SET_FORMAT = "dexter-set";

/** The version that this code writes. */
export const SET_VERSION = 2;

/** The versions that this code reads. */
export const SET_VERSIONS: readonly number[] = [1, SET_VERSION];

/** Note columns of a stored score: name in the file, and type. */
export const NOTE_COLUMNS = {
  onsetBeat: ["onset_beat", Float64Array],
  durationBeat: ["duration_beat", Float64Array],
  onsetQuarter: ["onset_quarter", Float64Array],
  durationQuarter: ["duration_quarter", Float64Array],
  onsetDiv: ["onset_div", Int32Array],
  durationDiv: ["duration_div", Int32Array],
  divsPerQuarter: ["divs_pq", Int32Array],
  voice: ["voice", Int32Array],
  staff: ["staff", Int32Array],
  measure: ["measure", Int32Array],
  beats: ["beats", Int32Array],
  beatType: ["beat_type", Int32Array],
  pitch: ["pitch", Uint8Array],
  grace: ["grace", Uint8Array],
} as const;

/** The notes of a stored score, `N` of them, in score order. */
export interface StoredNotes {
  /** How many notes, `N`. */
  readonly length: number;
  /** Ids of the notes. */
  readonly id: readonly string[];
  /** Onset in beats. */
  readonly onsetBeat: Float64Array;
  /** Duration in beats. */
  readonly durationBeat: Float64Array;
  /** Onset in quarter notes. */
  readonly onsetQuarter: Float64Array;
  /** Duration in quarter notes. */
  readonly durationQuarter: Float64Array;
  /** Onset in divisions. */
  readonly onsetDiv: Int32Array;
  /** Duration in divisions. */
  readonly durationDiv: Int32Array;
  /** Divisions per quarter note. */
  readonly divsPerQuarter: Int32Array;
  /** Voice, unique in the score. */
  readonly voice: Int32Array;
  /** Staff, 1 is the upper. */
  readonly staff: Int32Array;
  /** Index of the bar, in the order of playing. */
  readonly measure: Int32Array;
  /** Upper number of the time signature in force. */
  readonly beats: Int32Array;
  /** Its lower number. */
  readonly beatType: Int32Array;
  /** MIDI pitch. */
  readonly pitch: Uint8Array;
  /** 0 for a full note, otherwise the kind of grace note. */
  readonly grace: Uint8Array;
}

/** What a stored score is. */
export interface ScoreDescription {
  /** Name of the corpus. */
  readonly corpus: string;
  /** The corpus' own name of the piece. */
  readonly piece: string;
  /** Which composition: what splits go by. */
  readonly work: string;
  /** Name of the composer. */
  readonly composer: string;
  /** Name of the piece. */
  readonly title: string;
  /** What it is for. */
  readonly split: Split;
  /** The score within the corpus. */
  readonly scorePath: string;
  /** Licence of the corpus; empty where it states none. */
  readonly licence: string;
  /** `"markings"` where expressive marks of the corpus were put into the score; absent for the score as it came. */
  readonly edition?: string;
}

/** What a stored performance is. */
export interface PerformanceDescription {
  /** Unique within the corpus. */
  readonly id: string;
  /** Who played; empty where unknown. */
  readonly performer: string;
  /** The file that it comes from. */
  readonly source: string;
  /** Played notes over all notes of the score. */
  readonly matchRatio: number;
  /** What it was interpolated from; absent for what somebody played. */
  readonly mix?: readonly MixPart[];
}

/** One of the performances that a mix was made of. */
export interface MixPart {
  /** Its id. */
  readonly id: string;
  /** Its part of the mix, above 0; they sum to 1. */
  readonly weight: number;
}

/** What a performance is like, note by note. */
export interface StoredControls {
  /** In the units of the controls, `[N, Q]`; 0 where the mask is 0. */
  readonly values: Matrix;
  /** 1 where a value is known, `[N · Q]`. */
  readonly mask: Uint8Array;
}

/** A set that is one part of a whole: its pieces are every `count`th of a list. */
export interface SetShard {
  /** Which part, from 0. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
  /** A digest of the whole list: parts of one list belong together. */
  readonly list: string;
}

/** How a set was made, and what it holds. */
export interface SetDescription {
  /** Version of `@dexter/alignment-datasets` that wrote it. */
  readonly dexterVersion: string;
  /** Which score features. */
  readonly featureSet: FeatureSetName;
  /** Names of the `C` feature columns. */
  readonly featureNames: readonly string[];
  /** Names of the `P` parameter columns. */
  readonly parameterNames: readonly string[];
  /** Names of the `Q` controls that every performance has; empty where they have none. */
  readonly controlNames: readonly string[];
  /** What articulation runs to. */
  readonly release: Release;
  /** What decided the split. */
  readonly seed: number;
  /** Fraction of the compositions that validate. */
  readonly validation: number;
  /** What the set holds. */
  readonly counts: SetCounts;
  /** Mean and deviation of every column. */
  readonly statistics: SetStatistics;
  /** Which part of a whole it is; absent where it is the whole. */
  readonly shard?: SetShard;
}

/** What one split of a set holds. */
export interface SplitCounts {
  /** Stored scores. */
  readonly scores: number;
  /** Stored performances. */
  readonly performances: number;
}

/** What a set holds. */
export interface SetCounts {
  /** Stored scores, each selection of bars for itself. */
  readonly scores: number;
  /** Stored performances. */
  readonly performances: number;
  /** Recordings that are known by their beats, counted once for every stored score that has them. */
  readonly beatRecordings: number;
  /** Notes of all stored scores. */
  readonly scoreNotes: number;
  /** Played notes of all performances. */
  readonly performedNotes: number;
  /** Scores and performances of each split. */
  readonly splits: Readonly<Record<Split, SplitCounts>>;
}

/** Means and standard deviations, from the training part alone. */
export interface SetStatistics {
  /** Of the `C` features, each stored score once. */
  readonly features: ColumnStatistics;
  /** Of the `P` parameters, over played notes. */
  readonly parameters: ColumnStatistics;
  /** Of the `Q` controls, over their known values; absent where there are none. */
  readonly controls?: ColumnStatistics;
}
