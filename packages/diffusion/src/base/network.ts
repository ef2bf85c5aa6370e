/**
 * @file The `base` model's two networks on TensorFlow.js: an encoder that
 * predicts the mean performance, and the velocity field of a flow that draws
 * single performances around it. Forward and backward, for training; inference
 * runs the same network from ONNX.
 *
 * The stack is a WaveNet's (van den Oord et al., 2016): gated dilated
 * convolutions over the notes in score order, here with RMS norms and with the
 * mean over the notes of the onset in every other block.
 */
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import { TIME_FREQUENCIES, type StackConfig } from "../model/config.js";
import { gatedBlock, headLayer, inputLayers, normalizedScale, type Backward } from "./blocks.js";
import { gelu, geluBackward, matrixProducts, normalize, normalizeBackward } from "./layers.js";
import type { Layout } from "./layout.js";
import type { OnsetAverage } from "./onset-average.js";
import { Weights } from "./weights.js";

/** What both networks know of a batch of `B` crops of `T` notes. */
export interface BatchShape {
  /** `B`. */
  readonly batch: number;
  /** `T`. */
  readonly notes: number;
  /** 1 per note, 0 for padding, `[B·T, 1]`; null when nothing is padded. */
  readonly mask: Tensor2D | null;
  /** The mean over the notes of an onset. */
  readonly onsets: OnsetAverage;
  /** Dropout masks per block, `[B·T, H]` each; null outside training. */
  readonly dropout: readonly Tensor2D[] | null;
}

/** Input of the denoiser's forward pass. */
export interface DenoiserInput extends BatchShape {
  /** Noisy targets, the mean prediction, then the controls' values and flags, `[B·T, 12 + 2K]`; all but the first 6 are 0 where the condition is dropped. */
  readonly noisyAndMean: Tensor2D;
  /** The encoder's output, 0 where the condition is dropped, `[B·T, He]`. */
  readonly hidden: Tensor2D;
  /** 1 for crops without condition, `[B, 1]`. */
  readonly dropped: Tensor2D;
  /** {@link timeEmbedding} per crop, `[B, 33]`. */
  readonly time: Tensor2D;
}

/** A prediction and what its gradient needs. */
export interface Forward {
  /** `[B·T, 6]`. */
  readonly prediction: Tensor2D;
  /** The normalized last layer, `[B·T, H]`. */
  readonly hidden: Tensor2D;
  /** Gradient of the flat weight vector, given that of the prediction. Call once, in the same `tf.tidy`. */
  backward(dPrediction: Tensor2D): Tensor1D;
}

/** A network over one flat vector of weights. */
export interface Network<Input> {
  /** Plan of the weights. */
  readonly layout: Layout;
  /** Predict. Call inside `tf.tidy`. */
  forward(vector: Tensor1D, input: Input): Forward;
}

/** Input of the encoder: standardized features `[B·T, C]`. */
export interface EncoderInput extends BatchShape {
  /** `[B·T, C]`. */
  readonly features: Tensor2D;
}

/** e(t) = (t, sin(kπt/2), cos(kπt/2)), k = 1 … 16: bounded arguments, unlike the original's. */
export function timeEmbedding(t: number): Float32Array {
  const e = new Float32Array(1 + 2 * TIME_FREQUENCIES);
  e[0] = t;
  for (let k = 1; k <= TIME_FREQUENCIES; k++) {
    e[k] = Math.sin((k * Math.PI * t) / 2);
    e[TIME_FREQUENCIES + k] = Math.cos((k * Math.PI * t) / 2);
  }
  return e;
}

/** A stack of residual blocks: x + gated(scaled(x)), block after block. */
function residualBlocks(
  engine: Engine, weights: Weights, network: string, stack: StackConfig, shape: BatchShape, input: Tensor2D,
  scale: (name: string, x: Tensor2D) => { readonly output: Tensor2D; readonly backward: Backward },
): { readonly output: Tensor2D; readonly backward: Backward } {
  const { tf } = engine;
  const tapes: Backward[] = [];
  let x = input;
  for (let i = 0; i < stack.blocks; i++) {
    const name = `${network}.blocks.${i}`;
    const scaled = scale(name, x);
    const block = gatedBlock(engine, weights, name, i, stack, shape, scaled.output, x);
    x = block.output;
    tapes.push((dx) => {
      const dh = block.backward(dx);
      const dNorm = scaled.backward(dh);
      const dBefore = tf.add(dx, dNorm) as Tensor2D;
      tf.dispose([dx, dh, dNorm]);
      return dBefore;
    });
  }
  return { output: x, backward: (dOutput) => tapes.reduceRight((dx, tape) => tape(dx), dOutput) };
}

/** The encoder: features in, mean performance and hidden condition out. */
export function encoderNetwork(engine: Engine, layout: Layout, stack: StackConfig): Network<EncoderInput> {
  return {
    layout,
    forward(vector, input) {
      const weights = new Weights(engine, layout, vector);
      const first = inputLayers(engine, weights, "encoder", input.features);
      const blocks = residualBlocks(engine, weights, "encoder", stack, input, first.output, (name, x) =>
        normalizedScale(engine, weights, `${name}.norm.weight`, x, input.mask),
      );
      const head = headLayer(engine, weights, "encoder", blocks.output, input);
      return {
        prediction: head.prediction,
        hidden: head.hidden,
        backward: (dPrediction) => {
          first.backward(blocks.backward(head.backward(dPrediction)));
          return weights.collect();
        },
      };
    },
  };
}

