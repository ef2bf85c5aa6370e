/**
 * @file From a performance to the five parameters of each score note.
 *
 * Zhang et al., DExter (2024), section 3.1; Cancino-Chacón, Computational Modeling of Expressive Music
 * Performance (2018), equations (3.6) to (3.12).
 */
import type { Alignment } from "../alignment/alignment.js";
import type { Performance, Release } from "../performance/performance.js";
import type { Score } from "../score/score.js";
import { tempoCurve } from "./beat-period.js";
import { matchedOnsets } from "./matched-onsets.js";
import type { PerformanceParameters } from "./parameters.js";
import { pedalAt } from "./pedal.js";
import { performedNotes } from "./performed-notes.js";

/** Shorter notes count as this long, s: a sixteenth at 200 beats a minute. */
export const MIN_DURATION_SEC = 0.075;

/** How to encode. */
export interface EncodeOptions {
  /** `"sound"` (default): lengths run to the release of the pedal, for exchange with DExter. `"key"`: to that of the key. */
  readonly release?: Release;
  /** How much later than the one before a chord must come to set the tempo, s; by default 0. */
  readonly minOnsetAdvanceSec?: number;
}

/**
 * Tell a performance by the parameters of its score's notes.
 *
 * The tempo of an onset comes from the mean performed onset of its matched notes. Notes that were not played are
 * masked and enter no mean. The inverse is {@link decodePerformance}.
 *
 * @returns parameters of all `N` notes of the score, in its order
 * @throws CodecError where the alignment matches ids that score or performance do not have, or matches nothing
 */
export function encodePerformance(
  score: Score,
  performance: Performance,
  alignment: Alignment,
  { release = "sound", minOnsetAdvanceSec = 0 }: EncodeOptions = {},
): PerformanceParameters {
  const { notes } = score;
  const played = performance.notes;
  const performedOf = performedNotes(score, performance, alignment);
  const onsets = matchedOnsets(notes, (note) => performedOf[note] >= 0);
  const U = onsets.start.length - 1;
  // partitura's note arrays are float32: the same rounding gives the same tempo between onsets that are close
  const performedOnset = Float32Array.from(played.onsetSec);
  const durations = Float32Array.from(release === "sound" ? played.soundDurationSec : played.keyDurationSec);

  const playedSec = new Float64Array(U + 1);
  let endSec = -Infinity;
  for (let u = 0; u < U; u++) {
    let sum = 0;
    for (let k = onsets.start[u]; k < onsets.start[u + 1]; k++) {
      const performed = performedOf[onsets.note[k]];
      sum += performedOnset[performed];
      endSec = Math.max(endSec, performedOnset[performed] + Math.max(durations[performed], MIN_DURATION_SEC));
    }
    playedSec[u] = sum / (onsets.start[u + 1] - onsets.start[u]);
  }
  playedSec[U] = endSec;
  const tempo = tempoCurve(onsets.onsetBeat, playedSec, minOnsetAdvanceSec);

  const N = notes.length;
  const beatPeriod = new Float64Array(N);
  const velocityNorm = new Float64Array(N);
  const timingSec = new Float64Array(N);
  const articulationLog2 = new Float64Array(N);
  const mask = new Uint8Array(N);
  const onsetSec = new Float64Array(onsets.note.length);
  for (let u = 0; u < U; u++) {
    const period = tempo.beatPeriod[u];
    for (let k = onsets.start[u]; k < onsets.start[u + 1]; k++) {
      const note = onsets.note[k];
      const performed = performedOf[note];
      const written = notes.durationBeat[note];
      mask[note] = 1;
      beatPeriod[note] = period;
      velocityNorm[note] = played.velocity[performed] / 127;
      timingSec[note] = tempo.expectedSec[u] - performedOnset[performed];
      if (written > 0) articulationLog2[note] = Math.log2(Math.max(durations[performed], MIN_DURATION_SEC) / (period * written));
      onsetSec[k] = performedOnset[performed];
    }
  }
  const pedalNorm = new Float64Array(N);
  const pedal = pedalAt(performance.controls, onsetSec);
  for (let k = 0; k < pedal.length; k++) pedalNorm[onsets.note[k]] = pedal[k];
  return { length: N, beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask, release };
}
