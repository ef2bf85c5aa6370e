/**
 * @file An alignment by indices: the performed note of each score note.
 */
import type { Alignment } from "../alignment/alignment.js";
import { CodecError } from "../errors.js";
import type { Performance } from "../performance/performance.js";
import type { Score } from "../score/score.js";

/**
 * For each score note the index of its performed note, or −1, `[N]`.
 *
 * @throws CodecError where the alignment matches ids that score or performance do not have, or matches nothing
 */
export function performedNotes(score: Score, performance: Performance, alignment: Alignment): Int32Array {
  const scoreIndex = new Map<string, number>();
  score.notes.id.forEach((id, i) => scoreIndex.set(id, i));
  // a performance may strike again what the score ties: that is no foreign note, but no note of its own either
  const tied = new Set(score.tiedHeads?.map(({ id }) => id));
  const performedIndex = new Map<string, number>();
  performance.notes.id.forEach((id, i) => performedIndex.set(id, i));

  const performedOf = new Int32Array(score.notes.length).fill(-1);
  const foreignScore: string[] = [];
  const foreignPerformed: string[] = [];
  let matches = 0;
  for (const entry of alignment) {
    if (entry.kind !== "match") continue;
    matches++;
    const note = scoreIndex.get(entry.scoreId);
    const performed = performedIndex.get(entry.performedId);
    if (note === undefined && !tied.has(entry.scoreId)) foreignScore.push(entry.scoreId);
    if (performed === undefined) foreignPerformed.push(entry.performedId);
    if (note !== undefined && performed !== undefined) performedOf[note] = performed;
  }
  if (matches === 0) throw new CodecError(`encode: expected an alignment with matches, got ${alignment.length} entries without one.`);
  for (const [ids, holder] of [[foreignScore, "score"], [foreignPerformed, "performance"]] as const) {
    if (ids.length) {
      throw new CodecError(
        `encode: the alignment matches ${ids.length} of ${matches} notes that the ${holder} does not have, first "${ids[0]}". Is it the alignment of this ${holder}?`,
      );
    }
  }
  return performedOf;
}
