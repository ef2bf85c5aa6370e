/**
 * @file How sure a figure is: what it would be of other pianists and other pieces like these.
 *
 * The percentile bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) in two stages:
 * pieces are drawn with replacement, and within each the pianists.
 */
import { CodecError, randomStream, type RandomStream } from "@dexter/codec";
import { quantile } from "../quantile.js";

/** Ends of an interval; NaN where nothing tells them (`null` in JSON). */
export type Interval = readonly [low: number, high: number];

/** How to resample. */
export interface BootstrapOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Share of the resamples within the interval; default 0.95. */
  readonly confidence?: number;
}

/** A piece whose figure can be taken of any choice of its members (pianists, recordings). */
export interface Resampled {
  /** How many members there are. */
  readonly members: number;
  /** The figure of these members, indices with repetition; NaN where they tell none. */
  figureOf(chosen: Int32Array): number;
}

/**
 * The interval of the mean over pieces of a figure.
 *
 * @param pieces - each counts once
 * @returns NaN on both ends where no resample tells the figure
 * @throws CodecError when an option is out of range
 */
export function bootstrapInterval(pieces: readonly Resampled[], { seed = 1, resamples = 1000, confidence = 0.95 }: BootstrapOptions = {}): Interval {
  if (!(resamples >= 1 && Number.isInteger(resamples))) throw new CodecError(`bootstrapInterval: expected one resample or more, got ${resamples}.`);
  if (!(confidence > 0 && confidence < 1)) throw new CodecError(`bootstrapInterval: expected a confidence between 0 and 1, got ${confidence}.`);
  const random = randomStream(seed);
  const chosen = pieces.map(({ members }) => new Int32Array(members));
  const figures = new Float64Array(resamples).fill(Number.NaN);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < pieces.length; i++) {
      const p = random.below(pieces.length);
      const figure = pieces[p].figureOf(drawn(chosen[p], random));
      if (Number.isNaN(figure)) continue;
      sum += figure;
      count++;
    }
    if (count > 0) figures[r] = sum / count;
  }
  const sorted = figures.filter((figure) => !Number.isNaN(figure)).sort();
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}

function drawn(chosen: Int32Array, random: RandomStream): Int32Array {
  for (let i = 0; i < chosen.length; i++) chosen[i] = random.below(chosen.length);
  return chosen;
}

/** A figure that is the mean of one value a member. */
export function meanOfMembers(values: ArrayLike<number>): Resampled {
  return {
    members: values.length,
    figureOf(chosen) {
      let sum = 0;
      let count = 0;
      for (const m of chosen) {
        if (Number.isNaN(values[m])) continue;
        sum += values[m];
        count++;
      }
      return count ? sum / count : Number.NaN;
    },
  };
}

/**
 * A figure that is the mean of all pairs of different members. A member drawn twice makes no pair with itself, whose
 * agreement of 1 would be nobody's.
 *
 * @param pairs - symmetric, `[M, M]`; the diagonal is not read
 */
export function meanOfMemberPairs(members: number, pairs: Float64Array): Resampled {
  return {
    members,
    figureOf(chosen) {
      let sum = 0;
      let count = 0;
      for (let i = 0; i < chosen.length; i++) {
        for (let j = 0; j < i; j++) {
          const value = pairs[chosen[i] * members + chosen[j]];
          if (chosen[i] === chosen[j] || Number.isNaN(value)) continue;
          sum += value;
          count++;
        }
      }
      return count ? sum / count : Number.NaN;
    },
  };
}
