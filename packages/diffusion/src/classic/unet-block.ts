/**
 * @file The U-Net's residual block: a ConvNeXt block (Liu et al., 2022) in the
 * form that lucidrains' denoising-diffusion-pytorch gave it, doubled, since the
 * condition runs through the network as an image of its own.
 *
 *     h  = depthwise(x) + depthwise(condition) + linear(GELU(step))
 *     x' = net(h) + residual(x),  condition' = net(depthwise(condition))
 *
 * where net is norm, filter, GELU, norm, filter.
 */
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import {
  channelsFilterGradient, channelsImageGradient, convolutionFilterGradient, convolutionImageGradient, convolve, convolveChannels,
} from "./convolution.js";
import { exactGelu, exactGeluBackward } from "./exact-gelu.js";
import { groupNorm, groupNormBackward, imageStatistics } from "./group-norm.js";
import { filterLayer, filterOf, pixelLayer, sumOfPixels, type ImageLayer, type Scope } from "./unet-layers.js";
import { BLOCK_KERNEL, WIDE_KERNEL } from "./unet-tensors.js";

/** The embedded diffusion step after GELU, `[B, 4·dim]`, and the gradients that come back for it. */
export interface StepSignal {
  readonly active: Tensor2D;
  readonly gradient: { sum: Tensor2D | null };
}

/** The two images that run through the network, or their gradients; no condition where nothing follows of it. */
export interface Images {
  readonly x: Tensor4D;
  readonly condition: Tensor4D | null;
}

/** A block's images and its gradient. */
export interface Block {
  readonly output: Images;
  /** From the gradients of the block's images to those of its input. */
  backward(dOutput: Images): Images;
}

/** How a block is used. */
export interface BlockUse {
  /** `null` for blocks without an embedded step: their condition does not reach x. */
  readonly step: StepSignal | null;
  /** Whether anything reads the block's condition. */
  readonly passesCondition: boolean;
  /** True for the first block of a level on the way up, whose condition is mixed by a full filter. */
  readonly mixesCondition?: boolean;
}

/** One block. */
export function convNextBlock(scope: Scope, name: string, { x, condition }: Images, use: BlockUse): Block {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { step, passesCondition } = use;
  const own = channelsLayer(scope, `${name}.ds_conv`, x);
  const readsCondition = condition !== null && (step !== null || passesCondition);
  const conditionLayer = use.mixesCondition ? filterLayer : channelsLayer;
  const seen = readsCondition ? conditionLayer(scope, `${name}.cond_ds_conv`, condition, WIDE_KERNEL) : null;
  const moved = step && seen ? stepLayer(scope, `${name}.mlp.1`, step, tf.tidy(() => tf.add(own.output, seen.output) as Tensor4D)) : null;
  const net = convNextNet(scope, `${name}.net`, moved?.output ?? own.output);
  const residual = weights.has(`${name}.res_conv.weight`) ? pixelLayer(scope, `${name}.res_conv`, x) : null;
  const onward = passesCondition && seen ? convNextNet(scope, `${name}.cond_net`, seen.output) : null;
  return {
    output: { x: tf.tidy(() => tf.add(net.output, residual?.output ?? x) as Tensor4D), condition: onward?.output ?? null },
    backward: (d) => {
      const dh = net.backward(d.x);
      moved?.backward(dh);
      const dFromOwn = own.backward(dh);
      const dFromResidual = residual ? residual.backward(d.x) : d.x;
      const dx = tf.add(dFromOwn, dFromResidual) as Tensor4D;
      const dOnward = onward && d.condition ? onward.backward(d.condition) : null;
      const dSeen = moved && dOnward ? (tf.add(dh, dOnward) as Tensor4D) : moved ? dh : dOnward;
      const dCondition = seen && dSeen ? seen.backward(dSeen) : null;
      for (const used of new Set([dh, dFromOwn, dFromResidual, dOnward, dSeen])) if (used !== d.x) used?.dispose();
      return { x: dx, condition: dCondition };
    },
  };
}

