/**
 * @file Columns of the Python original's arrays.
 */

/** Columns of `s_codec`. */
export const ORIGINAL_SCORE_FEATURES = ["onset_div", "duration_div", "pitch", "voice"] as const;

/** Columns of `c_codec`. */
export const ORIGINAL_PERCEPTUAL_FEATURES = [
  "melodiousness", "articulation", "rhythm_complexity", "rhythm_stability", "dissonance", "tonal_stability", "minorness",
] as const;

/** What the original adds to the name of a piece where it stored a mix. */
export const MIX_ENDING = "_mixup";
