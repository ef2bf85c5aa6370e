/**
 * @file A seeded order of the numbers 0 … n − 1 that is computed, not stored: the first K of it are a random choice of K
 * without repetition, in the memory of one number.
 *
 * A Feistel network permutes the numbers of an even count of bits (Luby & Rackoff, 1988); what falls behind n is permuted
 * again until it does not (cycle walking: Black & Rogaway, 2002, "Ciphers with arbitrary finite domains").
 */
import { OptionError } from "../errors.js";

/** Rounds of the network; four are enough for a permutation that looks random. */
const ROUNDS = 6;

/** The largest domain: both halves are 32-bit integers, and the numbers exact. */
const MAX_SIZE = 2 ** 52;

/**
 * A permutation of 0 … size − 1.
 *
 * @param seed - another seed gives an unrelated order
 * @returns the number at a place; a place from 0 to size − 1
 * @throws OptionError when the size is not a whole number from 0 to 2^52
 */
export function permutation(size: number, seed: number): (place: number) => number {
  if (!Number.isInteger(size) || size < 0 || size > MAX_SIZE) throw new OptionError("size", `expected a whole number from 0 to 2^52, got ${size}`);
  let half = 1;
  while (2 ** (2 * half) < size) half++;
  const width = 2 ** half;
  const keys = Array.from({ length: ROUNDS }, (_, round) => scramble(scramble(seed ^ 0x5bd1e995) ^ Math.floor(seed / 2 ** 32) ^ Math.imul(round + 1, 0x9e3779b9)));
  const once = (value: number): number => {
    let left = Math.floor(value / width);
    let right = value % width;
    for (const key of keys) [left, right] = [right, (left ^ (scramble(right ^ key) & (width - 1))) >>> 0];
    return left * width + right;
  };
  return (place) => {
    if (!Number.isInteger(place) || place < 0 || place >= size) throw new RangeError(`place ${place} of a permutation of ${size}`);
    let value = once(place);
    while (value >= size) value = once(value);
    return value;
  };
}

/** MurmurHash3's finalizer: every bit of the answer hangs on every bit of the question. */
export function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
