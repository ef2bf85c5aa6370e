/**
 * @file Changes on the model's scale, put on a performance's own parameters: what does not change stays to the bit, also
 * where the model's targets would round or cut it off.
 */
import { groupOnsets, type PerformanceParameters, type Score } from "@dexter/codec";
import { TARGET_NAMES, type TargetConfig } from "@dexter/diffusion";

/** Bounds of what can be played; a source that is beyond stays so. */
const TEMPO_CHANGE_OCTAVES = 2;
const ARTICULATION = [-4, 2] as const;
const TIMING_LIMIT = 6;

const P = TARGET_NAMES.length;
const [TEMPO, SLOW, VELOCITY, TIMING, ARTICULATED, PEDAL] = TARGET_NAMES.map((_, p) => p);

/**
 * A performance with changed targets.
 *
 * @param change - of the standardized targets, `[N, 6]`
 * @param share - how much of the change each note takes, 0–1, `[N]`
 */
export function changeTargets(
  score: Score, parameters: PerformanceParameters, change: Float32Array, share: Float32Array, { sd, timingScaleSec }: TargetConfig,
): PerformanceParameters {
  const changed = copyParameters(parameters);
  const { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm } = changed;
  const { start, count } = groupOnsets(score.notes);
  for (let u = 0; u < count; u++) {
    let slower = 0;
    let pressed = 0;
    for (let n = start[u]; n < start[u + 1]; n++) {
      const part = share[n] / (start[u + 1] - start[u]);
      slower += part * (change[n * P + TEMPO] * sd[TEMPO] + change[n * P + SLOW] * sd[SLOW]);
      pressed += part * change[n * P + PEDAL] * sd[PEDAL];
    }
    slower = bounded(slower, -TEMPO_CHANGE_OCTAVES, TEMPO_CHANGE_OCTAVES);
    for (let n = start[u]; n < start[u + 1]; n++) {
      if (slower !== 0) beatPeriod[n] *= 2 ** slower;
      if (pressed !== 0) pedalNorm[n] = moved(pedalNorm[n], pressed, 0, 1);
      const by = (p: number): number => share[n] * change[n * P + p] * sd[p];
      if (by(VELOCITY) !== 0) velocityNorm[n] = moved(127 * velocityNorm[n], by(VELOCITY), 1, 127) / 127;
      if (by(TIMING) !== 0) timingSec[n] = timingScaleSec * Math.sinh(moved(Math.asinh(timingSec[n] / timingScaleSec), by(TIMING), -TIMING_LIMIT, TIMING_LIMIT));
      if (by(ARTICULATED) !== 0 && score.notes.grace[n] === 0) articulationLog2[n] = moved(articulationLog2[n], by(ARTICULATED), ...ARTICULATION);
    }
  }
  return changed;
}

/** Parameters that may be changed without touching those given. */
export function copyParameters({ length, beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask, release }: PerformanceParameters): PerformanceParameters {
  return {
    length, beatPeriod: beatPeriod.slice(), velocityNorm: velocityNorm.slice(), timingSec: timingSec.slice(), articulationLog2: articulationLog2.slice(),
    pedalNorm: pedalNorm.slice(), mask: mask.slice(), release,
  };
}

/** A value and what it moves by, within bounds; one that is beyond them already may only come back. */
export function moved(value: number, by: number, low: number, high: number): number {
  return bounded(value + by, Math.min(low, value), Math.max(high, value));
}

function bounded(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
