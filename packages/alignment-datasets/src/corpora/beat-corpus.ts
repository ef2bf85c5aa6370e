/**
 * @file Corpora whose recordings are known by their beats: scores, beat times and loudness, no notes.
 */
import type { BeatRecordings, Score } from "@dexter/codec";
import { CorpusError, OptionError } from "../errors.js";
import { openFiles } from "../files/open-files.js";
import type { CorpusScore, Skipped } from "./corpus.js";
import { listMazurkas, loadMazurka } from "./mazurkabl.js";

/** How a corpus of beats is laid out. */
export const BEAT_CORPUS_KINDS = ["mazurkabl"] as const;

/** One of {@link BEAT_CORPUS_KINDS}. */
export type BeatCorpusKind = (typeof BEAT_CORPUS_KINDS)[number];

/** Licences that the corpora state. */
const LICENCES: Readonly<Record<BeatCorpusKind, string>> = { mazurkabl: "CC BY-NC-SA 4.0" };

/** A score with recordings that are known by their beats. */
export interface BeatPiece extends CorpusScore {
  /** The table of beat times. */
  readonly timePath: string;
  /** The table of loudness. */
  readonly loudnessPath: string;
  /** The expressive marks that editors put beside the score; absent where the corpus has none. */
  readonly markingsPath?: string;
}

/** What does not fit between a table of beats and its score. */
export interface BeatMismatches {
  /**
   * Beats that the score has no place for, as `bar/beat`: before its beginning, after the end of a
   * bar that is too short, or behind the last onset. They are left out.
   */
  readonly outside: readonly string[];
  /** Beats within the score at which no note begins, as `bar/beat`. They stay. */
  readonly silent: readonly string[];
  /** Beats that only one of the two tables has, as `bar/beat`. What is not told stays unknown. */
  readonly oneTable: readonly string[];
}

/** A piece of beats, loaded. */
export interface LoadedBeats {
  /** The score in the form that was recorded: as written, or with its repeats played. */
  readonly score: Score;
  /** Its recordings. */
  readonly beats: BeatRecordings;
  /** What did not fit. */
  readonly mismatches: BeatMismatches;
}

/** How to load a piece of beats. */
export interface LoadBeatsOptions {
  /** Put the corpus' expressive marks into the score. Default false. */
  readonly markings?: boolean;
}

/** An opened corpus of beats. */
export interface BeatCorpus {
  /** As the caller called it; by default the kind. */
  readonly name: string;
  /** How it is laid out. */
  readonly kind: BeatCorpusKind;
  /** The folder or archive. */
  readonly path: string;
  /** Licence of the data. */
  readonly licence: string;
  /** Its scores. */
  readonly pieces: readonly BeatPiece[];
  /** What its own listing left out. */
  readonly skipped: readonly Skipped[];
  /**
   * Load a piece.
   *
   * @throws CorpusError for a table that cannot be read or is not this score's
   * @throws ScoreFileError for a score that cannot be read
   */
  load(piece: BeatPiece, options?: LoadBeatsOptions): Promise<LoadedBeats>;
}

/** Where a corpus of beats is, and what it is. */
export interface BeatCorpusOptions {
  /** How it is laid out. */
  readonly kind: BeatCorpusKind;
  /** A folder, or a `.tar.gz` that is read without unpacking it. */
  readonly path: string;
  /** Default: the kind. */
  readonly name?: string;
}

/**
 * Open a corpus of beats and list its pieces. Pieces whose files are missing are
 * listed in `skipped`.
 *
 * @throws CorpusError when nothing of the kind is at the path
 */
export async function openBeatCorpus(options: BeatCorpusOptions): Promise<BeatCorpus> {
  const { kind, path, name = kind } = options;
  if (!BEAT_CORPUS_KINDS.includes(kind)) throw new OptionError("kind", `expected ${BEAT_CORPUS_KINDS.join(", ")}, got ${String(kind)}`);
  const files = await openFiles(path);
  const { pieces, skipped } = listMazurkas(files, name);
  if (pieces.length === 0 && skipped.length === 0) {
    throw new CorpusError(path, "", `no pieces of a corpus of the kind "${kind}" in it`);
  }
  return {
    name, kind, path, licence: LICENCES[kind], pieces, skipped,
    load: (piece, { markings = false } = {}) => loadMazurka(files, piece, markings),
  };
}
