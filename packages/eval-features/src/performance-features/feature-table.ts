/**
 * @file Performance features as tables: note by note, and window by window.
 */
import { quoteField, type Score } from "@dexter/codec";
import { PERFORMANCE_FEATURES, type PerformanceFeatureDefinition } from "./feature-catalogue.js";
import type { PerformanceFeatures } from "./performance-features.js";
import type { WindowFeatures } from "./window-features.js";

/** What stands in the columns. */
export interface FeatureTableOptions {
  /** `"dexter"` (default): all features under their names here. `"partitura"`: those that it has, under its names. */
  readonly names?: "dexter" | "partitura";
}

/** The features of the played notes as CSV: `id`, then the features; a value that is not defined is empty. */
export function formatFeatures(score: Score, features: PerformanceFeatures, options: FeatureTableOptions = {}): string {
  const columns = columnsOf(options);
  const lines = [["id", ...columns.map(([name]) => name)].join(",")];
  for (let n = 0; n < features.length; n++) {
    if (features.mask[n]) lines.push([quoteField(score.notes.id[n]), ...columns.map(([, { name }]) => cell(features.perNote[name][n]))].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** The windows as CSV: bar, from and to in beats, played notes, then the mean of each feature. */
export function formatWindows(windows: WindowFeatures, options: FeatureTableOptions = {}): string {
  const columns = columnsOf(options);
  const lines = [["bar", "from_beat", "to_beat", "played", ...columns.map(([name]) => name)].join(",")];
  for (let w = 0; w < windows.length; w++) {
    const place = [quoteField(windows.bar[w]), cell(windows.fromBeat[w]), cell(windows.toBeat[w]), windows.played[w]];
    lines.push([...place, ...columns.map(([, { name }]) => cell(windows.mean[name][w]))].join(","));
  }
  return `${lines.join("\n")}\n`;
}

function columnsOf({ names = "dexter" }: FeatureTableOptions): readonly (readonly [string, PerformanceFeatureDefinition])[] {
  if (names === "dexter") return PERFORMANCE_FEATURES.map((feature) => [feature.name, feature]);
  return PERFORMANCE_FEATURES.flatMap((feature) => (feature.partitura === null ? [] : [[feature.partitura, feature]] as const));
}

function cell(value: number): string {
  return Number.isNaN(value) ? "" : String(Math.round(value * 1e6) / 1e6);
}
