/**
 * @file A pianist's performance as a transfer starts from it: on the model's scale, and complete, the notes that are missing played by the model.
 */
import { groupOnsets, type PerformanceParameters, type Score } from "@dexter/codec";
import {
  inpaint, modelNotes, parametersToTargets, sample, standardize, TARGET_NAMES, unstandardize,
  type Batch, type Denoiser, type ModelConfig, type ScoreCondition, type TargetConfig,
} from "@dexter/diffusion";
import { copyParameters } from "./parameter-changes.js";

const P = TARGET_NAMES.length;
const [, , VELOCITY, TIMING, ARTICULATED, PEDAL] = TARGET_NAMES.map((_, p) => p);

/** Standardized targets, 0, the mean, where nothing was played, `[1, N, 6]`; and the level that was taken off. */
export function sourceTargets(score: Score, parameters: PerformanceParameters, targets: TargetConfig) {
  const { values, level } = parametersToTargets(modelNotes(score), parameters, targets);
  const { data, shape: [N] } = standardize(values, targets);
  for (let n = 0; n < N; n++) if (!parameters.mask[n]) data.fill(0, n * P, (n + 1) * P);
  return { values: { data, shape: [1, N, P] } as Batch, level };
}

/** What the missing notes are drawn with. */
export interface Completion {
  readonly denoiser: Denoiser<ScoreCondition>;
  readonly condition: ScoreCondition;
  readonly noise: Batch;
  readonly steps: number;
  /** Notes that stay away, `[N]`. */
  readonly without: Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * A performance with its missing notes played: when, by the tempo around them; how loud, how long and how far apart, as the model
 * draws them beside those that are there. Played notes keep their parameters.
 */
export async function completePerformance(
  score: Score, before: PerformanceParameters, { targets }: Pick<ModelConfig, "targets">, { denoiser, condition, noise, steps, without, signal }: Completion,
): Promise<PerformanceParameters> {
  const parameters = copyParameters(before);
  fillTempo(score, parameters);
  const missing = before.mask.some((played, n) => !played && !without[n]);
  if (!missing) return parameters;
  const { values, level } = sourceTargets(score, before, targets);
  const share = Float32Array.from(before.mask, (played) => (played ? 1 : 0));
  const drawn = await sample(inpaint(denoiser, { values, share }), noise, [condition], { steps, signal });
  const { data } = unstandardize({ data: drawn.data, shape: [parameters.length, P] }, targets);
  const { start, ofNote } = groupOnsets(score.notes);
  for (let n = 0; n < parameters.length; n++) {
    if (before.mask[n] || without[n]) continue;
    parameters.mask[n] = 1;
    parameters.velocityNorm[n] = Math.max(1, Math.min(127, level.meanVelocity + data[n * P + VELOCITY])) / 127;
    parameters.timingSec[n] = targets.timingScaleSec * Math.sinh(Math.max(-4, Math.min(4, data[n * P + TIMING])));
    parameters.articulationLog2[n] = score.notes.grace[n] ? 0 : Math.max(-4, Math.min(2, data[n * P + ARTICULATED]));
    parameters.pedalNorm[n] = Math.max(0, Math.min(1, data[n * P + PEDAL]));
    // The pedal is one for an onset.
    for (let m = start[ofNote[n]]; m < start[ofNote[n] + 1]; m++) if (before.mask[m]) parameters.pedalNorm[n] = before.pedalNorm[m];
  }
  return parameters;
}

/** Notes that were not played get the tempo that leads from one played onset to the next, which then come when they came. */
function fillTempo(score: Score, { mask, beatPeriod, articulationLog2 }: PerformanceParameters): void {
  const { start, count } = groupOnsets(score.notes);
  const playedAt = (u: number): number => {
    for (let n = start[u]; n < start[u + 1]; n++) if (mask[n]) return n;
    return -1;
  };
  const played = Array.from({ length: count }, (_, u) => playedAt(u));
  const onsets = played.filter((n) => n >= 0);
  if (onsets.length === 0) return;
  // The last played onset's own period only tells when its notes end: what comes after follows the tempo before.
  const last = onsets[onsets.length - 1];
  if (onsets.length > 1 && played[count - 1] < 0) {
    const period = beatPeriod[onsets[onsets.length - 2]];
    const u = played.lastIndexOf(last);
    for (let n = start[u]; n < start[u + 1]; n++) {
      if (mask[n] && !score.notes.grace[n]) articulationLog2[n] += Math.log2(beatPeriod[n] / period);
      if (mask[n]) beatPeriod[n] = period;
    }
  }
  let period = beatPeriod[onsets[0]];
  for (let u = 0; u < count; u++) {
    if (played[u] >= 0) period = beatPeriod[played[u]];
    for (let n = start[u]; n < start[u + 1]; n++) if (!mask[n]) beatPeriod[n] = period;
  }
}
