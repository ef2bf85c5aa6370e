/**
 * @file The tensors of DiffWave under the names and shapes of PyTorch's
 * `ClassifierFreeDenoiser`, and the values they begin with.
 */
import { planLayout, type Layout } from "../base/layout.js";
import type { RandomStream } from "../base/random-stream.js";
import type { TensorSpec } from "../model/config.js";
import type { DiffWaveConfig } from "./config.js";
import { EMBEDDING_WIDTH } from "./step-embedding.js";

/** Width of the step's embedding between its two layers and after them. */
export const STEP_CHANNELS = 512;

/** Name of the learned condition that stands for none (`condition: "trainable_score"`), `[S, segmentNotes]`. */
export const TRAINABLE_SCORE = "trainable_parameters";

/** Name of residual layer `i` in the state dict. */
export function layerName(i: number): string {
  return `residual_layers.${i}`;
}

/** The weights of DiffWave in the order of PyTorch's state dict; `film_projection` is ours. */
export function diffWaveTensors(config: DiffWaveConfig): TensorSpec[] {
  const { residualChannels: H, parameters: P, scoreFeatures: S, perceptualFeatures: C } = config;
  const layer = (name: string, shape: readonly number[]): TensorSpec[] => [
    { name: `${name}.weight`, shape },
    { name: `${name}.bias`, shape: [shape[0]] },
  ];
  return [
    ...(config.condition === "trainable_score" ? [{ name: TRAINABLE_SCORE, shape: [S, config.segmentNotes] }] : []),
    ...layer("input_projection", [H, P, 1]),
    ...layer("diffusion_embedding.projection1", [STEP_CHANNELS, EMBEDDING_WIDTH]),
    ...layer("diffusion_embedding.projection2", [STEP_CHANNELS, STEP_CHANNELS]),
    ...Array.from({ length: config.residualLayers }, (_, i) => [
      ...layer(`${layerName(i)}.dilated_conv`, [2 * H, H, config.kernelSize]),
      ...layer(`${layerName(i)}.diffusion_projection`, [H, STEP_CHANNELS]),
      ...layer(`${layerName(i)}.conditioner_projection`, [2 * H, S, 1]),
      ...layer(`${layerName(i)}.output_projection`, [2 * H, H, 1]),
      ...(config.film ? [{ name: `${layerName(i)}.film_projection.weight`, shape: [2 * H, C, 1] }] : []),
    ]).flat(),
    ...layer("skip_projection", [H, H, 1]),
    ...layer("output_projection", [P, H, 1]),
  ];
}

/** Plan of the flat weight vector. */
export function diffWaveLayout(config: DiffWaveConfig): Layout {
  return planLayout(diffWaveTensors(config));
}

/**
 * Fresh weights, as the original's: convolutions normal with variance 2/inputs (He et al., 2015, equation (10)), the step's
 * linear layers and all biases uniform in ±1/√inputs; the output layer, FiLM and nothing else 0, the learned condition −1.
 *
 * @returns a vector of the layout's order
 */
export function initialDiffWave(layout: Layout, random: RandomStream): Float32Array {
  const vector = new Float32Array(layout.size);
  let inputs = 1;
  for (const { name, shape, offset } of layout.tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    const part = vector.subarray(offset, offset + size);
    if (name === TRAINABLE_SCORE) part.fill(-1);
    if (name === TRAINABLE_SCORE || name.endsWith("film_projection.weight")) continue;
    if (shape.length > 1) inputs = size / shape[0];
    if (name === "output_projection.weight") continue;
    const convolution = shape.length === 3;
    for (let i = 0; i < size; i++) {
      part[i] = convolution ? random.normal() * Math.sqrt(2 / inputs) : (2 * random.uniform() - 1) / Math.sqrt(inputs);
    }
  }
  return vector;
}

/** Distance between the taps of a layer's filter. */
export function layerDilation({ dilationBase, dilationBound }: DiffWaveConfig, layer: number): number {
  return dilationBase ** (layer % dilationBound);
}
