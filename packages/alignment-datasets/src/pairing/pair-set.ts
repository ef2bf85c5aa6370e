/**
 * @file Draw the pairs of a set and store them in it.
 */
import { copyFile } from "node:fs/promises";
import { OptionError, UnsuitableSetError } from "../errors.js";
import { hdf5 } from "../set/hdf5.js";
import { partFile } from "../set/part-file.js";
import { openSet } from "../set/set-reader.js";
import { pairsGroup, writePairs, type PairDescription } from "../set/stored-pairs.js";
import type { Split } from "../splits.js";
import { drawPairs, possiblePairs } from "./possible-pairs.js";

const SPLITS: readonly Split[] = ["train", "validation", "test"];

/** How to pair. */
export interface PairOptions {
  /** Pairs of each split: all where there are not as many. */
  readonly k: number;
  /** Decides which, and their directions. Default 1. */
  readonly seed?: number;
  /** List each pair in both directions. Default false: in one, by chance. */
  readonly bothDirections?: boolean;
  /** Notes of a segment. Default 200. */
  readonly notes?: number;
  /** Notes from one start to the next. Default: `notes`. */
  readonly hop?: number;
  /** The set to write. Default: the set itself, replaced when the new one is complete. */
  readonly output?: string;
  /** Stops the work and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** What was paired in one split. */
export interface PairCounts {
  /** Pairs that there are, without direction. */
  readonly possible: number;
  /** Pairs that were stored, each direction for itself. */
  readonly paired: number;
  /** Segments that somebody else played, too. */
  readonly pairedSegments: number;
  /** Segments that nobody else played. */
  readonly unpaired: number;
}

/** What was done. */
export interface PairReport extends PairDescription {
  /** By split. */
  readonly splits: Readonly<Record<Split, PairCounts>>;
}

/**
 * Store pairs of segments with a set: two performances of one passage of one piece, never across splits, never of mixes,
 * none twice. An earlier pairing is replaced. The set is copied beside itself; what is in memory does not grow with k.
 *
 * @throws OptionError for options out of range; SetFileError when the set is damaged; UnsuitableSetError when no passage in it was played twice
 */
export async function pairSet(path: string, options: PairOptions): Promise<PairReport> {
  const { k, seed = 1, bothDirections = false, notes = 200, hop = notes, output = path, signal } = options;
  if (!Number.isInteger(k) || k < 1) throw new OptionError("k", `expected a whole number, 1 or more, got ${k}`);
  const description: PairDescription = { seed, k, bothDirections, notes, hop };
  const set = await openSet(path);
  const part = partFile(output);
  try {
    const possible = SPLITS.map((split) => ({ split, pairs: possiblePairs(set, { split, notes, hop }) }));
    if (possible.every(({ pairs }) => pairs.count === 0)) {
      throw new UnsuitableSetError(path, "", "no passage in it was played twice: there is nothing to pair");
    }
    signal?.throwIfAborted();
    await copyFile(path, part.path);
    const { File } = await hdf5();
    const file = new File(part.path, "a");
    const counts = {} as Record<Split, PairCounts>;
    try {
      const group = pairsGroup(file, description);
      for (const { split, pairs } of possible) {
        signal?.throwIfAborted();
        const { count, pairedSegments } = pairs;
        const written = writePairs(group, split, {
          possible: count, pairedSegments, paired: drawPairs(pairs, { k, seed, bothDirections }), unpaired: pairs.unpaired(),
        });
        counts[split] = { possible: count, pairedSegments, ...written };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      file.close();
    }
    signal?.throwIfAborted();
    await part.commit();
    return { ...description, splits: counts };
  } catch (error) {
    await part.discard();
    throw error;
  } finally {
    set.close();
  }
}
