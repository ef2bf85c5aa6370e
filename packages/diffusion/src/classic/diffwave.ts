/**
 * @file DiffWave on TensorFlow.js, forward and backward: the original's
 * `ClassifierFreeDenoiser`, with the same result on the same weights.
 *
 * Kong et al. (2021), section 3, with score features in place of a spectrogram.
 * The original accepts perceptual features and ignores them; here they may
 * scale and shift every layer's input (FiLM, Perez et al., 2018).
 */
import { ShapeError } from "@dexter/codec";
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import { Weights } from "../base/weights.js";
import type { Engine } from "../engine.js";
import type { DiffWaveConfig } from "./config.js";
import { linearLayer, residualLayer, stepLayers, type ResidualLayer } from "./diffwave-blocks.js";
import { diffWaveLayout, layerDilation, layerName, TRAINABLE_SCORE } from "./diffwave-layout.js";
import { dilatedConvolution } from "./dilated-convolution.js";
import { minMax } from "./min-max.js";
import type { ClassicInput, ClassicNetwork } from "./network.js";
import { EMBEDDING_WIDTH, embedSteps, stepEmbeddingTable } from "./step-embedding.js";

/** What a normalized condition becomes where it is dropped. */
const NULL_CONDITION = -1;

/** What a network needs beside its weights. */
export interface DiffWaveOptions {
  /** The checkpoint's table of embedded steps, `[steps, 128]`. Default: made anew, as for a new model. */
  readonly embedding?: Float32Array;
}

/**
 * DiffWave on an engine.
 *
 * @throws ShapeError from `forward`, for input that contradicts the config or itself
 */
export function diffWaveNetwork(engine: Engine, config: DiffWaveConfig, options: DiffWaveOptions = {}): ClassicNetwork {
  const { tf } = engine;
  const layout = diffWaveLayout(config);
  const table = options.embedding ?? stepEmbeddingTable(config.diffusionSteps);
  const convolution = dilatedConvolution(engine);
  const { product, productTransposed, transposedProduct } = matrixProducts(engine);
  const { residualLayers: L, parameters: P } = config;
  const skipScale = 1 / Math.sqrt(L);
  return {
    config,
    layout,
    forward(vector, input) {
      checkInput(config, input);
      const { batch, notes } = input;
      const rows = batch * notes;
      const weights = new Weights(engine, layout, vector);
      const condition = conditionRows(engine, weights, config, input);
      const perceptual = config.film ? perceptualRows(engine, config, input) : null;
      const step = stepLayers(engine, weights, tf.tensor2d(embedSteps(table, input.step), [batch, EMBEDDING_WIDTH]));
      const first = linearLayer(engine, weights, "input_projection", tf.tensor2d(input.noisy, [rows, P]), false);
      let x = tf.relu(first.output);
      const begin = x;
      const layers: ResidualLayer[] = [];
      for (let i = 0; i < L; i++) {
        const layer = residualLayer(engine, convolution, weights, layerName(i), x, {
          shape: { batch, notes, kernel: config.kernelSize, dilation: layerDilation(config, i) },
          step: step.output, condition: condition.output, perceptual, conditionGradient: condition.learned,
        }, i === L - 1);
        layers.push(layer);
        if (layer.output) x = layer.output;
      }
      // All skip connections at once: their inputs side by side times their weights one below the other.
      const skip = tf.tidy(() => {
        const gated = tf.concat(layers.map((layer) => layer.gated), 1) as Tensor2D; // [B·N, L·H]
        const weight = tf.mul(tf.concat(layers.map((layer) => layer.skipWeight), 0), skipScale) as Tensor2D;
        const bias = tf.mul(tf.addN(layers.map((layer) => layer.skipBias)), skipScale);
        return { gated, weight, output: tf.add(product(gated, weight), bias) as Tensor2D };
      });
      const hidden = linearLayer(engine, weights, "skip_projection", skip.output, true);
      const active = tf.relu(hidden.output);
      const last = linearLayer(engine, weights, "output_projection", active, true);
      return {
        prediction: tf.reshape(last.output, [batch, notes, P]) as Tensor3D,
        backward(dPrediction) {
          const dActive = last.backward(tf.reshape(dPrediction, [rows, P]) as Tensor2D)!;
          const dSkip = hidden.backward(reluBackward(engine, active, dActive))!;
          const fromSkip = tf.tidy(() => {
            const scaled = tf.mul(dSkip, skipScale) as Tensor2D;
            return {
              gated: layers.map((layer) => productTransposed(scaled, layer.skipWeight)),
              weight: pieces(tf, transposedProduct(skip.gated, scaled), L),
              bias: tf.sum(scaled, 0, true) as Tensor2D,
            };
          });
          tf.dispose(skip);
          let dx: Tensor2D | null = null;
          let dStep: Tensor2D | null = null;
          for (let i = L - 1; i >= 0; i--) {
            const gradient = layers[i].backward(dx, fromSkip.gated[i], fromSkip.weight[i], fromSkip.bias);
            if (gradient.dCondition) condition.add(gradient.dCondition);
            tf.dispose([dx, fromSkip.gated[i]].filter((tensor) => tensor !== null));
            dx = gradient.dx;
            dStep = dStep ? (tf.add(dStep, gradient.dStep) as Tensor2D) : gradient.dStep;
          }
          step.backward(dStep!);
          first.backward(reluBackward(engine, begin, dx!));
          condition.backward();
          return weights.collect();
        },
      };
    },
  };
}

