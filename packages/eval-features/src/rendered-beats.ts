/**
 * @file A performance at the beats of a corpus that knows nothing but beats.
 */
import { CodecError, type PerformanceParameters, type Score } from "@dexter/codec";
import type { RenderedBeats } from "./beat-agreement.js";
import { onsetTimes } from "./onset-times.js";
import { scoreOnsets } from "./score-onsets.js";

/** Positions closer than this are one, quarters. */
const SAME_QUARTER = 1e-4;

/**
 * When a performance reaches each beat, and how loud it is there. A beat at
 * which nothing is struck lies between its neighbours in proportion, as one
 * would tap it, and has no loudness.
 *
 * @param score - as played, its repeats unfolded
 * @param parameters - of its `N` notes
 * @param onsetQuarter - the beats, rising, `[K]`
 * @throws CodecError when the beats do not rise
 * @throws ShapeError when the parameters are not as long as the score
 */
export function renderedBeats(score: Score, parameters: PerformanceParameters, onsetQuarter: Float64Array): RenderedBeats {
  const { notes } = score;
  const onsets = scoreOnsets(score);
  const { onsetSec } = onsetTimes(score, onsets, parameters);
  const quarter = onsets.onsetQuarter;
  const velocitySum = new Float64Array(onsets.length);
  const played = new Uint32Array(onsets.length);
  for (let n = 0; n < notes.length; n++) {
    const u = onsets.ofNote[n];
    if (u < 0 || !parameters.mask[n]) continue;
    velocitySum[u] += 127 * parameters.velocityNorm[n];
    played[u]++;
  }
  const K = onsetQuarter.length;
  const timeSec = new Float64Array(K).fill(Number.NaN);
  const velocity = new Float64Array(K).fill(Number.NaN);
  for (let k = 0, u = 0; k < K; k++) {
    const beat = onsetQuarter[k];
    if (k > 0 && !(beat > onsetQuarter[k - 1])) throw new CodecError(`renderedBeats: expected rising beats, got ${onsetQuarter[k - 1]} and ${beat} quarters.`);
    while (u + 1 < onsets.length && quarter[u + 1] <= beat + SAME_QUARTER) u++;
    if (onsets.length === 0 || quarter[u] > beat + SAME_QUARTER) continue; // before the first onset
    if (beat - quarter[u] <= SAME_QUARTER) {
      timeSec[k] = onsetSec[u];
      if (played[u] > 0) velocity[k] = velocitySum[u] / played[u];
    } else if (u + 1 < onsets.length) {
      const part = (beat - quarter[u]) / (quarter[u + 1] - quarter[u]);
      timeSec[k] = onsetSec[u] + part * (onsetSec[u + 1] - onsetSec[u]);
    }
  }
  return { timeSec, velocity };
}
