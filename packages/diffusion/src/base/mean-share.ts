/**
 * @file A draw moved toward what the encoder expects.
 *
 * Encoder and flow are two estimates of the consensus of pianists, trained on different questions; what they have in
 * common is surer than either (docs/decisions/mean-share.md).
 */

/**
 * (1 − s) · drawn + s · mean with s = part · share, channel by channel.
 *
 * @param drawn - standardized values of one draw, `[N · P]`; not changed
 * @param mean - the encoder's mean performance, `[N · P]`
 * @param share - of the mean, per channel, in [0, 1], `[P]`; absent: the draw as it is
 * @param part - of the way from noise that was walked, in [0, 1]: what kept a source's own reading is moved less; default 1
 */
export function towardMean(drawn: Float32Array, mean: Float32Array, share: readonly number[] | undefined, part = 1): Float32Array {
  if (!share) return drawn;
  const P = share.length;
  return drawn.map((value, i) => value + part * share[i % P] * (mean[i] - value));
}
