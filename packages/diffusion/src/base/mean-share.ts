/**
 * @file A draw moved toward what the encoder expects.
 *
 * Encoder and flow are two estimates of the consensus of pianists, trained on different questions; what they have in
 * common is surer than either (docs/decisions/mean-share.md).
 */
import type { OnsetGroups } from "@dexter/codec";
import { TARGET_NAMES, type SamplingConfig } from "../model/config.js";

const P = TARGET_NAMES.length;
const VELOCITY = TARGET_NAMES.indexOf("velocity");

/** How much of the mean is in a performance. */
export type MeanShares = Pick<SamplingConfig, "meanShare" | "chordShare">;

/**
 * (1 − s) · drawn + s · mean with s = part · share, channel by channel; how the velocities of a chord differ from their
 * mean has a share of its own.
 *
 * @param drawn - standardized values of one draw, `[N · 6]`; not changed
 * @param mean - the encoder's mean performance, `[N · 6]`
 * @param shares - of the mean, in [0, 1]; without any the draw is returned as it is
 * @param onsets - which notes are a chord
 * @param part - of the way from noise that was walked, in [0, 1]: what kept a source's own reading is moved less; default 1
 */
export function towardMean(drawn: Float32Array, mean: Float32Array, { meanShare, chordShare }: MeanShares, onsets: OnsetGroups, part = 1): Float32Array {
  if (!meanShare && chordShare === undefined) return drawn;
  const share = meanShare ?? TARGET_NAMES.map(() => 0);
  const moved = drawn.map((value, i) => value + part * share[i % P] * (mean[i] - value));
  if (chordShare !== undefined) voiceChords(moved, drawn, mean, part * (chordShare - share[VELOCITY]), onsets);
  return moved;
}

/** Move the velocities of each chord by `more` of the way to the mean, but for what they have in common. */
function voiceChords(moved: Float32Array, drawn: Float32Array, mean: Float32Array, more: number, { start, count }: OnsetGroups): void {
  for (let u = 0; u < count; u++) {
    let common = 0;
    for (let n = start[u]; n < start[u + 1]; n++) common += mean[n * P + VELOCITY] - drawn[n * P + VELOCITY];
    common /= start[u + 1] - start[u];
    for (let n = start[u]; n < start[u + 1]; n++) moved[n * P + VELOCITY] += more * (mean[n * P + VELOCITY] - drawn[n * P + VELOCITY] - common);
  }
}
