/**
 * @file What a corpus is: pieces, each a score with performances, loaded one at a time.
 */
import type { Alignment, Performance, Score } from "@dexter/codec";

/** A performance of a piece, as the corpus lists it. */
export interface PerformanceEntry {
  /** Unique within the corpus, for example `Bach/Fugue/bwv_846/Shi05M`. */
  readonly id: string;
  /** Who played; empty where the corpus does not say. */
  readonly performer: string;
  /** The file that aligns it: nASAP's `note_alignment.tsv`, or a match file. */
  readonly alignmentPath: string;
  /** The MIDI file; absent where the match file holds the performance. */
  readonly midiPath?: string;
}

/** A score of a corpus. */
export interface CorpusScore {
  /** Name of the corpus, as the caller gave it. */
  readonly corpus: string;
  /** Unique within the corpus. */
  readonly id: string;
  /** Name of the composer. */
  readonly composer: string;
  /** Name of the piece. */
  readonly title: string;
  /** Which composition it is, the same in every corpus: see {@link workOf}. */
  readonly work: string;
  /** The score within the corpus. */
  readonly scorePath: string;
}

/** A score of a corpus with its performances. */
export interface Piece extends CorpusScore {
  /** Who played it. */
  readonly performances: readonly PerformanceEntry[];
  /** The corpus is for testing alone, whatever its pieces are. */
  readonly testOnly?: boolean;
}

/** What the corpus knows of one performance. */
export interface LoadedPerformance {
  /** What was played. */
  readonly performance: Performance;
  /** Which performed note plays which score note. */
  readonly alignment: Alignment;
}

/** Why a piece or a performance was left out. */
export type SkipReason =
  | "missing-file"
  | "unreadable-score"
  | "unreadable-performance"
  | "unreadable-alignment"
  | "unreadable-beats"
  | "foreign-ids"
  | "low-match-ratio"
  | "not-alignable"
  | "not-encodable";

/** A piece or performance that was left out; the run went on. */
export interface Skipped {
  /** Name of the corpus. */
  readonly corpus: string;
  /** Id of the piece. */
  readonly piece: string;
  /** Absent where the whole piece is meant. */
  readonly performance?: string;
  /** Why, for programs. */
  readonly reason: SkipReason;
  /** Why, for people. */
  readonly message: string;
  /** Matched over all notes of the score as played, for `low-match-ratio` and `foreign-ids`. */
  readonly matchRatio?: number;
}

/** An opened corpus. */
export interface Corpus {
  /** As the caller called it; by default the kind. */
  readonly name: string;
  /** How it is laid out. */
  readonly kind: CorpusKind;
  /** The folder or archive. */
  readonly path: string;
  /** Licence of the data, as the corpus states it; empty where it states none. */
  readonly licence: string;
  /** Its scores with their performances. */
  readonly pieces: readonly Piece[];
  /** What its own listing left out. */
  readonly skipped: readonly Skipped[];
  /** What was read in another form than hoped for; grows while scores are loaded. */
  readonly remarks?: readonly string[];
  /** The score as written. */
  loadScore(piece: Piece): Promise<Score>;
  /** A performance with its alignment. */
  loadPerformance(entry: PerformanceEntry): Promise<LoadedPerformance>;
}

/** How a corpus is laid out. */
export const CORPUS_KINDS = ["asap", "vienna4x22", "batik", "folder", "pianocore", "atepp"] as const;

/** One of {@link CORPUS_KINDS}. */
export type CorpusKind = (typeof CORPUS_KINDS)[number];
