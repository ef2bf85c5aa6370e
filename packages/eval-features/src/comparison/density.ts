/**
 * @file The density of values, estimated by a Gaussian kernel, and how far one density is from another.
 *
 * Scott, Multivariate Density Estimation (1992), equation (6.44): the kernel's width is the standard deviation
 * (divisor n − 1) times n^(−1/5).
 */
import { randomStream } from "@dexter/codec";
import { lowerBound } from "./rank-correlation.js";
import { sortedValues } from "./wasserstein.js";

/** More values than this are gathered on a grid of as many points: far finer than the kernel. */
const MOST_CENTRES = 512;
/** What is e^−40 of the nearest kernel adds nothing. */
const NEGLIGIBLE = 40;

/** A density on the real line. */
export interface Density {
  /** Natural logarithm of the density at a point; finite everywhere. */
  logAt(point: number): number;
  /** Points drawn from the density. */
  draw(count: number, seed: number): Float64Array;
}

/**
 * Estimate the density of the values that are there (NaN marks a gap).
 *
 * @returns `null` with fewer than two values, or where all are equal
 */
export function gaussianDensity(values: Float64Array): Density | null {
  return sortedDensity(sortedValues(values));
}

function sortedDensity(there: Float64Array): Density | null {
  const n = there.length;
  const middle = there.reduce((sum, value) => sum + value, 0) / n;
  const variance = there.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1);
  if (n < 2 || !(variance > (1e-9 * Math.max(1, Math.abs(middle))) ** 2)) return null;
  const width = Math.sqrt(variance) * n ** -0.2;
  const { centre, weight } = n > MOST_CENTRES ? gathered(there) : { centre: there, weight: new Float64Array(n).fill(1 / n) };
  const inverse = 0.5 / width ** 2;
  const scale = Math.log(width * Math.sqrt(2 * Math.PI));
  return {
    logAt(point) {
      const above = Math.min(lowerBound(centre, point), centre.length - 1);
      const nearest = above > 0 && point - centre[above - 1] < centre[above] - point ? above - 1 : above;
      const least = inverse * (point - centre[nearest]) ** 2;
      let sum = weight[nearest];
      for (const step of [-1, 1]) {
        for (let i = nearest + step; i >= 0 && i < centre.length; i += step) {
          const further = inverse * (point - centre[i]) ** 2 - least;
          if (further > NEGLIGIBLE) break;
          sum += weight[i] * Math.exp(-further);
        }
      }
      return Math.log(sum) - least - scale;
    },
    draw(count, seed) {
      const random = randomStream(seed);
      // Spread evenly over the values: as unbiased as a free choice, and nearer to it.
      return Float64Array.from({ length: count }, (_, i) => there[Math.min(n - 1, Math.floor(((i + random.uniform()) * n) / count))] + width * random.normal());
    },
  };
}

/** Points drawn for an estimate, and their seed. */
export interface DivergenceOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 512. */
  readonly draws?: number;
}

/**
 * Kullback and Leibler's divergence D(p‖q) in nats: the mean of log p − log q at points drawn from p.
 *
 * An unbiased Monte-Carlo estimate, which may be a little below 0 where the densities are alike.
 *
 * @param p - values, NaN where missing
 * @param q - values, NaN where missing
 * @returns NaN where one of the two has no density
 */
export function klDivergence(p: Float64Array, q: Float64Array, options: DivergenceOptions = {}): number {
  return sortedDivergence(sortedValues(p), sortedValues(q), options);
}

/** The divergence of samples that are sorted already, without gaps. */
export function sortedDivergence(p: Float64Array, q: Float64Array, { seed = 1, draws = 512 }: DivergenceOptions): number {
  const densityP = sortedDensity(p);
  const densityQ = sortedDensity(q);
  if (!densityP || !densityQ) return Number.NaN;
  const points = densityP.draw(draws, seed);
  return points.reduce((sum, point) => sum + densityP.logAt(point) - densityQ.logAt(point), 0) / draws;
}

/** The values' weight on an even grid, each shared between its two neighbours. */
function gathered(sorted: Float64Array): { centre: Float64Array; weight: Float64Array } {
  const least = sorted[0];
  const step = (sorted[sorted.length - 1] - least) / (MOST_CENTRES - 1);
  const all = new Float64Array(MOST_CENTRES);
  for (const value of sorted) {
    const place = (value - least) / step;
    const below = Math.min(MOST_CENTRES - 2, Math.floor(place));
    all[below] += (below + 1 - place) / sorted.length;
    all[below + 1] += (place - below) / sorted.length;
  }
  const kept = [...all.keys()].filter((i) => all[i] > 0);
  return { centre: Float64Array.from(kept, (i) => least + i * step), weight: Float64Array.from(kept, (i) => all[i]) };
}
