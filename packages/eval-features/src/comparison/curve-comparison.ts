/**
 * @file How near two performances are in one measure, or two sets of them.
 */
import { correlation, mean, standardDeviation } from "../correlation.js";
import { sortedDivergence, type DivergenceOptions } from "./density.js";
import { rankCorrelation } from "./rank-correlation.js";
import { warpingDistance, type WarpingOptions } from "./warping.js";
import { sortedDistance, sortedValues } from "./wasserstein.js";

/** Names of the figures of a {@link CurveComparison}, in the order of every table. */
export const COMPARISON_FIGURES = [
  "pearson", "spearman", "meanDifference", "deviationDifference", "klDivergence", "wasserstein", "warping",
] as const;

/** One of {@link COMPARISON_FIGURES}. */
export type ComparisonFigure = (typeof COMPARISON_FIGURES)[number];

/** Figures of one measure, in its unit; NaN where nothing tells them (`null` in JSON). */
export interface CurveComparison {
  /** Pairs of performances: 1 for one against one. */
  readonly pairs: number;
  /** Places that both of a pair have, mean of the pairs. */
  readonly places: number;
  /** Pearson's r, mean of the pairs. */
  readonly pearson: number;
  /** Spearman's ρ, mean of the pairs. */
  readonly spearman: number;
  /** Mean of the first minus that of the second, at the places that both have; mean of the pairs. */
  readonly meanDifference: number;
  /** Standard deviation of the first minus that of the second, likewise. */
  readonly deviationDifference: number;
  /** D(first‖second), nats, of all their values: where a set plays, not when. */
  readonly klDivergence: number;
  /** Wasserstein's distance of all their values. */
  readonly wasserstein: number;
  /** Mean difference after dynamic time warping, mean of the pairs. */
  readonly warping: number;
}

/** How to compare curves. */
export interface CurveComparisonOptions extends DivergenceOptions, WarpingOptions {}

/** What a pair alone tells. */
export type PairFigures = Pick<CurveComparison, "places" | "pearson" | "spearman" | "meanDifference" | "deviationDifference" | "warping">;

/**
 * Compare curves with curves: one with one, one with many, or a set with a set.
 *
 * @param first - at least one, `[K]` each, NaN where missing
 * @param second - at least one, `[K]` each, NaN where missing
 */
export function compareCurves(first: readonly Float64Array[], second: readonly Float64Array[], options: CurveComparisonOptions = {}): CurveComparison {
  return combinePairs(first.flatMap((a) => second.map((b) => pairFigures(a, b, options))), first, second, options);
}

/** The figures of one pair. */
export function pairFigures(a: Float64Array, b: Float64Array, options: WarpingOptions): PairFigures {
  const [sharedA, sharedB] = shared(a, b);
  return {
    places: sharedA.length,
    pearson: correlation(sharedA, sharedB),
    spearman: rankCorrelation(sharedA, sharedB),
    meanDifference: mean(sharedA) - mean(sharedB),
    deviationDifference: standardDeviation(sharedA) - standardDeviation(sharedB),
    warping: warpingDistance(a, b, options),
  };
}

/** The same pair seen from the other side. */
export function turnedPair(pair: PairFigures): PairFigures {
  return { ...pair, meanDifference: -pair.meanDifference, deviationDifference: -pair.deviationDifference };
}

/** The figures of sets from those of their pairs. */
export function combinePairs(
  pairs: readonly PairFigures[], first: readonly Float64Array[], second: readonly Float64Array[], options: DivergenceOptions,
): CurveComparison {
  const over = (pick: (pair: PairFigures) => number): number => mean(pairs.map(pick));
  const valuesA = pooled(first);
  const valuesB = pooled(second);
  return {
    pairs: pairs.length,
    places: over((pair) => pair.places),
    pearson: over((pair) => pair.pearson),
    spearman: over((pair) => pair.spearman),
    meanDifference: over((pair) => pair.meanDifference),
    deviationDifference: over((pair) => pair.deviationDifference),
    klDivergence: sortedDivergence(valuesA, valuesB, options),
    wasserstein: sortedDistance(valuesA, valuesB),
    warping: over((pair) => pair.warping),
  };
}

/**
 * The mean of (a − b) over a scale, place by place: DExter's "deviation", whose scale is `b` itself or the standard
 * deviation of the pianists there.
 *
 * @param scale - `[K]`; default `b`
 * @returns NaN where no place has all three
 */
export function relativeDeviation(a: Float64Array, b: Float64Array, scale: Float64Array = b): number {
  return mean(a.map((value, k) => (value - b[k]) / scale[k]));
}

/** Both curves at the places that both have. */
function shared(a: Float64Array, b: Float64Array): [Float64Array, Float64Array] {
  const ofA = new Float64Array(a.length);
  const ofB = new Float64Array(a.length);
  let count = 0;
  for (let k = 0; k < a.length; k++) {
    if (Number.isNaN(a[k]) || Number.isNaN(b[k])) continue;
    ofA[count] = a[k];
    ofB[count++] = b[k];
  }
  return [ofA.subarray(0, count), ofB.subarray(0, count)];
}

/** All values of several curves, rising. */
function pooled(curves: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(curves.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const curve of curves) {
    all.set(curve, at);
    at += curve.length;
  }
  return sortedValues(all);
}
