/**
 * @file The U-Net's small layers: filters, linear layers along an axis, norms,
 * halving and doubling. Each returns its output and the function that turns the
 * output's gradient into the input's, noting the weights' gradients on the way.
 */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import type { Weights } from "../base/weights.js";
import type { Engine } from "../engine.js";
import { convolutionFilterGradient, convolutionImageGradient, convolve, type ImageShape } from "./convolution.js";
import { groupNorm, groupNormBackward, imageStatistics } from "./group-norm.js";
import { RESAMPLING_KERNEL } from "./unet-tensors.js";

/** What every layer needs. */
export interface Scope {
  /** The engine that computes. */
  readonly engine: Engine;
  /** Weights by name, and their gradients. */
  readonly weights: Weights;
}

/** An image of `[B, T, W, C]` and its gradient. */
export interface ImageLayer {
  readonly output: Tensor4D;
  readonly backward: (dOutput: Tensor4D) => Tensor4D;
}

/** Weights as a filter, `[taps, taps, in, out]`. Ask outside of inner tidies. */
export function filterOf({ engine, weights }: Scope, name: string, taps: number, outputs?: number): Tensor4D {
  const matrix = weights.get(`${name}.weight`); // [taps·taps·in, out]
  const [rows, columns] = matrix.shape;
  const inputs = rows / (taps * taps);
  return engine.tf.reshape(matrix, outputs === undefined ? [taps, taps, inputs, columns] : [taps, taps, columns, outputs]) as Tensor4D;
}

/** Pixels as rows, `[B·T·W, C]`. */
export function toRows({ tf }: Engine, image: Tensor4D): Tensor2D {
  return tf.reshape(image, [-1, image.shape[3]]) as Tensor2D;
}

/** Sum over pixels and images, `[C]`: a bias' gradient. */
export function sumOfPixels({ tf }: Engine, image: Tensor4D): Tensor1D {
  return tf.tidy(() => {
    const [B, T, W, C] = image.shape;
    return tf.sum(tf.sum(tf.reshape(image, [B, T * W, C]), 1), 0) as Tensor1D;
  });
}

/** A linear layer of each pixel's channels (a filter of one tap). */
export function pixelLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { affine, product, productTransposed, transposedProduct } = matrixProducts(engine);
  const weight = weights.get(`${name}.weight`);
  const withBias = weights.has(`${name}.bias`);
  const [B, T, W, inputs] = image.shape;
  const output = tf.tidy(() => {
    const rows = toRows(engine, image);
    const y = withBias ? affine(rows, weight, weights.vector(`${name}.bias`)) : product(rows, weight);
    return tf.reshape(y, [B, T, W, weight.shape[1]]) as Tensor4D;
  });
  return {
    output,
    backward: (dOutput) => {
      const { dx, dWeight } = tf.tidy(() => {
        const d = toRows(engine, dOutput);
        return {
          dx: tf.reshape(productTransposed(d, weight), [B, T, W, inputs]) as Tensor4D,
          dWeight: transposedProduct(toRows(engine, image), d),
        };
      });
      weights.put(`${name}.weight`, dWeight);
      if (withBias) weights.put(`${name}.bias`, sumOfPixels(engine, dOutput));
      return dx;
    },
  };
}

/** A linear layer along the width of each channel: `[B, T, W, C]` → `[B, T, outputs, C]`. */
export function widthLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const weight = weights.get(`${name}.weight`); // [W, outputs]
  const [width, outputs] = weight.shape;
  const [B, T, , C] = image.shape;
  const alongWidth = (x: Tensor4D): Tensor2D => tf.reshape(tf.transpose(x, [0, 1, 3, 2]), [B * T * C, x.shape[2]]) as Tensor2D;
  const back = (rows: Tensor2D, columns: number): Tensor4D => tf.transpose(tf.reshape(rows, [B, T, C, columns]) as Tensor4D, [0, 1, 3, 2]);
  return {
    output: tf.tidy(() => back(affine(alongWidth(image), weight, weights.vector(`${name}.bias`)), outputs)),
    backward: (dOutput) => {
      const { dx, dWeight, dBias } = tf.tidy(() => {
        const d = alongWidth(dOutput);
        return { dx: back(productTransposed(d, weight), width), dWeight: transposedProduct(alongWidth(image), d), dBias: tf.sum(d, 0) };
      });
      weights.put(`${name}.weight`, dWeight);
      weights.put(`${name}.bias`, dBias);
      return dx;
    },
  };
}

/** A full filter that keeps the size. */
export function filterLayer(scope: Scope, name: string, image: Tensor4D, taps: number): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const filter = filterOf(scope, name, taps);
  return {
    output: tf.tidy(() => convolve(engine, image, filter, weights.vector(`${name}.bias`))),
    backward: (dOutput) => {
      weights.put(`${name}.weight`, convolutionFilterGradient(engine, image, dOutput, taps));
      weights.put(`${name}.bias`, sumOfPixels(engine, dOutput));
      return convolutionImageGradient(engine, dOutput, filter, image.shape);
    },
  };
}

/** Normalize an image (one group). */
export function normLayer({ engine, weights }: Scope, name: string, image: Tensor4D): ImageLayer {
  const { tf } = engine;
  const weight = weights.get(`${name}.weight`);
  const statistics = imageStatistics(engine, image);
  return {
    output: tf.tidy(() => groupNorm(engine, image, statistics, weight, weights.vector(`${name}.bias`))),
    backward: (dOutput) => {
      const { dx, dWeight, dBias } = groupNormBackward(engine, image, statistics, weight, dOutput);
      weights.put(`${name}.weight`, dWeight);
      weights.put(`${name}.bias`, dBias);
      return dx;
    },
  };
}

/** Half the notes and half the width: a filter of 4 × 4 taps in steps of 2. */
export function halvingLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const filter = filterOf(scope, name, RESAMPLING_KERNEL);
  return {
    output: tf.tidy(() => convolve(engine, image, filter, weights.vector(`${name}.bias`), 2)),
    backward: (dOutput) => {
      weights.put(`${name}.weight`, convolutionFilterGradient(engine, image, dOutput, RESAMPLING_KERNEL, 2));
      weights.put(`${name}.bias`, sumOfPixels(engine, dOutput));
      return convolutionImageGradient(engine, dOutput, filter, image.shape, 2);
    },
  };
}

/** Twice the notes and twice the width: the transpose of {@link halvingLayer}, whose gradients change places. */
export function doublingLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const filter = filterOf(scope, name, RESAMPLING_KERNEL); // [taps, taps, out, in]
  const [B, T, W] = image.shape;
  const shape: ImageShape = [B, 2 * T, 2 * W, filter.shape[2]];
  return {
    output: tf.tidy(() => tf.add(convolutionImageGradient(engine, image, filter, shape, 2), weights.vector(`${name}.bias`)) as Tensor4D),
    backward: (dOutput) => {
      weights.put(`${name}.weight`, convolutionFilterGradient(engine, dOutput, image, RESAMPLING_KERNEL, 2));
      weights.put(`${name}.bias`, sumOfPixels(engine, dOutput));
      return tf.tidy(() => convolve(engine, dOutput, filter, null, 2));
    },
  };
}