/** Equally many rows each: slices are faster than `tf.split` on WASM. */
function pieces({ slice }: Engine["tf"], x: Tensor2D, count: number): Tensor2D[] {
  const rows = x.shape[0] / count;
  return Array.from({ length: count }, (_, i) => slice(x, [i * rows, 0], [rows, -1]));
}

function reluBackward({ tf }: Engine, output: Tensor2D, dOutput: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.mul(dOutput, tf.step(output)));
}

/** The condition of all notes, and, where the null condition is learned, its gradient. */
interface ConditionRows {
  /** Normalized score features and a column of ones, `[B·N, S + 1]`. */
  readonly output: Tensor2D;
  /** Whether layers are to hand in the condition's gradient. */
  readonly learned: boolean;
  /** Take a layer's gradient, `[B·N, S]`. */
  add(dCondition: Tensor2D): void;
  /** Note the gradient of the learned condition. */
  backward(): void;
}

function conditionRows(engine: Engine, weights: Weights, config: DiffWaveConfig, input: ClassicInput): ConditionRows {
  const { tf } = engine;
  const { batch, notes, score, dropped } = input;
  const S = config.scoreFeatures;
  const trainable = config.condition === "trainable_score";
  const rows = new Float32Array(batch * notes * (S + 1));
  minMax(score, [batch, notes, S], config.normalization, rows, S + 1);
  for (let row = 0; row < batch * notes; row++) {
    const at = row * (S + 1);
    if (dropped[Math.floor(row / notes)]) rows.fill(trainable ? 0 : NULL_CONDITION, at, at + S);
    rows[at + S] = 1;
  }
  const data = tf.tensor2d(rows, [batch * notes, S + 1]);
  if (!trainable) return { output: data, learned: false, add: () => undefined, backward: () => undefined };
  const mask = tf.tensor3d(Float32Array.from(dropped), [batch, 1, 1]);
  const parameter = weights.get(TRAINABLE_SCORE); // [N, S]
  const output = tf.tidy(() => {
    const learned = tf.pad(parameter, [[0, 0], [0, 1]]);
    return tf.add(data, tf.reshape(tf.mul(mask, tf.reshape(learned, [1, notes, S + 1])), data.shape)) as Tensor2D;
  });
  const gradients: Tensor2D[] = [];
  return {
    output,
    learned: true,
    add: (dCondition) => void gradients.push(dCondition),
    backward: () => {
      weights.put(TRAINABLE_SCORE, tf.tidy(() => tf.sum(tf.mul(mask, tf.reshape(tf.addN(gradients), [batch, notes, S])), 0)));
    },
  };
}

/** Perceptual features of all notes; 0, which changes nothing, where there are none. */
function perceptualRows({ tf }: Engine, { perceptualFeatures: C }: DiffWaveConfig, input: ClassicInput): Tensor2D {
  const { batch, notes, perceptual, dropped } = input;
  const rows = perceptual ? Float32Array.from(perceptual) : new Float32Array(batch * notes * C);
  dropped.forEach((without, b) => without && rows.fill(0, b * notes * C, (b + 1) * notes * C));
  return tf.tensor2d(rows, [batch * notes, C]);
}

function checkInput(config: DiffWaveConfig, { batch, notes, noisy, step, score, perceptual, dropped }: ClassicInput): void {
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C } = config;
  const check = (name: string, actual: number, expected: number, shape: string): void => {
    if (actual !== expected) throw new ShapeError(`denoise: ${name} must be ${shape} of ${expected} values, got ${actual}.`);
  };
  check("noisy", noisy.length, batch * notes * P, `[${batch}, ${notes}, ${P}]`);
  check("score", score.length, batch * notes * S, `[${batch}, ${notes}, ${S}]`);
  if (perceptual) check("perceptual", perceptual.length, batch * notes * C, `[${batch}, ${notes}, ${C}]`);
  check("step", step.length, batch, `[${batch}]`);
  check("dropped", dropped.length, batch, `[${batch}]`);
  if (config.condition === "trainable_score" && notes !== config.segmentNotes) {
    throw new ShapeError(`denoise: a learned condition has ${config.segmentNotes} notes, got a segment of ${notes}.`);
  }
}
