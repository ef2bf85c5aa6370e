/**
 * @file Where a note lies in the pedalling.
 *
 * Repp (1996), Pedal timing and tempo in expressive piano performance.
 */
import { firstAfter, pedalValueAt, type PedalCurve } from "./pedal-curve.js";
import type { PlayedOnsets } from "./played-onsets.js";

/** Longer distances count as this, s. */
const FARTHEST_SEC = 10;

/** Per note, `[N]` each; NaN where it was not played, and distances where there is no such release. */
export interface PedalFeatures {
  /** 0–127. */
  readonly atOnset: Float64Array;
  /** 0–127. */
  readonly atRelease: Float64Array;
  /** s, at most 10. */
  readonly sinceReleaseSec: Float64Array;
  /** s, at most 10. */
  readonly untilReleaseSec: Float64Array;
}

/** Read the pedal at the notes. */
export function pedalFeatures(played: PlayedOnsets, curve: PedalCurve, releases: Float64Array): PedalFeatures {
  const N = played.onsetSec.length;
  const empty = (): Float64Array => new Float64Array(N).fill(Number.NaN);
  const result = { atOnset: empty(), atRelease: empty(), sinceReleaseSec: empty(), untilReleaseSec: empty() };
  for (let n = 0; n < N; n++) {
    const onset = played.onsetSec[n];
    const offset = played.offsetSec[n];
    if (Number.isNaN(onset)) continue;
    result.atOnset[n] = pedalValueAt(curve, onset);
    result.atRelease[n] = pedalValueAt(curve, offset);
    const before = firstAfter(releases, onset) - 1;
    if (before >= 0) result.sinceReleaseSec[n] = Math.min(onset - releases[before], FARTHEST_SEC);
    let after = firstAfter(releases, offset);
    if (after > 0 && releases[after - 1] === offset) after--;
    if (after < releases.length) result.untilReleaseSec[n] = Math.min(releases[after] - offset, FARTHEST_SEC);
  }
  return result;
}