/** The denoiser: the flow's velocity z − ε at time t, from the noisy targets and the encoder's output. */
export function denoiserNetwork(engine: Engine, layout: Layout, stack: StackConfig): Network<DenoiserInput> {
  return {
    layout,
    forward(vector, input) {
      const weights = new Weights(engine, layout, vector);
      const time = timeLayer(engine, weights, input.time);
      const first = inputLayers(engine, weights, "denoiser", input.noisyAndMean);
      const blocks = residualBlocks(engine, weights, "denoiser", stack, input, first.output, (name, x) =>
        conditionedScale(engine, weights, name, x, time, input),
      );
      const head = headLayer(engine, weights, "denoiser", blocks.output, input);
      return {
        prediction: head.prediction,
        hidden: head.hidden,
        backward: (dPrediction) => {
          first.backward(blocks.backward(head.backward(dPrediction)));
          time.backward();
          return weights.collect();
        },
      };
    },
  };
}

/** τ = GELU(e(t)·W + b), `[B, H]`, which every block reads and whose gradient every block adds to. */
interface TimeLayer {
  readonly output: Tensor2D;
  readonly gradient: { sum: Tensor2D | null };
  backward(): void;
}

function timeLayer(engine: Engine, weights: Weights, embedding: Tensor2D): TimeLayer {
  const { tf } = engine;
  const { affine, transposedProduct } = matrixProducts(engine);
  const linear = affine(embedding, weights.get("denoiser.time.weight"), weights.vector("denoiser.time.bias"));
  const gradient: { sum: Tensor2D | null } = { sum: null };
  return {
    output: gelu(engine, linear),
    gradient,
    backward: () => {
      const dLinear = geluBackward(engine, linear, gradient.sum!);
      weights.put("denoiser.time.weight", transposedProduct(embedding, dLinear));
      weights.put("denoiser.time.bias", tf.sum(dLinear, 0));
    },
  };
}

/**
 * A block's input: the norm, scaled and shifted by the time, plus the encoder's
 * output through a linear layer (the learned null where it is dropped).
 */
function conditionedScale(
  engine: Engine, weights: Weights, name: string, x: Tensor2D, time: TimeLayer, input: DenoiserInput,
): { output: Tensor2D; backward(dh: Tensor2D): Tensor2D } {
  const { tf } = engine;
  const { affine, product, productTransposed, transposedProduct } = matrixProducts(engine);
  const { batch, notes, mask, hidden, dropped } = input;
  const width = x.shape[1];
  const cube = (rows: Tensor2D) => tf.reshape(rows, [batch, notes, width]);
  const norm = normalize(engine, x, mask);
  const normWeight = weights.get(`${name}.norm.weight`);
  const timeWeight = weights.get(`${name}.time.weight`);
  const conditionWeight = weights.get(`${name}.condition.weight`);
  const nothing = weights.get("denoiser.null");
  const { onePlusScale, gain, output } = tf.tidy(() => {
    const scaleAndShift = affine(time.output, timeWeight, weights.vector(`${name}.time.bias`)); // [B, 2H]
    const onePlusScale = tf.add(tf.slice(scaleAndShift, [0, 0], [batch, width]), 1) as Tensor2D;
    const shift = tf.slice(scaleAndShift, [0, width], [batch, width]);
    const gain = tf.mul(onePlusScale, normWeight) as Tensor2D; // [B, H]
    const offset = tf.add(shift, tf.mul(dropped, product(nothing, conditionWeight)));
    const condition = affine(hidden, conditionWeight, weights.vector(`${name}.condition.bias`)); // [B·T, H]
    const sum = tf.add(
      tf.add(tf.mul(cube(norm.rows), tf.reshape(gain, [batch, 1, width])), cube(condition)),
      tf.reshape(offset, [batch, 1, width]),
    );
    const rows = tf.reshape(sum, [batch * notes, width]) as Tensor2D;
    return { onePlusScale, gain, output: mask ? (tf.mul(rows, mask) as Tensor2D) : rows };
  });
  return {
    output,
    backward: (dh) => {
      const result = tf.tidy(() => {
        const d = mask ? (tf.mul(dh, mask) as Tensor2D) : dh;
        const perCrop = tf.sum(cube(d), 1) as Tensor2D; // [B, H]
        const ofNothing = tf.sum(tf.mul(perCrop, dropped), 0, true) as Tensor2D; // [1, H]
        const dGain = tf.sum(cube(tf.mul(d, norm.rows)), 1) as Tensor2D;
        const dScaleAndShift = tf.concat([tf.mul(dGain, normWeight), perCrop], 1) as Tensor2D;
        const dTime = productTransposed(dScaleAndShift, timeWeight);
        const dRows = tf.reshape(tf.mul(cube(d), tf.reshape(gain, [batch, 1, width])), [batch * notes, width]) as Tensor2D;
        return {
          dx: normalizeBackward(engine, norm, tf.onesLike(normWeight) as Tensor2D, dRows).dx,
          dTime: time.gradient.sum ? (tf.add(time.gradient.sum, dTime) as Tensor2D) : dTime,
          norm: tf.sum(tf.mul(dGain, onePlusScale), 0),
          time: transposedProduct(time.output, dScaleAndShift),
          timeBias: tf.sum(dScaleAndShift, 0),
          condition: tf.add(transposedProduct(hidden, d), transposedProduct(nothing, ofNothing)),
          conditionBias: tf.sum(perCrop, 0),
          nothing: productTransposed(ofNothing, conditionWeight),
        };
      });
      time.gradient.sum = result.dTime;
      weights.put(`${name}.norm.weight`, result.norm);
      weights.put(`${name}.time.weight`, result.time);
      weights.put(`${name}.time.bias`, result.timeBias);
      weights.put(`${name}.condition.weight`, result.condition);
      weights.put(`${name}.condition.bias`, result.conditionBias);
      weights.put("denoiser.null", result.nothing);
      return result.dx;
    },
  };
}
