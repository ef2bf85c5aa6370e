/**
 * @file What most people do at each place of a score.
 */

/** Fewer people than this at a place are no band. */
export const LEAST_BAND = 3;

/** Three curves over `K` places; NaN where fewer than three people played. */
export interface Band {
  /** 10 of 100 are below, `[K]`. */
  readonly low: Float64Array;
  /** The median, `[K]`. */
  readonly middle: Float64Array;
  /** 10 of 100 are above, `[K]`. */
  readonly high: Float64Array;
}

/**
 * The band of curves, place by place.
 *
 * @param curves - `[K]` each, NaN where missing
 */
export function humanBand(curves: readonly Float64Array[]): Band {
  const K = curves[0]?.length ?? 0;
  const [low, middle, high] = [0, 1, 2].map(() => new Float64Array(K).fill(Number.NaN));
  const sorted = new Float64Array(curves.length);
  for (let k = 0; k < K; k++) {
    const count = sortPlace(curves, k, sorted);
    if (count < LEAST_BAND) continue;
    low[k] = between(sorted, count, 0.1);
    middle[k] = between(sorted, count, 0.5);
    high[k] = between(sorted, count, 0.9);
  }
  return { low, middle, high };
}

/**
 * The median of curves, place by place, of those who played there.
 *
 * @param curves - `[K]` each, NaN where missing
 * @returns `[K]`, NaN where nobody played
 */
export function medianCurve(curves: readonly Float64Array[]): Float64Array {
  const sorted = new Float64Array(curves.length);
  return Float64Array.from({ length: curves[0]?.length ?? 0 }, (_, k) => {
    const count = sortPlace(curves, k, sorted);
    return count ? between(sorted, count, 0.5) : Number.NaN;
  });
}

/** Put what the curves have at a place in order, and say how many have something: few, so each finds its place. */
function sortPlace(curves: readonly Float64Array[], k: number, sorted: Float64Array): number {
  let count = 0;
  for (const curve of curves) {
    const value = curve[k];
    if (Number.isNaN(value)) continue;
    let at = count++;
    for (; at > 0 && sorted[at - 1] > value; at--) sorted[at] = sorted[at - 1];
    sorted[at] = value;
  }
  return count;
}

function between(sorted: Float64Array, count: number, share: number): number {
  const place = share * (count - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * (sorted[Math.min(below + 1, count - 1)] - sorted[below]);
}
