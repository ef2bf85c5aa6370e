/**
 * @file Group normalization with one group (Wu & He, 2018): an image less its
 * mean, over its standard deviation, times a weight per channel, plus a bias.
 *
 * The statistics are kept, the normalized image is not: the U-Net computes it
 * anew in its backward pass, which halves the memory of a training step.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";

/** Added to the variance, as PyTorch does. */
export const GROUP_NORM_EPSILON = 1e-5;

/** What an image is normalized by. */
export type ImageStatistics = {
  /** Mean of each image, `[B, 1]`. */
  readonly mean: Tensor2D;
  /** One over its standard deviation, `[B, 1]`. */
  readonly inverse: Tensor2D;
};

/** The statistics of images `[B, T, W, C]`: means of rows first, then of these, so that long sums keep their precision. */
export function imageStatistics({ tf }: Engine, image: Tensor4D): ImageStatistics {
  return tf.tidy(() => {
    const [B, T, W, C] = image.shape;
    const meanOf = (values: Tensor): Tensor2D => tf.mean(tf.reshape(tf.mean(tf.reshape(values, [B * T, W * C]), 1), [B, T]), 1, true) as Tensor2D;
    const mean = meanOf(image);
    const variance = meanOf(tf.square(tf.sub(image, tf.reshape(mean, [B, 1, 1, 1]))));
    return { mean, inverse: tf.rsqrt(tf.add(variance, GROUP_NORM_EPSILON)) as Tensor2D };
  });
}

/** Normalize, scale and shift: `[B, T, W, C]`, weight and bias `[C]`. */
export function groupNorm({ tf }: Engine, image: Tensor4D, { mean, inverse }: ImageStatistics, weight: Tensor, bias: Tensor): Tensor4D {
  return tf.tidy(() => {
    const [B, T, W, C] = image.shape;
    const gain = tf.mul(inverse, tf.reshape(weight, [1, C])); // [B, C]
    const offset = tf.sub(tf.reshape(bias, [1, C]), tf.mul(mean, gain));
    const scaled = tf.mul(tf.reshape(image, [B, T * W, C]), tf.reshape(gain, [B, 1, C]));
    return tf.reshape(tf.add(scaled, tf.reshape(offset, [B, 1, C])), [B, T, W, C]) as Tensor4D;
  });
}

/** Gradients of {@link groupNorm}: with x̂ the normalized image, dx = (w·dy − mean(w·dy) − x̂·mean(w·dy·x̂)) / sd. */
export function groupNormBackward(
  { tf }: Engine, image: Tensor4D, { mean, inverse }: ImageStatistics, weight: Tensor, dy: Tensor4D,
): { dx: Tensor4D; dWeight: Tensor1D; dBias: Tensor1D } {
  return tf.tidy(() => {
    const [B, T, W, C] = image.shape;
    const x = tf.reshape(image, [B, T * W, C]) as Tensor3D;
    const d = tf.reshape(dy, [B, T * W, C]) as Tensor3D;
    const ofOutput = tf.sum(d, 1); // [B, C]: Σ dy
    const ofNormalized = tf.mul(inverse, tf.sub(tf.sum(tf.mul(d, x), 1), tf.mul(mean, ofOutput))); // [B, C]: Σ dy·x̂
    const weights = tf.reshape(weight, [1, C]);
    const perImage = (values: Tensor): Tensor => tf.div(tf.sum(tf.mul(values, weights), 1, true), T * W * C); // [B, 1]
    const gain = tf.reshape(tf.mul(inverse, weights), [B, 1, C]);
    const slope = tf.mul(tf.square(inverse), perImage(ofNormalized));
    const offset = tf.sub(tf.mul(slope, mean), tf.mul(inverse, perImage(ofOutput)));
    const dx = tf.add(tf.sub(tf.mul(d, gain), tf.mul(x, tf.reshape(slope, [B, 1, 1]))), tf.reshape(offset, [B, 1, 1]));
    return {
      dx: tf.reshape(dx, [B, T, W, C]) as Tensor4D,
      dWeight: tf.sum(ofNormalized, 0) as Tensor1D,
      dBias: tf.sum(ofOutput, 0) as Tensor1D,
    };
  });
}
