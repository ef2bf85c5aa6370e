/**
 * @file Interpolations of performances of one passage: training data between
 * the ones that were recorded.
 *
 * Zhang et al. (2018), "mixup: beyond empirical risk minimization"; for
 * performances, DExter (2024), section 4.1. There it is done once, for pairs
 * of the first performances; here on the fly, for any.
 */
import { ShapeError } from "@dexter/codec";
import type { LoadedSegment } from "./segment.js";

/** How far weights may be from a sum of 1. */
const ROUNDING = 1e-6;

/**
 * Interpolate segments of one passage.
 *
 * A note counts where every one of them with a weight above 0 played it. Perceptual features are
 * interpolated too; without them in one, the result has none. The score is the first segment's.
 *
 * @param segments - at least one, of the same notes
 * @param weights - as many, 0 or more, sum 1
 * @throws ShapeError when sizes or weights do not fit
 */
export function mixSegments(segments: readonly LoadedSegment[], weights: readonly number[]): LoadedSegment {
  if (segments.length === 0 || weights.length !== segments.length) {
    throw new ShapeError(`mixSegments: needs a weight for each segment, got ${segments.length} segments and ${weights.length} weights.`);
  }
  if (!weights.every((weight) => weight >= 0) || Math.abs(weights.reduce((a, b) => a + b, 0) - 1) > ROUNDING) {
    throw new ShapeError(`mixSegments: weights must be 0 or more and sum to 1, got [${weights.join(", ")}].`);
  }
  const [first] = segments;
  const mask = first.mask.slice().fill(1);
  const parameters = new Float32Array(first.parameters.length);
  const perceptual = first.perceptual && segments.every((segment) => segment.perceptual) ? new Float32Array(first.perceptual.length) : null;
  segments.forEach((segment, k) => {
    if (segment.parameters.length !== parameters.length || segment.mask.length !== mask.length) {
      throw new ShapeError(`mixSegments: segments must be of one size, got ${mask.length} and ${segment.mask.length} notes.`);
    }
    if (weights[k] === 0) return;
    for (let n = 0; n < mask.length; n++) mask[n] &= segment.mask[n];
    for (let i = 0; i < parameters.length; i++) parameters[i] += weights[k] * segment.parameters[i];
    if (perceptual) for (let i = 0; i < perceptual.length; i++) perceptual[i] += weights[k] * segment.perceptual![i];
  });
  const columns = parameters.length / mask.length;
  for (let n = 0; n < mask.length; n++) if (!mask[n]) parameters.fill(0, n * columns, (n + 1) * columns);
  return { parameters, score: first.score, perceptual, mask };
}
