/**
 * @file How long notes sound: to the release of the key or, while the sustain pedal is down, to the release of the pedal.
 *
 * The pedal counts as down above 64, as in partitura. Striking a held key again does not end its note.
 */
import { CONTROLLER, type ControlChanges } from "./performance.js";

/** CC64 values above this hold the dampers off the strings. */
export const PEDAL_THRESHOLD = 64;

/**
 * Sounding lengths of notes under the sustain pedal.
 *
 * A pedal that goes down in the instant of a release does not catch that note. A pedal that never
 * comes up lets go one second after the last event.
 *
 * @param onsetSec - `[N]`, s
 * @param keyDurationSec - how long each key was down, `[N]`, s
 * @param controls - control changes in order of time; only CC64 counts
 * @returns lengths, `[N]`, s, never shorter than `keyDurationSec`
 */
export function soundDurations(onsetSec: Float64Array, keyDurationSec: Float64Array, controls: ControlChanges): Float64Array {
  const sounding = keyDurationSec.slice();
  const changes = pedalChanges(controls);
  if (changes.length === 0) return sounding;

  let lastEvent = -Infinity;
  for (let i = 0; i < onsetSec.length; i++) lastEvent = Math.max(lastEvent, onsetSec[i] + keyDurationSec[i]);
  for (let i = 0; i < controls.length; i++) if (controls.controller[i] === CONTROLLER.sustain) lastEvent = Math.max(lastEvent, controls.timeSec[i]);
  const end = lastEvent + 1;
  for (let i = 0; i < onsetSec.length; i++) {
    const release = onsetSec[i] + keyDurationSec[i];
    const next = lowerBound(changes, release); // even: the pedal is up just before the release
    if (next % 2 === 1) sounding[i] = Math.max((next < changes.length ? changes[next] : end) - onsetSec[i], sounding[i]);
  }
  return sounding;
}

/** Times at which the pedal goes down, up, down … */
function pedalChanges(controls: ControlChanges): number[] {
  const changes: number[] = [];
  for (let i = 0; i < controls.length; i++) {
    if (controls.controller[i] !== CONTROLLER.sustain) continue;
    const down = controls.value[i] > PEDAL_THRESHOLD;
    if (down === (changes.length % 2 === 0)) changes.push(controls.timeSec[i]);
  }
  return changes;
}

/** Index of the first entry that is not less than `value`. */
function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
