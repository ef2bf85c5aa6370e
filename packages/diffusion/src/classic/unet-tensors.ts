/**
 * @file The U-Net's levels, and its tensors under the names and shapes of
 * PyTorch's `DenoiserUnet` with the values they begin with.
 */
import { ShapeError } from "@dexter/codec";
import { planLayout, type Layout } from "../base/layout.js";
import type { RandomStream } from "../base/random-stream.js";
import type { TensorSpec } from "../model/config.js";
import type { UnetConfig } from "./config.js";

/** Heads of an attention. */
export const ATTENTION_HEADS = 4;

/** Channels of a head. */
export const HEAD_CHANNELS = 32;

/** Taps along either axis of the filters of the first convolutions and of a block's depthwise ones. */
export const WIDE_KERNEL = 7;

/** Taps along either axis of the filters inside a ConvNeXt block. */
export const BLOCK_KERNEL = 3;

/** Taps along either axis of the filters that halve or double an image. */
export const RESAMPLING_KERNEL = 4;

/** Name of the learned condition that stands for none (`condition: "trainable_score"`), `[S + C, segmentNotes]`. */
export const TRAINABLE_CONDITION = "trainable_parameters";

/** Channels in and out of a level, largest image first. */
export interface UnetLevel {
  /** Channels that come from the level before. */
  readonly before: number;
  /** Channels of the level. */
  readonly channels: number;
}

/** A U-Net's sizes. */
export interface UnetSizes {
  /** Largest image first. */
  readonly levels: readonly UnetLevel[];
  /** Channels of the first image; also its width once the parameters are spread over it. */
  readonly width: number;
  /** Channels of the step's embedding after its two layers; 0 without. */
  readonly stepChannels: number;
  /** Notes and width are divisible by this: every level but the last halves both. */
  readonly multiple: number;
}

/**
 * The sizes that follow from the options.
 *
 * @throws ShapeError for options that no network can have
 */
export function unetSizes({ dim, dimMults, initDim, outDim, channels, withTimeEmbedding }: UnetConfig): UnetSizes {
  const width = initDim ?? dim;
  const multiple = 2 ** (dimMults.length - 1);
  if (dimMults.length < 1) throw new ShapeError("U-Net: dimMults must name at least one level, got none.");
  if (width % multiple !== 0) {
    throw new ShapeError(`U-Net: ${initDim === null ? "dim" : "initDim"} must be divisible by ${multiple} for ${dimMults.length} levels, got ${width}.`);
  }
  if (channels !== 1) throw new ShapeError(`U-Net: channels must be 1, the one image of parameters and the one of conditions, got ${channels}.`);
  if (outDim !== null && outDim !== 1) throw new ShapeError(`U-Net: outDim must be 1 or null, one image of parameters, got ${outDim}.`);
  if (withTimeEmbedding && (dim < 4 || dim % 2 !== 0)) {
    throw new ShapeError(`U-Net: dim must be even and at least 4 to embed the diffusion step, got ${dim}.`);
  }
  const widths = [width, ...dimMults.map((mult) => dim * mult)];
  const levels = dimMults.map((_, i) => ({ before: widths[i], channels: widths[i + 1] }));
  return { levels, width, stepChannels: withTimeEmbedding ? 4 * dim : 0, multiple };
}

/** How many notes a segment's length must be a multiple of: 2^(levels − 1). */
export function notesMultiple({ dimMults }: UnetConfig): number {
  return 2 ** (dimMults.length - 1);
}

/**
 * The weights of the U-Net. `final_block.cond_*`, the last level's second `cond_net` and its `ups.*.4` are in the original's
 * state dict, too, though nothing that they compute reaches the prediction.
 *
 * @throws ShapeError for options that no network can have
 */
