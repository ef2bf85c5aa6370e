/**
 * @file A performance file with the form of the score that it plays.
 */
import { extname } from "node:path";
import { scoreForAlignment, type Alignment, type Performance, type Score } from "@dexter/codec";
import { loadAlignment, loadMatch, loadPerformance } from "@dexter/codec/node";
import { UsageError } from "./failure.js";

/** A performance, and which of its notes are which of the score's. */
export interface PlayedPerformance {
  /** As the alignment speaks of it: as written, or with its repeats played. */
  readonly score: Score;
  readonly performance: Performance;
  readonly alignment: Alignment;
}

/** Refuse a MIDI file without an alignment, before anything is read. */
export function checkAligned(performanceFile: string, alignmentFile: string | undefined): void {
  if (alignmentFile === undefined && /^\.midi?$/i.test(extname(performanceFile))) {
    throw new UsageError(`${performanceFile}: a MIDI file needs an alignment to its score. Name it after the MIDI file, or give a match file.`);
  }
}

/** Read a match file, or a MIDI file with an alignment. */
export async function readPlayed(written: Score, performanceFile: string, alignmentFile: string | undefined): Promise<PlayedPerformance> {
  const { performance, alignment } = alignmentFile === undefined
    ? await loadMatch(performanceFile)
    : { performance: await loadPerformance(performanceFile), alignment: await loadAlignment(alignmentFile) };
  return { score: scoreForAlignment(written, alignment), performance, alignment };
}
