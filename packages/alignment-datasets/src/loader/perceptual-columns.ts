/**
 * @file The seven perceptual features of the classic models among the controls of a set.
 */
import { ORIGINAL_PERCEPTUAL_FEATURES } from "../original/original-columns.js";
import type { StoredControls } from "../set/format.js";

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
  /** `[N, 7]`; 0 where a value is unknown. */
  take(controls: StoredControls): Float32Array;
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
    take({ values: { data, shape: [rows, width] } }) {
      const taken = new Float32Array(rows * length);
      for (let n = 0; n < rows; n++) columns.forEach((column, c) => (taken[n * length + c] = data[n * width + column]));
      return taken;
    },
  };
}
