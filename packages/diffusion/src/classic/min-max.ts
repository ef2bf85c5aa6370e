/**
 * @file Min–max normalization of score features, segment by segment: the form
 * in which they condition DiffWave.
 */
import type { MinMaxConfig } from "./config.js";

/**
 * Bring features to a range. What is constant becomes the range's lower end.
 *
 * @param features - raw score features, `[B, N, S]`
 * @param output - where to write them, `[B·N, stride]`, features in the first `S` columns
 */
export function minMax(
  features: Float32Array, [B, N, S]: readonly [batch: number, notes: number, features: number], { low, high, mode }: MinMaxConfig,
  output: Float32Array, stride: number = S,
): void {
  // Extremes are taken over `members` values that lie `step` apart, for `groups` groups a segment.
  const [groups, members, step, next] =
    mode === "rowwise" ? [S, N, S, 1] : mode === "framewise" ? [N, S, 1, S] : [1, N * S, 1, 0];
  for (let b = 0; b < B; b++) {
    for (let g = 0; g < groups; g++) {
      const first = b * N * S + g * next;
      let least = Infinity;
      let most = -Infinity;
      for (let m = 0, at = first; m < members; m++, at += step) {
        least = Math.min(least, features[at]);
        most = Math.max(most, features[at]);
      }
      const width = Math.fround(most - least);
      for (let m = 0, at = first; m < members; m++, at += step) {
        const share = width === 0 ? 0 : Math.fround(Math.fround(features[at] - least) / width);
        output[Math.floor(at / S) * stride + (at % S)] = share * (high - low) + low;
      }
    }
  }
}
