/**
 * @file A performance file with the form of the score that it plays: aligned by its file, by another, or here.
 */
import { extname } from "node:path";
import { scoreForAlignment, type Alignment, type Performance, type Score } from "@dexter/codec";
import { loadAlignment, loadMatch, loadPerformance } from "@dexter/codec/node";

/** A performance, and which of its notes are which of the score's. */
export interface PlayedPerformance {
  /** As the alignment speaks of it: as written, or with its repeats played. */
  readonly score: Score;
  readonly performance: Performance;
  readonly alignment: Alignment;
  /** Where it was aligned here: part of the score's notes that were found, 0–1. */
  readonly matchRatio?: number;
  /** What was odd, in words. */
  readonly warnings: readonly string[];
}

/**
 * Read a match file, a MIDI file with an alignment, or a MIDI file alone, which is then aligned.
 *
 * @throws what the readers and the aligner throw
 */
export async function readPlayed(written: Score, performanceFile: string, alignmentFile?: string): Promise<PlayedPerformance> {
  if (alignmentFile !== undefined) {
    const [performance, alignment] = [await loadPerformance(performanceFile), await loadAlignment(alignmentFile)];
    return { score: scoreForAlignment(written, alignment), performance, alignment, warnings: [] };
  }
  if (!/^\.midi?$/i.test(extname(performanceFile))) {
    const { performance, alignment } = await loadMatch(performanceFile);
    return { score: scoreForAlignment(written, alignment), performance, alignment, warnings: [] };
  }
  const { alignPerformance } = await import("@dexter/alignment-datasets/aligner");
  const { score, performance, alignment, summary, warnings } = alignPerformance(written, await loadPerformance(performanceFile));
  return { score, performance, alignment, matchRatio: summary.matchRatio, warnings };
}