export function unetTensors(config: UnetConfig): TensorSpec[] {
  const { levels, width, stepChannels } = unetSizes(config);
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C, convnextMult } = config;
  const layer = (name: string, shape: readonly number[], outputs = shape[0]): TensorSpec[] => [
    { name: `${name}.weight`, shape },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const net = (name: string, inputs: number, outputs: number): TensorSpec[] => [
    ...layer(`${name}.0`, [inputs]),
    ...layer(`${name}.1`, [outputs * convnextMult, inputs, BLOCK_KERNEL, BLOCK_KERNEL]),
    ...layer(`${name}.3`, [outputs * convnextMult]),
    ...layer(`${name}.4`, [outputs, outputs * convnextMult, BLOCK_KERNEL, BLOCK_KERNEL]),
  ];
  const block = (name: string, inputs: number, outputs: number, step: number, conditionOf: "channel" | number): TensorSpec[] => [
    ...(step > 0 ? layer(`${name}.mlp.1`, [inputs, step]) : []),
    ...layer(`${name}.ds_conv`, [inputs, 1, WIDE_KERNEL, WIDE_KERNEL]),
    ...layer(`${name}.cond_ds_conv`, [inputs, conditionOf === "channel" ? 1 : conditionOf, WIDE_KERNEL, WIDE_KERNEL]),
    ...net(`${name}.net`, inputs, outputs),
    ...net(`${name}.cond_net`, inputs, outputs),
    ...(inputs === outputs ? [] : layer(`${name}.res_conv`, [outputs, inputs, 1, 1])),
  ];
  const inner = ATTENTION_HEADS * HEAD_CHANNELS;
  const attention = (name: string, channels: number, out: "to_out" | "to_out.0"): TensorSpec[] => [
    { name: `${name}.fn.fn.to_qkv.weight`, shape: [3 * inner, channels, 1, 1] },
    ...layer(`${name}.fn.fn.${out}`, [channels, inner, 1, 1]),
    ...(out === "to_out" ? [] : layer(`${name}.fn.fn.to_out.1`, [channels])),
    ...layer(`${name}.fn.norm`, [channels]),
  ];
  const resampling = (name: string, channels: number): TensorSpec[] =>
    [3, 4].flatMap((i) => layer(`${name}.${i}`, [channels, channels, RESAMPLING_KERNEL, RESAMPLING_KERNEL]));
  const deepest = levels[levels.length - 1].channels;
  const [{ channels: first }] = levels;
  return [
    ...(config.condition === "trainable_score" ? [{ name: TRAINABLE_CONDITION, shape: [S + C, config.segmentNotes] }] : []),
    ...layer("init_conv", [width, 1, WIDE_KERNEL, WIDE_KERNEL]),
    ...layer("init_fc", [width, P]),
    ...layer("condition_init_conv", [width, 1, WIDE_KERNEL, WIDE_KERNEL]),
    ...layer("condition_init_fc", [width, S + C]),
    ...(stepChannels > 0 ? [...layer("time_mlp.1", [stepChannels, config.dim]), ...layer("time_mlp.3", [stepChannels, stepChannels])] : []),
    ...levels.flatMap(({ before, channels }, i) => [
      ...block(`downs.${i}.0`, before, channels, stepChannels, "channel"),
      ...block(`downs.${i}.1`, channels, channels, stepChannels, "channel"),
      ...attention(`downs.${i}.2`, channels, "to_out.0"),
      ...(i < levels.length - 1 ? resampling(`downs.${i}`, channels) : []),
    ]),
    ...levels.slice(1).reverse().flatMap(({ before, channels }, i) => [
      ...block(`ups.${i}.0`, 3 * channels, before, stepChannels, channels),
      ...block(`ups.${i}.1`, before, before, stepChannels, "channel"),
      ...attention(`ups.${i}.2`, before, "to_out.0"),
      ...resampling(`ups.${i}`, before),
    ]),
    ...block("mid_block1", deepest, deepest, stepChannels, "channel"),
    ...attention("mid_attn", deepest, "to_out"),
    ...block("mid_block2", deepest, deepest, stepChannels, "channel"),
    ...block("final_block", first, first, 0, "channel"),
    ...layer("final_conv", [1, first, 1, 1]),
    ...layer("final_fc", [P, width]),
  ];
}

/**
 * Plan of the flat weight vector.
 *
 * @throws ShapeError for options that no network can have
 */
export function unetLayout(config: UnetConfig): Layout {
  return planLayout(unetTensors(config));
}

/**
 * Fresh weights as PyTorch makes them: matrices and filters uniform in ±1/√inputs with their biases alike (He et al., 2015,
 * with a slope of √5), norms 1 and 0, the learned condition −1.
 *
 * @returns a vector of the layout's order
 */
export function initialUnet(layout: Layout, random: RandomStream): Float32Array {
  const vector = new Float32Array(layout.size);
  let bound = 0;
  for (const { name, shape, offset } of layout.tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    const part = vector.subarray(offset, offset + size);
    if (name === TRAINABLE_CONDITION) part.fill(-1);
    else if (shape.length === 1 && name.endsWith(".weight")) {
      part.fill(1);
      bound = 0;
    } else {
      if (shape.length > 1) bound = 1 / Math.sqrt(size / shape[0]);
      for (let i = 0; i < size; i++) part[i] = (2 * random.uniform() - 1) * bound;
    }
  }
  return vector;
}
