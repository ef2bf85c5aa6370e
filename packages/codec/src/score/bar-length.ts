/**
 * @file The usual length of a bar.
 */
import type { Score } from "./score.js";

/** The median length of a score's bars, in quarters; 4 for a score without bars. */
export function medianBarQuarter(score: Pick<Score, "measures">): number {
  const lengths = score.measures.map((measure) => measure.durationQuarter).sort((a, b) => a - b);
  return lengths.length > 0 ? Math.max(lengths[lengths.length >> 1], 0.25) : 4;
}
