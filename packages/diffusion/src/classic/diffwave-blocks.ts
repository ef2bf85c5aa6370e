/**
 * @file The layers of DiffWave with their gradients: the step's embedding, the
 * residual layer, and the head over all skip connections.
 *
 * Kong et al. (2021), figure 2; channels lie last, `[B·N, H]`.
 */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import type { Weights } from "../base/weights.js";
import type { Engine } from "../engine.js";
import type { ConvolutionShape, DilatedConvolution } from "./dilated-convolution.js";

/** An output and the function that turns its gradient into that of what went in, noting the weights' gradients. */
export interface Stage<Gradient> {
  readonly output: Tensor2D;
  backward(dOutput: Tensor2D): Gradient;
}

/** `x·W + b`. The input's gradient is computed where `inputGradient` asks for it. */
export function linearLayer(engine: Engine, weights: Weights, name: string, x: Tensor2D, inputGradient: boolean): Stage<Tensor2D | null> {
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const weight = weights.get(`${name}.weight`);
  return {
    output: affine(x, weight, weights.vector(`${name}.bias`)),
    backward: (dy) => {
      weights.put(`${name}.weight`, transposedProduct(x, dy));
      weights.put(`${name}.bias`, tf.sum(dy, 0));
      return inputGradient ? productTransposed(dy, weight) : null;
    },
  };
}

/** Two linear layers, each with SiLU, over the embedded step: `[B, 128]` → `[B, 512]`. */
export function stepLayers(engine: Engine, weights: Weights, embedding: Tensor2D): Stage<void> {
  const first = linearLayer(engine, weights, "diffusion_embedding.projection1", embedding, false);
  const second = linearLayer(engine, weights, "diffusion_embedding.projection2", silu(engine, first.output), true);
  return {
    output: silu(engine, second.output),
    backward: (dOutput) => {
      const dFirst = second.backward(siluBackward(engine, second.output, dOutput))!;
      first.backward(siluBackward(engine, first.output, dFirst));
    },
  };
}

/** `x·σ(x)`. */
function silu({ tf }: Engine, x: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)));
}

function siluBackward({ tf }: Engine, x: Tensor2D, dy: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const gate = tf.sigmoid(x);
    return tf.mul(dy, tf.mul(gate, tf.add(1, tf.mul(x, tf.sub(1, gate)))));
  });
}

/** What every residual layer of a batch reads. */
export interface LayerInput {
  /** `B`, `N`, taps and dilation of this layer. */
  readonly shape: ConvolutionShape;
  /** The embedded step, `[B, 512]`. */
  readonly step: Tensor2D;
  /** Normalized score features and a column of ones, `[B·N, S + 1]`. */
  readonly condition: Tensor2D;
  /** Perceptual features, 0 where they are dropped, `[B·N, C]`; `null` without FiLM. */
  readonly perceptual: Tensor2D | null;
  /** Whether the condition's gradient is asked for. */
  readonly conditionGradient: boolean;
}

/** A residual layer's outputs. */
export interface ResidualLayer {
  /** The next layer's input, `[B·N, H]`; `null` in the last layer, where nobody reads it. */
  readonly output: Tensor2D | null;
  /** What the skip connection projects, `[B·N, H]`. */
  readonly gated: Tensor2D;
  /** The half of the output projection that feeds the skip connection, `[H, H]`. */
  readonly skipWeight: Tensor2D;
  /** Its bias, `[1, H]`. */
  readonly skipBias: Tensor2D;
  /** Gradients: of the output (`null` in the last layer), of `gated` from the skip connection, of the skip connection's weights. */
  backward(dOutput: Tensor2D | null, dGated: Tensor2D, dSkipWeight: Tensor2D, dSkipBias: Tensor2D): LayerGradient;
}

/** What leaves a residual layer backward. */
export interface LayerGradient {
  /** Of its input, `[B·N, H]`. */
  readonly dx: Tensor2D;
  /** Of the embedded step, `[B, 512]`. */
  readonly dStep: Tensor2D;
  /** Of the condition, `[B·N, S]`, where it was asked for. */
  readonly dCondition: Tensor2D | null;
}

/** Both branches are added at equal power. */
const HALF_POWER = Math.SQRT1_2;

/**
 * y = x + step, scaled and shifted by FiLM; σ(a)·tanh(b) of its dilated convolution plus the condition; projected and added to x.
 *
 * @param last - the last layer feeds the skip connection alone
 */
