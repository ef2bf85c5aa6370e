/**
 * @file In which order segments are seen: every one once an epoch, in an order
 * that seed and epoch alone decide, known for any place without a list of them.
 *
 * A Feistel network permutes the next power of four; numbers beyond the length
 * are permuted again until they fall below it (Black & Rogaway, 2002, "Ciphers
 * with arbitrary finite domains", cycle walking). Memory does not grow with the set.
 */
import { randomStream } from "../../base/random-stream.js";

/** Feistel rounds; four make a good permutation, two more cost nothing. */
const ROUNDS = 6;
const STREAM = 0x0bde;

/** A shuffled list of the numbers 0 … length − 1 that is never written down. */
export interface Permutation {
  /** The number at a place. */
  at(place: number): number;
}

/** The permutation with this seed and number. */
export function permutation(length: number, seed: number, number: number): Permutation {
  const half = Math.max(1, Math.ceil(Math.log2(Math.max(2, length)) / 2));
  const mask = 2 ** half - 1;
  const random = randomStream(seed, STREAM, number);
  const keys = Int32Array.from({ length: ROUNDS }, () => random.bits());
  const once = (value: number): number => {
    let left = Math.floor(value / (mask + 1));
    let right = value & mask;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = left ^ (scramble(right ^ keys[round]) & mask);
      left = right;
      right = mixed;
    }
    return left * (mask + 1) + right;
  };
  return {
    at(place) {
      let value = once(place);
      while (value >= length) value = once(value);
      return value;
    },
  };
}

/** The segments of any batch. */
export interface SegmentOrder {
  /** `count` segment numbers from this place on, counted over all epochs. */
  from(place: number, count: number): number[];
}

/** Epoch after epoch of `length` segments, each shuffled anew. */
export function segmentOrder(length: number, seed: number): SegmentOrder {
  let epoch = -1;
  let current: Permutation = { at: (place) => place };
  return {
    from(place, count) {
      return Array.from({ length: count }, (_, i) => {
        const wanted = Math.floor((place + i) / length);
        if (wanted !== epoch) {
          epoch = wanted;
          current = permutation(length, seed, epoch);
        }
        return current.at((place + i) % length);
      });
    },
  };
}

/** MurmurHash3's finalizer. */
function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
