/**
 * @file Tempo and loudness moved place by place: what is a level to the model, and not drawn.
 */
import { decodePerformance, groupOnsets } from "@dexter/codec";
import type { Rendering } from "@dexter/diffusion";

/** How far levels are moved at each note, `[N]`; absent where not at all. */
export interface LevelShift {
  /** log2 of tempo over tempo; the notes of an onset take their mean. */
  readonly tempo?: Float64Array;
  /** MIDI velocity. */
  readonly dynamics?: Float64Array;
}

/** The rendering with its levels moved; everything else stays as it is. */
export function shiftLevels(rendering: Rendering, { tempo, dynamics }: LevelShift): Rendering {
  if (!tempo && !dynamics) return rendering;
  const { score, parameters: before } = rendering;
  const parameters = { ...before, beatPeriod: before.beatPeriod.slice(), velocityNorm: before.velocityNorm.slice() };
  const { start, count } = groupOnsets(score.notes);
  for (let u = 0; u < count; u++) {
    let faster = 0;
    for (let n = start[u]; n < start[u + 1]; n++) faster += (tempo?.[n] ?? 0) / (start[u + 1] - start[u]);
    for (let n = start[u]; n < start[u + 1]; n++) {
      parameters.beatPeriod[n] *= 2 ** -faster;
      parameters.velocityNorm[n] = Math.max(1, Math.min(127, 127 * parameters.velocityNorm[n] + (dynamics?.[n] ?? 0))) / 127;
    }
  }
  const { performance, alignment } = decodePerformance(score, parameters);
  const mean = (shift: Float64Array | undefined): number => (shift ? shift.reduce((sum, value) => sum + value / shift.length, 0) : 0);
  return {
    ...rendering, parameters, performance, alignment,
    quartersPerMinute: rendering.quartersPerMinute * 2 ** mean(tempo), meanVelocity: rendering.meanVelocity + mean(dynamics),
  };
}
