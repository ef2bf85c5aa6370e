/**
 * @file The pianists of a piece, encoded on one score to be compared note by note.
 */
import { encodePerformance, scoreForAlignment, type PerformanceParameters, type Score } from "@dexter/codec";
import type { Corpus, Piece, Skipped } from "./corpora/corpus.js";

/** A piece with everybody who played it. */
export interface PlayedPiece {
  /** The piece's id. */
  readonly piece: string;
  /** With the repeats that were played; a renderer adds none to it. */
  readonly score: Score;
  /** Key release, per note of `score`. */
  readonly pianists: readonly PerformanceParameters[];
}

/**
 * Load a piece and its performances; those that cannot be read or do not fit the score are added to `skipped`.
 *
 * @param signal - stops the work between two performances
 * @returns null where fewer than two pianists are left
 * @throws the signal's reason when it is aborted
 */
export async function loadPianists(corpus: Corpus, piece: Piece, skipped: Skipped[], signal?: AbortSignal): Promise<PlayedPiece | null> {
  const skip = (reason: Skipped["reason"], error: unknown, performance?: string): void => {
    skipped.push({ corpus: corpus.name, piece: piece.id, performance, reason, message: (error as Error).message });
  };
  const written = await corpus.loadScore(piece).catch((error: unknown) => skip("unreadable-score", error));
  if (!written) return null;
  let score: Score | undefined;
  const pianists: PerformanceParameters[] = [];
  for (const entry of piece.performances) {
    signal?.throwIfAborted();
    const loaded = await corpus.loadPerformance(entry).catch((error: unknown) => skip("unreadable-performance", error, entry.id));
    if (!loaded) continue;
    try {
      score ??= scoreForAlignment(written, loaded.alignment);
      pianists.push(encodePerformance(score, loaded.performance, loaded.alignment, { release: "key" }));
    } catch (error) {
      skip("not-encodable", error, entry.id);
    }
  }
  return score && pianists.length >= 2 ? { piece: piece.id, score: playedAsWritten(score), pianists } : null;
}

/** The score with its notes as they are and no further repeats to play. */
export function playedAsWritten(score: Score): Score {
  if (score.unfolding) return score;
  const { length } = score.notes;
  return { ...score, unfolding: { written: score, writtenNote: Int32Array.from({ length }, (_, n) => n), pass: new Uint8Array(length).fill(1) } };
}
