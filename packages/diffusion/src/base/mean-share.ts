/**
 * @file A draw moved toward what the encoder expects.
 *
 * Encoder and flow are two estimates of the consensus of pianists, trained on different questions; what they have in
 * common is surer than either (docs/decisions/mean-share.md).
 */
import { ShapeError, type OnsetGroups } from "@dexter/codec";
import { TARGET_NAMES, type SamplingConfig } from "../model/config.js";

const P = TARGET_NAMES.length;
const VELOCITY = TARGET_NAMES.indexOf("velocity");

/** How much of the mean is in a performance. */
export type MeanShares = Pick<SamplingConfig, "meanShare" | "recentre" | "chordShare">;

/** What a performance is expected to be, by encoder and by flow. */
export interface Expectation {
  /** The encoder's mean performance, standardized, `[N · 6]`. */
  readonly mean: Float32Array;
  /** The middle of the flow's draws (see `flowCentre`), `[N · 6]`; needed where `recentre` is not 0. */
  readonly centre?: Float32Array;
}

/**
 * (1 − s) · (drawn + r · (mean − centre)) + s · mean with s = part · share and r = part · recentre, channel by channel; how the
 * velocities of a chord differ from their mean has a share of its own.
 *
 * @param drawn - standardized values of one draw, `[N · 6]`; not changed
 * @param expected - the mean, and the middle of the draws if it shall be moved
 * @param shares - of the mean, in [0, 1]; without any the draw is returned as it is
 * @param onsets - which notes are a chord
 * @param part - of the way from noise that was walked, in [0, 1]: what kept a source's own reading is moved less; default 1
 * @throws ShapeError when mean, centre or shares are not of the draw's shape, or a centre is needed that is not there
 */
export function towardMean(drawn: Float32Array, expected: Expectation, shares: MeanShares, onsets: OnsetGroups, part = 1): Float32Array {
  const { meanShare, chordShare } = shares;
  const { mean } = expected;
  const centred = recentred(drawn, expected, shares, part);
  if (!meanShare && chordShare === undefined) return centred;
  const share = meanShare ?? TARGET_NAMES.map(() => 0);
  const moved = centred.map((value, i) => value + part * share[i % P] * (mean[i] - value));
  if (chordShare !== undefined) voiceChords(moved, centred, mean, part * (chordShare - share[VELOCITY]), onsets);
  return moved;
}

function recentred(drawn: Float32Array, { mean, centre }: Expectation, { recentre }: MeanShares, part: number): Float32Array {
  if (!recentre?.some((share) => share !== 0)) return drawn;
  if (recentre.length !== P) throw new ShapeError(`recentre must have ${P} shares, got ${recentre.length}.`);
  if (mean.length !== drawn.length || centre?.length !== drawn.length) {
    throw new ShapeError(`to recentre ${drawn.length} values, mean and centre must have as many, got ${mean.length} and ${centre?.length ?? "none"}.`);
  }
  return drawn.map((value, i) => value + part * recentre[i % P] * (mean[i] - centre[i]));
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
