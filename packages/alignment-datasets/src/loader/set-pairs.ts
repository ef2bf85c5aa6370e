/**
 * @file The stored pairs of a set as training takes them: two performances of one passage.
 */
import { createHash } from "node:crypto";
import { OptionError, SetFileError, UnsuitableSetError } from "../errors.js";
import type { PairPlace } from "../pairing/possible-pairs.js";
import type { StoredSet } from "../set/set-reader.js";
import type { Split } from "../splits.js";
import { byteCache } from "./byte-cache.js";
import { segmentReader } from "./segment-reader.js";
import { checkIndex, scaleOf, type LoadedSegment, type SegmentLoader } from "./segment.js";

/** Rows of the list that are read at once. */
const BLOCK = 4096;

/** Part of the memory that the list may take. */
const LIST_SHARE = 1 / 4;

/** Two performances of one passage, note by note. */
export interface LoadedPair {
  /** The performance that is given. */
  readonly source: LoadedSegment;
  /** The performance that it shall become. */
  readonly target: LoadedSegment;
}

/** Pairs by number. Memory does not grow with the set, nor with the list. */
export interface PairLoader extends Pick<SegmentLoader, "length" | "notes" | "scale" | "perceptualScale" | "fingerprint" | "record"> {
  /**
   * One pair.
   *
   * @throws RangeError for a number that is not there
   * @throws SetFileError when the file is damaged
   */
  read(index: number): LoadedPair;
  /** Where it lies: score, first note and performance of both, for what segments do not hold. */
  place(index: number): PairPlace;
}

/** Which pairs. */
export interface SetPairOptions {
  /** Of which pieces. */
  readonly split: Split;
  /** Bound on what is kept in memory, MB. Default 64. */
  readonly cacheMB?: number;
}

/**
 * The pairs that `pairSet` stored, segments as in `setSegments`.
 *
 * @throws OptionError for options out of range
 * @throws UnsuitableSetError when the set holds no pairs of the split
 */
export function setPairs(set: StoredSet, { split, cacheMB = 64 }: SetPairOptions): PairLoader {
  if (!(cacheMB >= 0)) throw new OptionError("cacheMB", `expected 0 or more, got ${cacheMB}`);
  const pairs = set.readPairs(split);
  if (!pairs || pairs.count === 0) {
    throw new UnsuitableSetError(set.path, "", `holds no pairs in the split "${split}". Draw them: dexter-train pair ${set.path} --k 2000`);
  }
  const { count, notes, hop, seed, k, bothDirections, possible } = pairs;
  const lists = byteCache<readonly PairPlace[]>(cacheMB * LIST_SHARE * 2 ** 20);
  const { read: readPlace, perceptualScale } = segmentReader(set, notes, cacheMB * (1 - LIST_SHARE));
  const place = (index: number): PairPlace => {
    checkIndex(index, count);
    const block = Math.floor(index / BLOCK);
    return lists.get(`${block}`, () => {
      const value = pairs.read(block * BLOCK, Math.min(count, (block + 1) * BLOCK));
      // Two places and the pair: small objects of three numbers or two references.
      return { value, bytes: value.length * 128 };
    })[index % BLOCK];
  };
  const { mean, standardDeviation } = set.description.statistics.parameters;
  const { counts, release } = set.description;
  return {
    length: count,
    notes,
    scale: scaleOf(mean, standardDeviation),
    ...(perceptualScale ? { perceptualScale } : {}),
    fingerprint: fingerprintOf([split, release, seed, k, bothDirections, notes, hop, possible, count, counts, [...mean]]),
    record: { split, release, pairs: count, possiblePairs: possible, seed, hop },
    place,
    read(index) {
      const { source, target } = place(index);
      try {
        return { source: readPlace(source), target: readPlace(target) };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new SetFileError(set.path, "pairs", `pair ${index} is of a segment that is not there (${error.message})`);
      }
    },
  };
}

function fingerprintOf(what: unknown): string {
  return createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 16);
}
