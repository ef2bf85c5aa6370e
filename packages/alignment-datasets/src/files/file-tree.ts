/**
 * @file The files of a corpus, wherever they lie: names first, contents on demand.
 */

/** Files under one root. Paths use "/" and are relative to the root. */
export interface FileTree {
  /** What the tree was opened from, for messages. */
  readonly root: string;
  /** Every file, sorted. */
  readonly paths: readonly string[];
  /** @throws CorpusError when there is no such file, or it is larger than {@link MAX_FILE_BYTES} */
  read(path: string): Promise<Uint8Array>;
}

/** No file of a corpus may be larger (the largest score of nASAP has 12 MB). */
export const MAX_FILE_BYTES = 128 * 2 ** 20;

/** A corpus has at most as many files. */
export const MAX_FILES = 2_000_000;

/** Kinds of file that corpora are made of; everything else is passed over. */
export const CORPUS_FILE = /\.(musicxml|xml|mxl|mid|midi|match|tsv|csv)$|_match\.txt$/i;
