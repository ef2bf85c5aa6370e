/**
 * @file Comparisons as aligned text.
 */
import { COMPARISON_FIGURES, type ComparisonFigure } from "./curve-comparison.js";
import { COMPARED_MEASURES, COMPARED_UNITS, type ComparedMeasure, type PerformanceComparison } from "./performance-comparison.js";

/** What people call the measures. */
export const COMPARED_LABELS: Readonly<Record<ComparedMeasure, string>> = {
  tempo: "Tempo", velocityOnset: "Velocity of onsets", velocityNote: "Velocity of notes", articulation: "Articulation", timing: "Timing", pedal: "Pedal",
};

/** What people call the figures, short. */
export const FIGURE_LABELS: Readonly<Record<ComparisonFigure, string>> = {
  pearson: "r", spearman: "rho", meanDifference: "mean", deviationDifference: "sd", klDivergence: "KL", wasserstein: "W1", warping: "DTW",
};

/** Correlations and divergences have no unit. */
const PLAIN: ReadonlySet<ComparisonFigure> = new Set(["pearson", "spearman", "klDivergence"]);

/** A figure for people: two or three decimals where it has no unit, three digits where it has; a dash where there is none. */
export function comparisonFigure(figure: ComparisonFigure, value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (PLAIN.has(figure)) return value.toFixed(3).replace(/^-0\.000$/, "0.000");
  if (Math.abs(value) < 5e-5) return "0";
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/**
 * Write comparisons: one table a measure with one line a performance; of a single comparison, one table with one line a measure.
 *
 * @param names - one a comparison
 */
export function formatComparisons(names: readonly string[], comparisons: readonly PerformanceComparison[]): string {
  const head = ["", ...COMPARISON_FIGURES.map((figure) => FIGURE_LABELS[figure])];
  const cells = (name: string, one: PerformanceComparison[ComparedMeasure]) => [name, ...COMPARISON_FIGURES.map((figure) => comparisonFigure(figure, one[figure]))];
  if (comparisons.length === 1) {
    return aligned([head, ...COMPARED_MEASURES.map((measure) => cells(`${COMPARED_LABELS[measure]} (${COMPARED_UNITS[measure]})`, comparisons[0][measure]))]);
  }
  return COMPARED_MEASURES.map((measure) => `${COMPARED_LABELS[measure]} (${COMPARED_UNITS[measure]})\n${
    aligned([head, ...comparisons.map((one, i) => cells(`  ${names[i]}`, one[measure]))])}`).join("\n");
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => `${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(Math.max(7, widths[column])))).join("  ").trimEnd()}\n`)
    .join("");
}
