/**
 * @file The stored pairs of a set as what a classic network is trained on: each pair is a segment with its partner.
 */
import { setPairs, type StoredSet } from "@dexter/alignment-datasets";
import type { SegmentSource } from "@dexter/diffusion/training";
import { UsageError } from "../errors.js";

/**
 * Open the pairs of one split.
 *
 * @param notes - of the network's segments
 * @returns `null` where the set has none: partners are then drawn from the passages
 * @throws UsageError when they are of another length
 */
export function pairedSegments(set: StoredSet, split: "train" | "validation", notes: number): SegmentSource | null {
  const stored = set.readPairs(split);
  if (!stored || stored.count === 0) return null;
  if (stored.notes !== notes) {
    throw new UsageError(`data: the pairs of ${set.path} are of ${stored.notes} notes, the network's segments of ${notes}. Pair it again: dexter-train pair ${set.path} --notes ${notes}`);
  }
  const pairs = setPairs(set, { split });
  const { length, scale, fingerprint, record } = pairs;
  return { length, notes, scale, fingerprint, record, read: (index) => pairs.read(index).target, partner: (index) => pairs.read(index).source };
}