/** Norm, filter, GELU, norm, filter. Only the two inputs of what is not linear are kept. */
function convNextNet(scope: Scope, name: string, h: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const [norm1, norm2] = [weights.get(`${name}.0.weight`), weights.get(`${name}.3.weight`)];
  const [filter1, filter2] = [filterOf(scope, `${name}.1`, BLOCK_KERNEL), filterOf(scope, `${name}.4`, BLOCK_KERNEL)];
  const { before, wide, after, output } = tf.tidy(() => {
    const before = imageStatistics(engine, h);
    const normalized = groupNorm(engine, h, before, norm1, weights.vector(`${name}.0.bias`));
    const wide = convolve(engine, normalized, filter1, weights.vector(`${name}.1.bias`));
    const active = exactGelu(engine, wide);
    const after = imageStatistics(engine, active);
    const narrow = groupNorm(engine, active, after, norm2, weights.vector(`${name}.3.bias`));
    return { before, wide, after, output: convolve(engine, narrow, filter2, weights.vector(`${name}.4.bias`)) };
  });
  return {
    output,
    backward: (dOutput) => {
      const { dh, gradients } = tf.tidy(() => {
        const active = exactGelu(engine, wide);
        const narrow = groupNorm(engine, active, after, norm2, weights.vector(`${name}.3.bias`));
        const dFilter2 = convolutionFilterGradient(engine, narrow, dOutput, BLOCK_KERNEL);
        const second = groupNormBackward(engine, active, after, norm2, convolutionImageGradient(engine, dOutput, filter2, wide.shape));
        const dWide = exactGeluBackward(engine, wide, second.dx);
        const normalized = groupNorm(engine, h, before, norm1, weights.vector(`${name}.0.bias`));
        const dFilter1 = convolutionFilterGradient(engine, normalized, dWide, BLOCK_KERNEL);
        const first = groupNormBackward(engine, h, before, norm1, convolutionImageGradient(engine, dWide, filter1, h.shape));
        return {
          dh: first.dx,
          gradients: {
            "0.weight": first.dWeight, "0.bias": first.dBias, "1.weight": dFilter1, "1.bias": sumOfPixels(engine, dWide),
            "3.weight": second.dWeight, "3.bias": second.dBias, "4.weight": dFilter2, "4.bias": sumOfPixels(engine, dOutput),
          },
        };
      });
      tf.dispose(wide);
      for (const [part, gradient] of Object.entries(gradients)) weights.put(`${name}.${part}`, gradient);
      return dh;
    },
  };
}

/** A filter of each channel by itself. */
function channelsLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const filter = filterOf(scope, name, WIDE_KERNEL, 1);
  return {
    output: tf.tidy(() => convolveChannels(engine, image, filter, weights.vector(`${name}.bias`))),
    backward: (dOutput) => {
      weights.put(`${name}.weight`, channelsFilterGradient(engine, image, dOutput, WIDE_KERNEL));
      weights.put(`${name}.bias`, sumOfPixels(engine, dOutput));
      return channelsImageGradient(engine, dOutput, filter);
    },
  };
}

/** The step's signal added to every pixel of h; h's gradient is the output's own. */
function stepLayer({ engine, weights }: Scope, name: string, { active, gradient }: StepSignal, h: Tensor4D): ImageLayer {
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const weight = weights.get(`${name}.weight`);
  const [B, T, W, C] = h.shape;
  const output = tf.tidy(() => tf.add(h, tf.reshape(affine(active, weight, weights.vector(`${name}.bias`)), [B, 1, 1, C])) as Tensor4D);
  tf.dispose(h);
  return {
    output,
    backward: (dOutput) => {
      const { dWeight, dBias, sum } = tf.tidy(() => {
        const perImage = tf.sum(tf.reshape(dOutput, [B, T * W, C]), 1) as Tensor2D;
        const dActive = productTransposed(perImage, weight);
        return {
          dWeight: transposedProduct(active, perImage),
          dBias: tf.sum(perImage, 0),
          sum: gradient.sum ? (tf.add(gradient.sum, dActive) as Tensor2D) : dActive,
        };
      });
      gradient.sum?.dispose();
      gradient.sum = sum;
      weights.put(`${name}.weight`, dWeight);
      weights.put(`${name}.bias`, dBias);
      return dOutput;
    },
  };
}
