/**
 * @file The seven perceptual features of the classic models among the controls of a set.
 */
import type { Matrix } from "@dexter/codec";
import { ORIGINAL_PERCEPTUAL_FEATURES } from "../original/original-columns.js";
import type { StoredControls } from "../set/format.js";
import type { StoredSet } from "../set/set-reader.js";
import type { ColumnStatistics } from "../statistics.js";
import { scaleOf, type SegmentLoader } from "./segment.js";

/** What the controls call the original's features, in the original's order. */
const NAMES: Readonly<Record<(typeof ORIGINAL_PERCEPTUAL_FEATURES)[number], string>> = {
  melodiousness: "melodiousness",
  articulation: "perceivedArticulation",
  rhythm_complexity: "rhythmicComplexity",
  rhythm_stability: "rhythmicStability",
  dissonance: "dissonance",
  tonal_stability: "tonalStability",
  minorness: "minorness",
};

/** Takes the perceptual features from controls. */
export interface PerceptualColumns {
  /** How many there are, 7. */
  readonly length: number;
  /** `[N, 7]`, as they are or on a scale; 0 where a value is unknown. */
  take(controls: StoredControls, scale?: SegmentLoader["scale"]): Float32Array;
  /** Mean and deviation of the seven. */
  scale(statistics: ColumnStatistics): SegmentLoader["scale"];
}

/**
 * Where the perceptual features stand among controls.
 *
 * @returns `null` where not all seven are there
 */
export function perceptualColumns(controlNames: readonly string[]): PerceptualColumns | null {
  const columns = ORIGINAL_PERCEPTUAL_FEATURES.map((name) => controlNames.indexOf(NAMES[name]));
  if (columns.some((column) => column < 0)) return null;
  const length = columns.length;
  return {
    length,
    take({ values: { data, shape: [rows, width] }, mask }, scale) {
      const taken = new Float32Array(rows * length);
      columns.forEach((column, c) => {
        for (let n = 0, at = column; n < rows; n++, at += width) {
          if (mask[at]) taken[n * length + c] = scale ? (data[at] - scale.mean[c]) / scale.sd[c] : data[at];
        }
      });
      return taken;
    },
    scale: ({ mean, standardDeviation }) => scaleOf(columns.map((column) => mean[column]), columns.map((column) => standardDeviation[column])),
  };
}

/**
 * The perceptual features of a stored performance as classic models are trained on them, standardized, 0 where unknown.
 *
 * @returns `[N, 7]`, or `null` where the set has none
 */
export function readPerceptual(set: StoredSet, score: number, performance: number): Matrix | null {
  const columns = perceptualColumns(set.description.controlNames);
  const controls = columns && set.readControls(score, performance);
  if (!columns || !controls) return null;
  const { controls: statistics } = set.description.statistics;
  const data = columns.take(controls, statistics && columns.scale(statistics));
  return { data, shape: [data.length / columns.length, columns.length] };
}
