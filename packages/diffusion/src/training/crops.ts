/**
 * @file Which crops a step sees: every note about equally often, in an order
 * that seed and step alone decide.
 */
import { randomStream, shuffle } from "../base/random-stream.js";

/** A piece as crops are drawn from it. */
export interface CropSource {
  /** Notes. */
  readonly length: number;
  /** Relative frequency. */
  readonly weight: number;
}

/** A stretch of a piece. */
export interface Crop {
  /** Index of the piece. */
  readonly piece: number;
  /** First note. */
  readonly begin: number;
  /** Notes, at most the crop's length. */
  readonly length: number;
}

/** Crops of every step. */
export interface CropOrder {
  /** The crops of a step, counted from 0. */
  at(step: number): readonly Crop[];
}

/**
 * Plan the crops. In a round every piece gives one crop for each `notes` notes
 * times its weight, shuffled with the others; steps take `batch` at a time.
 *
 * @param seed - another seed, another order
 */
export function cropOrder(sources: readonly CropSource[], batch: number, notes: number, seed: number): CropOrder {
  const shares = sources.map(({ length, weight }) => Math.ceil(length / notes) * weight);
  const perRound = Math.max(1, Math.ceil(shares.reduce((a, b) => a + b, 0)));
  const rounds = new Map<number, readonly Crop[]>();
  const round = (index: number): readonly Crop[] => {
    let crops = rounds.get(index);
    if (!crops) {
      crops = drawRound(sources, shares, perRound, notes, seed, index);
      if (rounds.size > 1) rounds.delete(Math.min(...rounds.keys()));
      rounds.set(index, crops);
    }
    return crops;
  };
  return {
    at: (step) =>
      Array.from({ length: batch }, (_, b) => {
        const at = step * batch + b;
        return round(Math.floor(at / perRound))[at % perRound];
      }),
  };
}

function drawRound(
  sources: readonly CropSource[], shares: readonly number[], count: number, notes: number, seed: number, index: number,
): readonly Crop[] {
  const random = randomStream(seed, 0xc209, index);
  const total = shares.reduce((a, b) => a + b, 0);
  const crops: Crop[] = [];
  // Systematic sampling: piece p gets its share, rounded up or down by chance.
  const start = random.uniform();
  let reached = 0;
  for (let piece = 0, drawn = 0; piece < sources.length; piece++) {
    reached += (shares[piece] / total) * count;
    for (; drawn < count && (drawn + start < reached || piece === sources.length - 1); drawn++) {
      const spare = Math.max(0, sources[piece].length - notes);
      // Crops that would hang over an end are pulled back, so that ends are seen as often as the middle.
      const offset = Math.floor(random.uniform() * sources[piece].length - notes / 2);
      const begin = Math.min(spare, Math.max(0, offset));
      crops.push({ piece, begin, length: Math.min(notes, sources[piece].length) });
    }
  }
  return shuffle(crops, random);
}