export function residualLayer(
  engine: Engine, convolution: DilatedConvolution, weights: Weights, name: string, x: Tensor2D, input: LayerInput, last: boolean,
): ResidualLayer {
  const { tf } = engine;
  const { product, productTransposed, transposedProduct } = matrixProducts(engine);
  const { shape, step, condition, perceptual } = input;
  const { batch, notes } = shape;
  const width = x.shape[1];
  const filter = weights.get(`${name}.dilated_conv.weight`);
  const conditioner = weights.get(`${name}.conditioner_projection.weight`);
  const projection = weights.get(`${name}.output_projection.weight`);
  const filmWeight = perceptual ? weights.get(`${name}.film_projection.weight`) : null;
  const stepProjection = linearLayer(engine, weights, `${name}.diffusion_projection`, step, true);
  const perExample = (rows: Tensor2D): Tensor => tf.reshape(rows, [batch, notes, width]);
  const columnsOf = (rows: Tensor2D, from: number): Tensor2D => tf.slice(rows, [0, from], [-1, width]);
  const onlySkip = last ? null : columnsOf(projection, 0);
  const bias = tf.reshape(weights.vector(`${name}.output_projection.bias`), [1, 2 * width]) as Tensor2D;
  const kept = scope(engine, () => {
    const stepped = tf.reshape(tf.add(perExample(x), tf.reshape(stepProjection.output, [batch, 1, width])), x.shape);
    const film = perceptual && filmWeight ? product(perceptual, filmWeight) : null; // [B·N, 2H]
    const gain = film ? (tf.add(columnsOf(film, 0), 1) as Tensor2D) : null;
    const y = film && gain ? tf.add(tf.mul(stepped, gain), columnsOf(film, width)) : stepped;
    // Both biases ride on the condition's column of ones.
    const biases = tf.add(weights.vector(`${name}.dilated_conv.bias`), weights.vector(`${name}.conditioner_projection.bias`));
    const conditioned = product(condition, tf.concat([conditioner, tf.reshape(biases, [1, 2 * width])], 0));
    const both = tf.add(convolution.forward(y as Tensor2D, filter, shape), conditioned) as Tensor2D;
    const gate = tf.sigmoid(columnsOf(both, 0));
    const value = hyperbolicTangent(engine, columnsOf(both, width));
    return { stepped: gain ? (stepped as Tensor2D) : null, gain, y: y as Tensor2D, gate, value, gated: tf.mul(gate, value) as Tensor2D };
  });
  const { stepped, gain, y, gate, value, gated } = kept;
  const output = onlySkip && tf.tidy(() => {
    const scaled = product(gated, tf.mul(onlySkip, HALF_POWER) as Tensor2D);
    return tf.add(tf.add(scaled, tf.mul(columnsOf(bias, 0), HALF_POWER)), tf.mul(x, HALF_POWER)) as Tensor2D;
  });
  return {
    output,
    gated,
    skipWeight: columnsOf(projection, width),
    skipBias: columnsOf(bias, width),
    backward: (dOutput, dSkipGated, dSkipWeight, dSkipBias) => {
      const gradient = scope(engine, () => {
        const dResidual = dOutput && (tf.mul(dOutput, HALF_POWER) as Tensor2D);
        const dGated = dResidual && onlySkip ? tf.add(dSkipGated, productTransposed(dResidual, onlySkip)) : dSkipGated;
        // gated = gate · value, so d gate before σ is dGated·gated·(1 − gate), d value before tanh is dGated·(gate − gated·value).
        const through = tf.mul(dGated, gated);
        const dBoth = tf.concat([
          tf.sub(through, tf.mul(through, gate)),
          tf.sub(tf.mul(dGated, gate), tf.mul(through, value)),
        ], 1) as Tensor2D;
        const dy = convolution.inputGradient(dBoth, filter, shape);
        const dStepped = gain ? (tf.mul(dy, gain) as Tensor2D) : dy;
        return {
          dx: dResidual ? (tf.add(dResidual, dStepped) as Tensor2D) : dStepped,
          dStepProjection: tf.sum(perExample(dStepped), 1) as Tensor2D, // [B, H]
          filter: convolution.filterGradient(dBoth, y, shape),
          conditioner: transposedProduct(condition, dBoth), // [S + 1, 2H], biases last
          residualWeight: dResidual ? transposedProduct(gated, dResidual) : tf.zerosLike(dSkipWeight),
          residualBias: dResidual ? (tf.sum(dResidual, 0, true) as Tensor2D) : tf.zerosLike(dSkipBias),
          dCondition: input.conditionGradient ? productTransposed(dBoth, conditioner) : null,
          film: perceptual && stepped ? transposedProduct(perceptual, tf.concat([tf.mul(dy, stepped), dy], 1) as Tensor2D) : null,
        };
      });
      const dStep = stepProjection.backward(gradient.dStepProjection)!;
      const S = conditioner.shape[0];
      const dBias = tf.slice(gradient.conditioner, [S, 0], [1, -1]);
      weights.put(`${name}.dilated_conv.weight`, gradient.filter);
      weights.put(`${name}.dilated_conv.bias`, dBias);
      weights.put(`${name}.conditioner_projection.weight`, tf.slice(gradient.conditioner, [0, 0], [S, -1]));
      weights.put(`${name}.conditioner_projection.bias`, dBias);
      weights.put(`${name}.output_projection.weight`, tf.concat([gradient.residualWeight, dSkipWeight], 1));
      weights.put(`${name}.output_projection.bias`, tf.concat([gradient.residualBias, dSkipBias], 1));
      if (gradient.film) weights.put(`${name}.film_projection.weight`, gradient.film);
      tf.dispose(Object.values(kept).filter((tensor) => tensor !== null));
      return { dx: gradient.dx, dStep, dCondition: gradient.dCondition };
    },
  };
}

/** `tf.tidy` for results of which some may be `null`. */
function scope<Result extends Readonly<Record<string, Tensor | null>>>({ tf }: Engine, compute: () => Result): Result {
  return tf.tidy(compute as () => never);
}

/** tanh; on WASM as 2σ(2x) − 1, which is many times faster there. */
function hyperbolicTangent({ tf, name }: Engine, x: Tensor2D): Tensor2D {
  return name === "wasm" ? tf.tidy(() => tf.sub(tf.mul(2, tf.sigmoid(tf.mul(2, x))), 1)) : tf.tanh(x);
}
