/**
 * @file Every pair of performances of a passage by number, without a list of them: pairs are counted, not enumerated.
 *
 * A passage of m performances has m (m − 1) / 2 pairs; pair number i of it is the i-th of (0, 1), (0, 2), (1, 2), (0, 3) …,
 * the combinatorial number system. The original holds all 2,374,872 pairs of its data in memory.
 */
import { OptionError } from "../errors.js";
import type { StoredSet } from "../set/set-reader.js";
import { passagesOf, type PassageOptions, type SegmentPlace } from "./passages.js";
import { permutation, scramble } from "./permutation.js";

/** Two performances of one passage: from which one to which. */
export interface PairPlace {
  /** The performance that is given. */
  readonly source: SegmentPlace;
  /** The performance that it shall become. */
  readonly target: SegmentPlace;
}

/** All pairs of performances of one passage, each once, without direction. */
export interface PossiblePairs {
  /** How many. */
  readonly count: number;
  /** Segments that somebody else played, too. */
  readonly pairedSegments: number;
  /** Pair number `index`, 0 … count − 1; `source` stands before `target` in the set. */
  at(index: number): PairPlace;
  /** Segments that nobody else played. */
  unpaired(): Generator<SegmentPlace>;
}

/** Which pairs to draw. */
export interface DrawOptions {
  /** Pairs to draw: all where there are not as many. */
  readonly k: number;
  /** Decides which, and their directions. Default 1. */
  readonly seed?: number;
  /** Each pair in both directions, one behind the other. Default false: in one, by chance. */
  readonly bothDirections?: boolean;
}

/**
 * Count the pairs of a set's pieces of one split. Performances of different passages, pieces or splits are never a pair,
 * nor are mixes.
 *
 * @throws OptionError when length or hop is not a positive integer
 */
export function possiblePairs(set: StoredSet, options: PassageOptions): PossiblePairs {
  const passages = passagesOf(set, options);
  const shared = passages.filter(({ count }) => count >= 2);
  const before = new Float64Array(shared.length + 1);
  shared.forEach(({ count }, p) => (before[p + 1] = before[p] + (count * (count - 1)) / 2));
  const count = before[shared.length];
  return {
    count,
    pairedSegments: shared.reduce((sum, { count: members }) => sum + members, 0),
    at(index) {
      if (!Number.isInteger(index) || index < 0 || index >= count) throw new RangeError(`pair ${index} of ${count} pairs`);
      let low = 0;
      for (let high = shared.length - 1; low < high;) {
        const middle = Math.ceil((low + high) / 2);
        if (before[middle] <= index) low = middle;
        else high = middle - 1;
      }
      const [first, second] = unrank(index - before[low]);
      return { source: shared[low].at(first), target: shared[low].at(second) };
    },
    *unpaired() {
      for (const passage of passages) if (passage.count === 1) yield passage.at(0);
    },
  };
}

/** The pair with this number, the smaller one first: number = second (second − 1) / 2 + first. */
function unrank(rank: number): readonly [number, number] {
  let second = Math.floor((1 + Math.sqrt(1 + 8 * rank)) / 2);
  // The root is rounded where the number is large.
  while ((second * (second - 1)) / 2 > rank) second--;
  while ((second * (second + 1)) / 2 <= rank) second++;
  return [rank - (second * (second - 1)) / 2, second];
}

/**
 * Draw pairs without repetition, one at a time: in the memory of one pair, however many are drawn.
 *
 * @throws OptionError when k is not a whole number, 1 or more
 */
export function* drawPairs(possible: PossiblePairs, { k, seed = 1, bothDirections = false }: DrawOptions): Generator<PairPlace> {
  if (!Number.isInteger(k) || k < 1) throw new OptionError("k", `expected a whole number, 1 or more, got ${k}`);
  const order = permutation(possible.count, seed);
  for (let place = 0; place < Math.min(k, possible.count); place++) {
    const index = order(place);
    const { source, target } = possible.at(index);
    if (bothDirections) {
      yield { source, target };
      yield { source: target, target: source };
    } else yield scramble(index ^ scramble(seed + 1)) & 1 ? { source: target, target: source } : { source, target };
  }
}
