/**
 * @file Score features of the place in the piece: its beginning, its end, which pass of a repeat.
 */
import { feature, type FeatureGroup } from "./feature-definition.js";

/** Reaches of the memory of the beginning and the premonition of the end, in quarters. */
const REACHES_QUARTER = [4, 16, 64] as const;

/** Distance from the start and to the end. */
export const PLACE_FEATURES: FeatureGroup = {
  name: "place",
  basis: "played",
  definitions: [
    ...REACHES_QUARTER.map((reach) => feature(`fromStart${reach}`, 0, 1, `exp(−quarters from the start / ${reach})`)),
    ...REACHES_QUARTER.map((reach) => feature(`toEnd${reach}`, 0, 1, `exp(−quarters to the last onset / ${reach})`)),
    feature("relativePlace", 0, 1, "place between the first and the last onset"),
    feature("pass", 1, 8, "which time this passage is played, from 1"),
  ],
  compute(score, columns) {
    const { notes, unfolding } = score;
    const count = REACHES_QUARTER.length;
    const [relative, pass] = columns.slice(2 * count);
    const first = notes.length > 0 ? notes.onsetQuarter[0] : 0;
    const last = notes.length > 0 ? notes.onsetQuarter[notes.length - 1] : 0;
    for (let n = 0; n < notes.length; n++) {
      const onset = notes.onsetQuarter[n];
      REACHES_QUARTER.forEach((reach, k) => {
        columns[k][n] = Math.exp(-(onset - first) / reach);
        columns[count + k][n] = Math.exp(-(last - onset) / reach);
      });
      relative[n] = last > first ? (onset - first) / (last - first) : 0;
      pass[n] = unfolding ? Math.min(unfolding.pass[n], 8) : 1;
    }
  },
};
