/**
 * @file The U-Net (the original's `DenoiserUnet`) on TensorFlow.js, for training:
 * forward and backward over one flat vector of weights. Inference runs the same
 * network from ONNX (`onnx/unet.ts`).
 *
 * A segment is an image of one channel: notes by parameters, and beside it notes
 * by conditions (score features, then perceptual features). Both are spread to
 * `dim` columns and pass down and up the levels of Ho et al. (2020), Appendix B,
 * in the form of lucidrains' denoising-diffusion-pytorch (see `unet-block.ts`
 * and `unet-attention.ts`). Every level but the first hands its two images over
 * to the way up.
 */
import { ShapeError } from "@dexter/codec";
import type { Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import { Weights } from "../base/weights.js";
import type { Engine } from "../engine.js";
import type { UnetConfig } from "./config.js";
import { exactGelu, exactGeluBackward } from "./exact-gelu.js";
import { minMax } from "./min-max.js";
import type { ClassicForward, ClassicInput, ClassicNetwork } from "./network.js";
import { fullAttentionLayer, linearAttentionLayer } from "./unet-attention.js";
import { convNextBlock, type Images, type StepSignal } from "./unet-block.js";
import { doublingLayer, filterLayer, halvingLayer, pixelLayer, widthLayer, type ImageLayer, type Scope } from "./unet-layers.js";
import { stepAngles } from "./unet-step.js";
import { TRAINABLE_CONDITION, unetLayout, unetSizes, WIDE_KERNEL } from "./unet-tensors.js";

/**
 * The U-Net on an engine.
 *
 * Its input's notes must be a multiple of 2^(levels − 1). Dropped examples get the null condition: −1 in place of every
 * score and perceptual feature (after normalization, where the options ask for one), or the learned one.
 *
 * @throws ShapeError for options that no network can have; `forward` for input that does not fit
 */
export function unetNetwork(engine: Engine, config: UnetConfig): ClassicNetwork {
  const layout = unetLayout(config);
  return {
    config,
    layout,
    forward(vector, input) {
      checkInput(config, input);
      return forward({ engine, weights: new Weights(engine, layout, vector) }, config, input);
    },
  };
}

/** Gradients on their way down: of the two images, and of those that wait for the level that made them. */
interface Descent {
  images: Images;
  readonly waiting: Images[];
}

function forward(scope: Scope, config: UnetConfig, input: ClassicInput): ClassicForward {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { levels } = unetSizes(config);
  const { batch: B, notes: T } = input;
  const P = config.parameters;
  const tapes: ((descent: Descent) => void)[] = [];
  const step = config.withTimeEmbedding ? stepLayers(scope, config, input.step) : null;
  const signal = step?.signal ?? null;

  const block = (name: string, images: Images, passesCondition: boolean, mixesCondition = false, from = signal): Images => {
    const { output, backward } = convNextBlock(scope, name, images, { step: from, passesCondition, mixesCondition });
    tapes.push((descent) => {
      const before = descent.images;
      descent.images = backward(before);
      tf.dispose([before.x, ...(before.condition ? [before.condition] : [])]);
    });
    return output;
  };
  const ofX = (layer: (scope: Scope, name: string, image: Tensor4D) => ImageLayer, name: string, images: Images): Images => {
    const { output, backward } = layer(scope, name, images.x);
    tapes.push((descent) => {
      const dx = descent.images.x;
      descent.images = { x: backward(dx), condition: descent.images.condition };
      dx.dispose();
    });
    return { x: output, condition: images.condition };
  };
  const ofCondition = (layer: typeof halvingLayer, name: string, images: Images): Images => {
    if (!images.condition) return images;
    const { output, backward } = layer(scope, name, images.condition);
    tapes.push((descent) => {
      const dCondition = descent.images.condition;
      if (!dCondition) return;
      descent.images = { x: descent.images.x, condition: backward(dCondition) };
      dCondition.dispose();
    });
    return { x: images.x, condition: output };
  };

  const first = inputLayers(scope, config, input);
  let images = first.output;
  const kept: Images[] = [];
  // Without an embedded step a condition reaches x only beside it, from level to level.
  const last = levels.length - 1;
  for (let i = 0; i <= last; i++) {
    images = block(`downs.${i}.0`, images, true);
    images = block(`downs.${i}.1`, images, true);
    images = ofX(linearAttentionLayer, `downs.${i}.2`, images);
    if (i > 0) {
      kept.push(images);
      tapes.push((descent) => {
        const waited = descent.waiting.pop()!;
        const { x, condition } = descent.images;
        descent.images = {
          x: tf.add(x, waited.x) as Tensor4D,
          condition: condition && waited.condition ? (tf.add(condition, waited.condition) as Tensor4D) : (condition ?? waited.condition),
        };
        x.dispose();
      });
    }
    if (i === last) break;
    images = ofX(halvingLayer, `downs.${i}.3`, images);
    images = ofCondition(halvingLayer, `downs.${i}.4`, images);
  }

  const onward = config.withTimeEmbedding;
  images = block("mid_block1", images, onward);
  images = ofX(fullAttentionLayer, "mid_attn", images);
  images = block("mid_block2", images, onward && last > 0);

  for (let i = 0; i < last; i++) {
    const beside = kept.pop()!;
    const x = tf.concat([images.x, beside.x, beside.condition!], 3) as Tensor4D;
    tapes.push((descent) => {
      const [own, waitingX, waitingCondition] = tf.split(descent.images.x, 3, 3) as Tensor4D[];
      descent.images.x.dispose();
      descent.waiting.push({ x: waitingX, condition: waitingCondition });
      descent.images = { x: own, condition: descent.images.condition };
    });
    const isLast = i === last - 1;
    images = block(`ups.${i}.0`, { x, condition: images.condition }, onward, true);
    images = block(`ups.${i}.1`, images, onward && !isLast);
    images = ofX(linearAttentionLayer, `ups.${i}.2`, images);
    images = ofX(doublingLayer, `ups.${i}.3`, images);
    images = ofCondition(doublingLayer, `ups.${i}.4`, images);
  }

  images = block("final_block", images, false, false, null);
  images = ofX(pixelLayer, "final_conv", images); // [B, T, W, 1]
  images = ofX(widthLayer, "final_fc", images); // [B, T, P, 1]
  const prediction = tf.reshape(images.x, [B, T, P]) as Tensor3D;
  return {
    prediction,
    backward: (dPrediction) => {
      const dx = tf.reshape(dPrediction, [B, T, P, 1]) as Tensor4D;
      const descent: Descent = { images: { x: dx, condition: null }, waiting: [] };
      for (const tape of tapes.reverse()) tape(descent);
      first.backward(descent.images);
      step?.backward();
      return weights.collect();
    },
  };
}

/** Both images: a wide filter, then spread along the width. Their gradients end in the weights and in the learned condition. */
function inputLayers(scope: Scope, config: UnetConfig, input: ClassicInput): { output: Images; backward(d: Images): void } {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { batch: B, notes: T } = input;
  const columns = config.scoreFeatures + config.perceptualFeatures;
  const image = (values: Float32Array, width: number): Tensor4D => tf.tensor4d(values, [B, T, width, 1]);
  const given = image(conditionImage(config, input), columns);
  const learned = config.condition === "trainable_score" ? weights.get(TRAINABLE_CONDITION) : null; // [segmentNotes, S + C]
  const dropped = tf.tensor4d(Float32Array.from(input.dropped), [B, 1, 1, 1]);
  const seen = learned ? tf.tidy(() => tf.add(given, tf.mul(dropped, tf.reshape(learned, [1, T, columns, 1]))) as Tensor4D) : given;

  const spread = (name: string, x: Tensor4D): ImageLayer => {
    const filtered = filterLayer(scope, `${name}_conv`, x, WIDE_KERNEL);
    const widened = widthLayer(scope, `${name}_fc`, filtered.output);
    return { output: widened.output, backward: (d) => filtered.backward(widened.backward(d)) };
  };
  const ofX = spread("init", image(input.noisy, config.parameters));
  const ofCondition = spread("condition_init", seen);
  return {
    output: { x: ofX.output, condition: ofCondition.output },
    backward: (d) => {
      ofX.backward(d.x);
      if (!d.condition) return;
      const dSeen = ofCondition.backward(d.condition);
      if (learned) weights.put(TRAINABLE_CONDITION, tf.tidy(() => tf.sum(tf.mul(dSeen, dropped), 0)));
    },
  };
}

/** Score and perceptual features side by side, `[B, N, S + C]`; examples without condition are −1, or 0 where one is learned. */
function conditionImage(config: UnetConfig, { batch: B, notes: N, score, perceptual, dropped }: ClassicInput): Float32Array {
  const { scoreFeatures: S, perceptualFeatures: C } = config;
  const columns = S + C;
  const image = new Float32Array(B * N * columns);
  if (config.scoreNormalization) minMax(score, [B, N, S], config.scoreNormalization, image, columns);
  else for (let n = 0; n < B * N; n++) for (let s = 0; s < S; s++) image[n * columns + s] = score[n * S + s];
  if (perceptual) for (let n = 0; n < B * N; n++) for (let c = 0; c < C; c++) image[n * columns + S + c] = perceptual[n * C + c];
  const nothing = config.condition === "trainable_score" ? 0 : -1;
  for (let b = 0; b < B; b++) if (dropped[b]) image.fill(nothing, b * N * columns, (b + 1) * N * columns);
  return image;
}

/** The diffusion step: sines and cosines, linear, GELU, linear; with the GELU that begins every block's own layer. */
function stepLayers(scope: Scope, config: UnetConfig, step: Float32Array): { signal: StepSignal; backward(): void } {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { affine, productTransposed, transposedProduct } = matrixProducts(engine);
  const [weight1, weight2] = [weights.get("time_mlp.1.weight"), weights.get("time_mlp.3.weight")];
  const angles = tf.tensor2d(stepAngles(config.dim, step), [step.length, config.dim]);
  const hidden = affine(angles, weight1, weights.vector("time_mlp.1.bias"));
  const activeHidden = exactGelu(engine, hidden);
  const embedded = affine(activeHidden, weight2, weights.vector("time_mlp.3.bias"));
  const signal: StepSignal = { active: exactGelu(engine, embedded), gradient: { sum: null } };
  return {
    signal,
    backward: () => {
      if (!signal.gradient.sum) return;
      const dEmbedded = exactGeluBackward(engine, embedded, signal.gradient.sum);
      const dHidden: Tensor2D = exactGeluBackward(engine, hidden, productTransposed(dEmbedded, weight2));
      weights.put("time_mlp.3.weight", transposedProduct(activeHidden, dEmbedded));
      weights.put("time_mlp.3.bias", tf.sum(dEmbedded, 0));
      weights.put("time_mlp.1.weight", transposedProduct(angles, dHidden));
      weights.put("time_mlp.1.bias", tf.sum(dHidden, 0));
    },
  };
}

function checkInput(config: UnetConfig, { batch: B, notes: N, noisy, step, score, perceptual, dropped }: ClassicInput): void {
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C, segmentNotes } = config;
  const { multiple } = unetSizes(config);
  if (!(N >= 1) || N % multiple !== 0) throw new ShapeError(`U-Net: notes must be a multiple of ${multiple} (2^(levels − 1)), got ${N}. Pad the segment.`);
  if (config.condition === "trainable_score" && N !== segmentNotes) {
    throw new ShapeError(`U-Net: with a learned condition notes must be its ${segmentNotes}, got ${N}.`);
  }
  const expect = (name: string, length: number, sizes: readonly number[]): void => {
    if (length !== sizes.reduce((a, b) => a * b, 1)) throw new ShapeError(`U-Net: ${name} must be [${sizes.join(", ")}], got ${length} values.`);
  };
  expect("noisy", noisy.length, [B, N, P]);
  expect("score", score.length, [B, N, S]);
  if (perceptual) expect("perceptual", perceptual.length, [B, N, C]);
  expect("step", step.length, [B]);
  expect("dropped", dropped.length, [B]);
}

