/**
 * @file Convolutions of images with their gradients, on every engine.
 *
 * Images are `[B, T, W, C]`, filters `[taps, taps, in, out]`, padded so that a
 * stride of 1 keeps the size. The gradient of an image is a convolution, too.
 * That of a filter is a kernel of its own, which WASM lacks: there each tap is
 * a matrix product of the shifted image with the output's gradient.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";

/** An image's sizes. */
export type ImageShape = readonly [batch: number, notes: number, width: number, channels: number];

/** Convolve; a stride of 2 halves notes and width (both even). */
export function convolve({ tf, fuseBias }: Engine, image: Tensor4D, filter: Tensor4D, bias: Tensor1D | null, stride: 1 | 2 = 1): Tensor4D {
  if (bias && fuseBias) return tf.fused.conv2d({ x: image, filter, strides: stride, pad: "same", bias });
  return tf.tidy(() => {
    const y = tf.conv2d(image, filter, stride, "same");
    return bias ? (tf.add(y, bias) as Tensor4D) : y;
  });
}

/** The image's gradient of {@link convolve}; without a stride, filters have an odd number of taps. */
export function convolutionImageGradient({ tf }: Engine, dy: Tensor4D, filter: Tensor4D, shape: ImageShape, stride: 1 | 2 = 1): Tensor4D {
  if (stride === 2) return tf.conv2dTranspose(dy, filter, [...shape], 2, "same");
  return tf.tidy(() => tf.conv2d(dy, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]), 1, "same"));
}

/** The filter's gradient of {@link convolve}, as the flat vector holds it: `[taps·taps·in, out]`. */
export function convolutionFilterGradient(engine: Engine, image: Tensor4D, dy: Tensor4D, taps: number, stride: 1 | 2 = 1): Tensor2D {
  const { tf } = engine;
  const inputs = image.shape[3];
  const outputs = dy.shape[3];
  if (hasKernel(engine, "Conv2DBackpropFilter")) {
    const gradient = runKernel(engine, "Conv2DBackpropFilter", { x: image, dy }, {
      strides: [stride, stride], pad: "same", dataFormat: "NHWC", dimRoundingMode: undefined, filterShape: [taps, taps, inputs, outputs],
    });
    return tf.tidy(() => tf.reshape(gradient, [taps * taps * inputs, outputs]) as Tensor2D);
  }
  return tf.tidy(() => {
    const [B, T, W] = dy.shape;
    const before = (taps - stride) >> 1;
    const after = taps - stride - before;
    const padded = tf.pad(image, [[0, 0], [before, after], [before, after], [0, 0]]);
    const channels = tf.transpose(padded, [3, 0, 1, 2]) as Tensor4D; // [in, B, T, W]: transposed once for all taps
    const rows = tf.reshape(dy, [B * T * W, outputs]) as Tensor2D;
    return tf.concat(
      eachTap(taps, (t, w) =>
        tf.tidy(() => {
          const shifted =
            stride === 1
              ? tf.slice(channels, [0, 0, t, w], [inputs, B, T, W])
              : tf.stridedSlice(channels, [0, 0, t, w], [inputs, B, t + stride * (T - 1) + 1, w + stride * (W - 1) + 1], [1, 1, stride, stride]);
          return tf.matMul(tf.reshape(shifted, [inputs, B * T * W]) as Tensor2D, rows);
        }),
      ),
      0,
    ) as Tensor2D;
  });
}

/** Convolve each channel by itself; the filter is `[taps, taps, C, 1]`. */
export function convolveChannels({ tf, fuseBias }: Engine, image: Tensor4D, filter: Tensor4D, bias: Tensor1D | null): Tensor4D {
  if (bias && fuseBias) return tf.fused.depthwiseConv2d({ x: image, filter, strides: 1, pad: "same", bias });
  return tf.tidy(() => {
    const y = tf.depthwiseConv2d(image, filter, 1, "same");
    return bias ? (tf.add(y, bias) as Tensor4D) : y;
  });
}

/** The image's gradient of {@link convolveChannels}. */
export function channelsImageGradient({ tf }: Engine, dy: Tensor4D, filter: Tensor4D): Tensor4D {
  return tf.tidy(() => tf.depthwiseConv2d(dy, tf.reverse(filter, [0, 1]), 1, "same"));
}

/** The filter's gradient of {@link convolveChannels}, as the flat vector holds it: `[taps·taps, C]`. */
export function channelsFilterGradient(engine: Engine, image: Tensor4D, dy: Tensor4D, taps: number): Tensor2D {
  const { tf } = engine;
  const [B, T, W, C] = image.shape;
  if (hasKernel(engine, "DepthwiseConv2dNativeBackpropFilter")) {
    const gradient = runKernel(engine, "DepthwiseConv2dNativeBackpropFilter", { x: image, dy }, {
      strides: [1, 1], dilations: [1, 1], pad: "same", dimRoundingMode: undefined, filterShape: [taps, taps, C, 1],
    });
    return tf.tidy(() => tf.reshape(gradient, [taps * taps, C]) as Tensor2D);
  }
  return tf.tidy(() => {
    const reach = (taps - 1) / 2;
    const padded = tf.pad(image, [[0, 0], [reach, reach], [reach, reach], [0, 0]]);
    const ones = tf.ones([1, B * T * W]) as Tensor2D;
    return tf.concat(
      eachTap(taps, (t, w) =>
        tf.tidy(() => tf.matMul(ones, tf.reshape(tf.mul(tf.slice(padded, [0, t, w, 0], [B, T, W, C]), dy), [B * T * W, C]) as Tensor2D)),
      ),
      0,
    ) as Tensor2D;
  });
}

function eachTap(taps: number, gradient: (t: number, w: number) => Tensor2D): Tensor2D[] {
  return Array.from({ length: taps * taps }, (_, tap) => gradient(Math.floor(tap / taps), tap % taps));
}

function hasKernel({ tf }: Engine, name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

function runKernel({ tf }: Engine, name: string, inputs: Record<string, Tensor>, attributes: Record<string, unknown>): Tensor {
  return tf.engine().runKernel(name, inputs, attributes as Parameters<ReturnType<typeof tf.engine>["runKernel"]>[2]);
}
