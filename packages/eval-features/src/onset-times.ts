/**
 * @file When a performance reaches each onset of the score.
 *
 * Parameters encode onsets against a beat period that grace notes may have
 * bent (an ornament before the beat pulls the chord's mean forward). Comparing
 * performances asks for the beat alone, so the performed times are rebuilt from
 * the parameters and averaged again without grace notes.
 */
import { groupOnsets, ShapeError, type PerformanceParameters, type Score } from "@dexter/codec";
import type { ScoreOnsets } from "./score-onsets.js";

/** An onset this little after the one before does not advance: its time is interpolated, s. */
const MIN_ADVANCE_SEC = 0.005;

/** Times of a performance, the first played onset near 0. */
export interface OnsetTimes {
  /** Performed onset of every note, s, `[N]`; NaN where it was not played. */
  readonly noteSec: Float64Array;
  /** Mean performed onset of the chord, s, `[K]`: rising; interpolated where nothing was played; NaN before the first and after the last. */
  readonly onsetSec: Float64Array;
}

/**
 * Rebuild performed times from performance parameters.
 *
 * @throws ShapeError when the parameters are not as long as the score
 */
export function onsetTimes(score: Score, onsets: ScoreOnsets, parameters: PerformanceParameters): OnsetTimes {
  const noteSec = performedOnsets(score, parameters);
  const sum = new Float64Array(onsets.length);
  const count = new Uint32Array(onsets.length);
  for (let n = 0; n < noteSec.length; n++) {
    const k = onsets.ofNote[n];
    if (k < 0 || Number.isNaN(noteSec[n])) continue;
    sum[k] += noteSec[n];
    count[k]++;
  }
  const onsetSec = new Float64Array(onsets.length).fill(Number.NaN);
  let previous = -1;
  for (let k = 0; k < onsets.length; k++) {
    if (!count[k]) continue;
    const sec = sum[k] / count[k];
    if (previous >= 0 && sec <= onsetSec[previous] + MIN_ADVANCE_SEC) continue;
    onsetSec[k] = sec;
    if (previous >= 0) interpolate(onsetSec, onsets.onsetBeat, previous, k);
    previous = k;
  }
  return { noteSec, onsetSec };
}

/** `performed = expected − timing`, where the beat periods of the played onsets add up to the expected onset. */
function performedOnsets(score: Score, parameters: PerformanceParameters): Float64Array {
  const { notes } = score;
  if (parameters.length !== notes.length) {
    throw new ShapeError(`performance: expected parameters of the score's ${notes.length} notes, got ${parameters.length}. Encode them on the same (unfolded) score.`);
  }
  const groups = groupOnsets(notes);
  const noteSec = new Float64Array(notes.length).fill(Number.NaN);
  let expectedSec = 0;
  let previous = -1;
  for (let g = 0; g < groups.count; g++) {
    let played = -1;
    for (let n = groups.start[g]; n < groups.start[g + 1]; n++) {
      if (!parameters.mask[n]) continue;
      if (played < 0 && previous >= 0) {
        expectedSec += parameters.beatPeriod[previous] * (notes.onsetBeat[n] - notes.onsetBeat[previous]);
      }
      played = n;
      noteSec[n] = expectedSec - parameters.timingSec[n];
    }
    if (played >= 0) previous = played;
  }
  return noteSec;
}

/** Fill `values` between two places, straight in `positions`. */
function interpolate(values: Float64Array, positions: Float64Array, from: number, to: number): void {
  const slope = (values[to] - values[from]) / (positions[to] - positions[from]);
  for (let k = from + 1; k < to; k++) values[k] = values[from] + slope * (positions[k] - positions[from]);
}
