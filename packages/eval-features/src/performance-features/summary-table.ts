/**
 * @file Figures of performances as tables for people, and as rows of CSV.
 */
import type { CorpusSummary } from "./corpus-statistics.js";
import { PERFORMANCE_FEATURES } from "./feature-catalogue.js";
import { PERFORMANCE_FIGURE_NAMES, PERFORMANCE_FIGURES, type FeatureSummary } from "./feature-statistics.js";

/** A performance: mean, standard deviation and range of every feature, then the figures of the whole. A dash is not defined. */
export function formatFeatureSummary({ features, figures }: FeatureSummary): string {
  const rows = PERFORMANCE_FEATURES.map(({ name, unit }) => {
    const { count, mean, deviation, least, median, greatest } = features[name];
    return [name, unit, String(count), ...[mean, deviation, least, median, greatest].map(decimal)];
  });
  const whole = PERFORMANCE_FIGURE_NAMES.map((name) => [name, PERFORMANCE_FIGURES[name], decimal(figures[name])]);
  return `${aligned([["feature", "unit", "count", "mean", "deviation", "least", "median", "greatest"], ...rows])}\n\n${aligned([["figure", "what", "value"], ...whole])}`;
}

/** Many performances: their mean, how they differ, and how one varies within. A dash is not defined. */
export function formatCorpusSummary({ features, figures }: CorpusSummary): string {
  const rows = PERFORMANCE_FEATURES.map(({ name, unit }) => {
    const { performances, mean, between, within } = features[name];
    return [name, unit, String(performances), ...[mean, between, within].map(decimal)];
  });
  const whole = PERFORMANCE_FIGURE_NAMES.map((name) => {
    const { performances, mean, between } = figures[name];
    return [name, PERFORMANCE_FIGURES[name], String(performances), decimal(mean), decimal(between)];
  });
  return `${aligned([["feature", "unit", "performances", "mean", "between", "within"], ...rows])}\n\n${aligned([["figure", "what", "performances", "mean", "between"], ...whole])}`;
}

/** Columns of {@link summaryRow}: notes, played, the mean and the deviation of every feature, the figures. */
export function summaryColumns(): readonly string[] {
  return ["notes", "played", ...PERFORMANCE_FEATURES.flatMap(({ name }) => [`${name}.mean`, `${name}.deviation`]), ...PERFORMANCE_FIGURE_NAMES];
}

/** A performance as cells of a table; `""` is not defined. */
export function summaryRow({ notes, played, features, figures }: FeatureSummary): readonly string[] {
  const values = [...PERFORMANCE_FEATURES.flatMap(({ name }) => [features[name].mean, features[name].deviation]), ...PERFORMANCE_FIGURE_NAMES.map((name) => figures[name])];
  return [String(notes), String(played), ...values.map((value) => (Number.isNaN(value) ? "" : String(Math.round(value * 1e6) / 1e6)))];
}

/** Two columns of words to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const width = rows[0].map((_, column) => rows.reduce((most, row) => Math.max(most, row[column].length), 0));
  return rows.map((row) => row.map((cell, column) => (column < 2 ? cell.padEnd(width[column]) : cell.padStart(width[column]))).join("  ").trimEnd()).join("\n");
}

function decimal(value: number): string {
  const size = Math.abs(value);
  return Number.isNaN(value) ? "–" : (size < 5e-5 ? 0 : value).toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}
