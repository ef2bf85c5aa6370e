/**
 * @file What training makes of seeded random numbers: shuffles and masks. The stream itself is the codec's.
 */
import { randomStream, type RandomStream } from "@dexter/codec";

export { randomStream, type RandomStream };

/** Shuffle in place (Fisher and Yates). */
export function shuffle<T>(items: T[], random: RandomStream): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** A mask that drops with probability p and scales what it keeps by 1 / (1 − p). 16 bits decide each element. */
export function fillDropout(mask: Float32Array, p: number, random: RandomStream): Float32Array {
  const threshold = Math.round(p * 65536);
  const kept = 65536 / (65536 - threshold);
  for (let i = 0; i < mask.length; i += 2) {
    const word = random.bits();
    mask[i] = (word & 0xffff) < threshold ? 0 : kept;
    if (i + 1 < mask.length) mask[i + 1] = word >>> 16 < threshold ? 0 : kept;
  }
  return mask;
}
