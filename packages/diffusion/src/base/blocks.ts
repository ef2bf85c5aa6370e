/**
 * @file The layers that encoder and denoiser share: input, scaled norm, gated
 * residual block, head. Each returns its output and the function that turns the
 * output's gradient into the input's, noting the weights' gradients on the way.
 */
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { ONSET_CHANNELS, seesOnset, TARGET_NAMES, type StackConfig } from "../model/config.js";
import { gelu, geluBackward, matrixProducts, neighbours, neighboursBackward, normalize, normalizeBackward } from "./layers.js";
import type { BatchShape } from "./network.js";
import type { Weights } from "./weights.js";

/** From the gradient of a layer's output to that of its input. */
export type Backward = (dOutput: Tensor2D) => Tensor2D;

/** A layer's output, `[B·T, H]`, and its gradient. */
export interface Layer {
  readonly output: Tensor2D;
  readonly backward: Backward;
}

/** Linear, GELU, linear. Its input is data: no gradient leaves it. */
export function inputLayers(
  engine: Engine, weights: Weights, net: string, input: Tensor2D,
): { output: Tensor2D; backward(dOutput: Tensor2D): void } {
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const project = weights.get(`${net}.project.weight`);
  const linear = affine(input, weights.get(`${net}.input.weight`), weights.vector(`${net}.input.bias`));
  const active = gelu(engine, linear);
  return {
    output: affine(active, project, weights.vector(`${net}.project.bias`)),
    backward: (dOutput) => {
      weights.put(`${net}.project.weight`, transposedProduct(active, dOutput));
      weights.put(`${net}.project.bias`, tf.sum(dOutput, 0));
      const dLinear = tf.tidy(() => geluBackward(engine, linear, productTransposed(dOutput, project)));
      weights.put(`${net}.input.weight`, transposedProduct(input, dLinear));
      weights.put(`${net}.input.bias`, tf.sum(dLinear, 0));
    },
  };
}

/** RMS norm times a weight per channel; masked rows are 0. */
export function normalizedScale(engine: Engine, weights: Weights, name: string, x: Tensor2D, mask: Tensor2D | null): Layer {
  const { tf } = engine;
  const weight = weights.get(name);
  const norm = normalize(engine, x, mask);
  return {
    output: tf.mul(norm.rows, weight) as Tensor2D,
    backward: (dh) => {
      const { dx, dWeight } = normalizeBackward(engine, norm, weight, dh);
      weights.put(name, dWeight);
      return dx;
    },
  };
}

/**
 * The residual block: dilated convolution of `h` and, in odd blocks, its mean
 * over the onset; gate a·σ(b); dropout; linear; added to `x`.
 *
 * @returns the block's output; `backward` gives the gradient of `h` (that of `x` is the output's own)
 */
export function gatedBlock(
  engine: Engine, weights: Weights, name: string, index: number, stack: StackConfig, shape: BatchShape, h: Tensor2D, x: Tensor2D,
): Layer {
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const { batch, notes, onsets } = shape;
  const { hidden: width, kernel } = stack;
  const dilation = stack.dilations[index];
  const withOnset = seesOnset(index);
  const dropout = shape.dropout?.[index] ?? null;
  const conv = weights.get(`${name}.conv.weight`);
  const out = weights.get(`${name}.out.weight`);
  const { columns, gate, kept, output } = tf.tidy(() => {
    const columns = neighbours(engine, h, batch, notes, kernel, dilation, withOnset ? onsets.apply(h) : null);
    const both = affine(columns, conv, weights.vector(`${name}.conv.bias`)); // [B·T, 2H]
    const gate = tf.sigmoid(tf.slice(both, [0, width], [-1, width])) as Tensor2D;
    const gated = tf.mul(tf.slice(both, [0, 0], [-1, width]), gate) as Tensor2D;
    const kept = dropout ? (tf.mul(gated, dropout) as Tensor2D) : gated;
    return { columns, gate, kept, output: tf.add(x, affine(kept, out, weights.vector(`${name}.out.bias`))) as Tensor2D };
  });
  return {
    output,
    backward: (dOutput) => {
      const result = tf.tidy(() => {
        const dKept = productTransposed(dOutput, out);
        // kept = a · gate · dropout, so da = dKept · gate · dropout and db = dKept · kept · (1 − gate).
        const through = tf.mul(dKept, kept);
        const da = tf.mul(dKept, dropout ? tf.mul(gate, dropout) : gate);
        const dBoth = tf.concat([da, tf.sub(through, tf.mul(through, gate))], 1) as Tensor2D;
        const dColumns = productTransposed(dBoth, conv);
        let dh = neighboursBackward(engine, dColumns, batch, notes, width, kernel, dilation);
        if (withOnset) dh = tf.add(dh, onsets.apply(tf.slice(dColumns, [0, kernel * width], [-1, width]))) as Tensor2D;
        return {
          dh,
          out: transposedProduct(kept, dOutput),
          outBias: tf.sum(dOutput, 0),
          conv: transposedProduct(columns, dBoth),
          convBias: tf.sum(dBoth, 0),
        };
      });
      tf.dispose([columns, gate, kept]);
      weights.put(`${name}.out.weight`, result.out);
      weights.put(`${name}.out.bias`, result.outBias);
      weights.put(`${name}.conv.weight`, result.conv);
      weights.put(`${name}.conv.bias`, result.convBias);
      return result.dh;
    },
  };
}

/** Norm and linear layer; channels of the onset are averaged over its notes. */
export function headLayer(
  engine: Engine, weights: Weights, net: string, x: Tensor2D, shape: BatchShape,
): { prediction: Tensor2D; hidden: Tensor2D; backward: Backward } {
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const scaled = normalizedScale(engine, weights, `${net}.norm.weight`, x, shape.mask);
  const weight = weights.get(`${net}.head.weight`);
  const tied = tf.tensor1d([...ONSET_CHANNELS], "float32") as Tensor1D;
  const free = tf.sub(1, tied);
  if (ONSET_CHANNELS.length !== TARGET_NAMES.length) throw new Error("ONSET_CHANNELS and TARGET_NAMES differ in length");
  const prediction = tf.tidy(() => {
    const raw = affine(scaled.output, weight, weights.vector(`${net}.head.bias`));
    return tf.add(tf.mul(raw, free), tf.mul(shape.onsets.apply(raw), tied)) as Tensor2D;
  });
  return {
    prediction,
    hidden: scaled.output,
    backward: (dPrediction) => {
      const result = tf.tidy(() => {
        const d = tf.add(tf.mul(dPrediction, free), shape.onsets.apply(tf.mul(dPrediction, tied) as Tensor2D)) as Tensor2D;
        return { weight: transposedProduct(scaled.output, d), bias: tf.sum(d, 0), dHidden: productTransposed(d, weight) };
      });
      weights.put(`${net}.head.weight`, result.weight);
      weights.put(`${net}.head.bias`, result.bias);
      return scaled.backward(result.dHidden);
    },
  };
}
