/**
 * @file Many performances in figures: how they are on average, how they differ from each other, how each varies within.
 */
import { PERFORMANCE_FEATURE_NAMES, type PerformanceFeatureName } from "./feature-catalogue.js";
import { PERFORMANCE_FIGURE_NAMES, type FeatureSummary, type PerformanceFigure } from "./feature-statistics.js";

/** One feature or figure over performances. */
export interface CorpusStatistics {
  /** Performances in which it is defined. */
  readonly performances: number;
  /** Mean of the performances' means. */
  readonly mean: number;
  /** Standard deviation of the performances' means (divisor n − 1): how performances differ. NaN with fewer than two. */
  readonly between: number;
  /** Mean of the performances' own standard deviations: how one varies along its piece; NaN of figures. */
  readonly within: number;
}

/** Many performances in figures. */
export interface CorpusSummary {
  /** How many. */
  readonly performances: number;
  /** Played notes of all. */
  readonly played: number;
  /** Every feature. */
  readonly features: Readonly<Record<PerformanceFeatureName, CorpusStatistics>>;
  /** Every figure. */
  readonly figures: Readonly<Record<PerformanceFigure, CorpusStatistics>>;
}

/** Sum performances up; every performance counts the same, however long. */
export function summarizeCorpus(summaries: readonly FeatureSummary[]): CorpusSummary {
  const over = (means: readonly number[], deviations: readonly number[]): CorpusStatistics => {
    const known = means.filter((value) => !Number.isNaN(value));
    const mean = average(known);
    const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return {
      performances: known.length,
      mean,
      between: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : Number.NaN,
      within: average(deviations.filter((value) => !Number.isNaN(value))),
    };
  };
  const features = PERFORMANCE_FEATURE_NAMES.map((name) => [name, over(summaries.map((s) => s.features[name].mean), summaries.map((s) => s.features[name].deviation))] as const);
  const figures = PERFORMANCE_FIGURE_NAMES.map((name) => [name, over(summaries.map((s) => s.figures[name]), [])] as const);
  return {
    performances: summaries.length,
    played: summaries.reduce((sum, { played }) => sum + played, 0),
    features: Object.fromEntries(features) as Record<PerformanceFeatureName, CorpusStatistics>,
    figures: Object.fromEntries(figures) as Record<PerformanceFigure, CorpusStatistics>,
  };
}

function average(values: readonly number[]): number {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : Number.NaN;
}
