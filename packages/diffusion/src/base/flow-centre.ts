/**
 * @file Where the flow's own draws lie in the middle: its path from no noise.
 *
 * Two steps without guidance tell it well enough (docs/decisions/mean-share.md).
 */
import type { OnsetGroups } from "@dexter/codec";
import type { Denoiser } from "../denoiser.js";
import { TARGET_NAMES, type SamplingConfig } from "../model/config.js";
import { sample } from "../sampler.js";
import type { ScoreCondition } from "../model/model.js";
import type { Expectation } from "./mean-share.js";

const STEPS = 2;

/**
 * The middle of a flow's draws, about: what it makes of the mean of its noise.
 *
 * @param denoiser - velocity of the flow, not guided
 * @param condition - the score, without controls: what they move shall stay moved
 * @param sampling - nothing is computed where its `recentre` is absent or 0
 * @param onsets - the score's
 * @param signal - stops the work between two steps
 * @returns standardized values `[N · 6]`
 * @throws the signal's reason when it is aborted
 */
export async function flowCentre<Condition>(
  denoiser: Denoiser<Condition>, condition: Condition, { recentre }: Pick<SamplingConfig, "recentre">, onsets: OnsetGroups, signal?: AbortSignal,
): Promise<Float32Array | undefined> {
  if (!recentre?.some((share) => share > 0)) return undefined;
  const notes = onsets.ofNote.length;
  const silence = { data: new Float32Array(notes * TARGET_NAMES.length), shape: [1, notes, TARGET_NAMES.length] } as const;
  return (await sample(denoiser, silence, [condition], { steps: STEPS, signal })).data;
}

/**
 * What `towardMean` moves the draws of a score by: its mean, and the middle of the draws where that shall be moved.
 *
 * @param denoiser - velocity of the flow, not guided
 * @param condition - the score, without controls
 * @param sampling - of the model
 * @param onsets - the score's
 * @param signal - stops the work between two steps
 * @throws the signal's reason when it is aborted
 */
export async function expectationOf(
  denoiser: Denoiser<ScoreCondition>, condition: ScoreCondition, sampling: Pick<SamplingConfig, "recentre">, onsets: OnsetGroups, signal?: AbortSignal,
): Promise<Expectation> {
  return { mean: condition.mean.data, centre: await flowCentre(denoiser, condition, sampling, onsets, signal) };
}
