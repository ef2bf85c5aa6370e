/**
 * @file The U-Net as an ONNX model: the network of `classic/unet.ts`, with the
 * normalization of its score features, where it has one, and the embedding of
 * its steps inside.
 *
 * Images are `[B, channels, N, width]`, as in PyTorch, so weights are stored as they come.
 */
import type { NamedTensors } from "../base/layout.js";
import type { UnetConfig } from "../classic/config.js";
import { stepFrequencies } from "../classic/unet-step.js";
import {
  ATTENTION_HEADS, BLOCK_KERNEL, HEAD_CHANNELS, RESAMPLING_KERNEL, TRAINABLE_CONDITION, unetSizes, WIDE_KERNEL,
} from "../classic/unet-tensors.js";
import { CLASSIC_VALUES, type ClassicGraph } from "./classic-graph.js";
import { normalized } from "./diffwave.js";
import { OnnxGraph, type Attributes, type Value } from "./graph.js";

/** The graph and the weights of its layers. */
interface Net {
  readonly graph: OnnxGraph;
  readonly tensors: NamedTensors;
}

/** The two images that run through the network; no condition where nothing reads it any more. */
interface Images {
  readonly x: Value;
  readonly condition: Value | null;
}

/** Write the U-Net. `N` must be a multiple of 2^(levels − 1). */
export const unetGraph: ClassicGraph<UnetConfig> = (config, tensors) => {
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C } = config;
  const graph = new OnnxGraph("unet");
  const net: Net = { graph, tensors };
  const noisy = graph.input(CLASSIC_VALUES.noisy, "float", ["B", "N", P]);
  const step = graph.input(CLASSIC_VALUES.step, "float", ["B"]);
  const score = graph.input(CLASSIC_VALUES.score, "float", ["B", "N", S]);
  const perceptual = graph.input(CLASSIC_VALUES.perceptual, "float", ["B", "N", C]);
  const dropped = graph.input(CLASSIC_VALUES.dropped, "float", ["B"]);

  const spread = (image: Value, name: string): Value => {
    const filtered = convolution(net, graph.op("Unsqueeze", [image, graph.ints([1])]), `${name}_conv`, WIDE_KERNEL);
    return alongWidth(net, filtered, `${name}_fc`);
  };
  const signal = config.withTimeEmbedding ? stepLayers(net, config, step) : null;
  const given = config.scoreNormalization ? normalized(graph, score, config.scoreNormalization) : score;
  const condition = nullCondition(net, config, dropped, graph.op("Concat", [given, perceptual], { axis: 2 }));
  const x = levels(net, config, { x: spread(noisy, "init"), condition: spread(condition, "condition_init") }, signal);
  const image = alongWidth(net, convolution(net, x, "final_conv", 1), "final_fc"); // [B, 1, N, P]
  graph.output(CLASSIC_VALUES.prediction, graph.op("Squeeze", [image, graph.ints([1])]), ["B", "N", P]);
  return graph.finish();
};

/** The way down, the middle and the way up. */
function levels(net: Net, config: UnetConfig, first: Images, signal: Value | null): Value {
  const { graph } = net;
  const last = unetSizes(config).levels.length - 1;
  const onward = signal !== null;
  const kept: Images[] = [];
  let images = first;
  for (let i = 0; i <= last; i++) {
    images = block(net, `downs.${i}.0`, images, signal, true);
    images = block(net, `downs.${i}.1`, images, signal, true);
    images = { ...images, x: linearAttention(net, `downs.${i}.2`, images.x) };
    if (i > 0) kept.push(images);
    if (i < last) images = resample(net, "Conv", `downs.${i}`, images);
  }
  images = block(net, "mid_block1", images, signal, onward);
  images = { ...images, x: fullAttention(net, "mid_attn", images.x) };
  images = block(net, "mid_block2", images, signal, onward && last > 0);
  for (let i = 0; i < last; i++) {
    const beside = kept.pop()!;
    images = { ...images, x: graph.op("Concat", [images.x, beside.x, beside.condition!], { axis: 1 }) };
    images = block(net, `ups.${i}.0`, images, signal, onward);
    images = block(net, `ups.${i}.1`, images, signal, onward && i < last - 1);
    images = { ...images, x: linearAttention(net, `ups.${i}.2`, images.x) };
    images = resample(net, "ConvTranspose", `ups.${i}`, images);
  }
  return block(net, "final_block", images, null, false).x;
}

/** The residual block of `classic/unet-block.ts`. */
function block(net: Net, name: string, { x, condition }: Images, signal: Value | null, passesCondition: boolean): Images {
  const { graph, tensors } = net;
  let h = convolution(net, x, `${name}.ds_conv`, WIDE_KERNEL);
  const seen = condition !== null && (signal !== null || passesCondition) ? convolution(net, condition, `${name}.cond_ds_conv`, WIDE_KERNEL) : null;
  if (signal !== null && seen !== null) {
    const moved = graph.op("Unsqueeze", [linear(net, signal, `${name}.mlp.1`), graph.ints([2, 3])]); // [B, c, 1, 1]
    h = graph.op("Add", [graph.op("Add", [h, seen]), moved]);
  }
  const residual = `${name}.res_conv.weight` in tensors ? convolution(net, x, `${name}.res_conv`, 1) : x;
  return {
    x: graph.op("Add", [convNext(net, h, `${name}.net`), residual]),
    condition: passesCondition && seen !== null ? convNext(net, seen, `${name}.cond_net`) : null,
  };
}

/** Norm, filter, GELU, norm, filter. */
function convNext(net: Net, x: Value, name: string): Value {
  const wide = convolution(net, norm(net, x, `${name}.0`), `${name}.1`, BLOCK_KERNEL);
  return convolution(net, norm(net, gelu(net, wide), `${name}.3`), `${name}.4`, BLOCK_KERNEL);
}

/** softmax(q) · (softmax(k)ᵀ v), channels of a head before pixels. */
function linearAttention(net: Net, name: string, x: Value): Value {
  const { graph } = net;
  const [q, k, v] = queriesKeysValues(net, name, x);
  const context = graph.op("MatMul", [v, transposed(graph, graph.op("Softmax", [k], { axis: 3 }))]); // [B, heads, 32 of v, 32 of k]
  const queries = graph.op("Mul", [graph.op("Softmax", [q], { axis: 2 }), graph.floats([HEAD_CHANNELS ** -0.5], [])]);
  const merged = mergeHeads(graph, graph.op("MatMul", [context, queries]), x);
  const out = norm(net, convolution(net, merged, `${name}.fn.fn.to_out.0`, 1), `${name}.fn.fn.to_out.1`);
  return graph.op("Add", [out, x]);
}

/** softmax(q kᵀ) v. */
function fullAttention(net: Net, name: string, x: Value): Value {
  const { graph } = net;
  const [q, k, v] = queriesKeysValues(net, name, x);
  const similarity = graph.op("Mul", [graph.op("MatMul", [transposed(graph, q), k]), graph.floats([HEAD_CHANNELS ** -0.5], [])]);
  const found = graph.op("MatMul", [graph.op("Softmax", [similarity], { axis: 3 }), transposed(graph, v)]); // [B, heads, n, 32]
  const out = convolution(net, mergeHeads(graph, transposed(graph, found), x), `${name}.fn.fn.to_out`, 1);
  return graph.op("Add", [out, x]);
}

/** Each `[B, heads, 32, n]`. */
function queriesKeysValues(net: Net, name: string, x: Value): readonly Value[] {
  const { graph } = net;
  const qkv = convolution(net, norm(net, x, `${name}.fn.norm`), `${name}.fn.fn.to_qkv`, 1);
  const heads = graph.op("Reshape", [qkv, graph.ints([0, 3 * ATTENTION_HEADS, HEAD_CHANNELS, -1])]);
  return graph.ops("Split", [heads], 3, { axis: 1 });
}

/** `[B, heads, 32, n]` → `[B, 128, N, W]`, the sizes those of `like`. */
function mergeHeads(graph: OnnxGraph, heads: Value, like: Value): Value {
  const sizes = graph.op("Slice", [graph.op("Shape", [like]), graph.ints([2]), graph.ints([4])]);
  const shape = graph.op("Concat", [graph.ints([0, ATTENTION_HEADS * HEAD_CHANNELS]), sizes], { axis: 0 });
  return graph.op("Reshape", [heads, shape]);
}

function transposed(graph: OnnxGraph, x: Value): Value {
  return graph.op("Transpose", [x], { perm: [0, 1, 3, 2] });
}

/** Half (`Conv`) or twice (`ConvTranspose`) the notes and the width of both images. */
function resample(net: Net, type: "Conv" | "ConvTranspose", name: string, { x, condition }: Images): Images {
  const of = (image: Value, i: number): Value =>
    filter(net, type, image, `${name}.${i}`, { kernel_shape: [RESAMPLING_KERNEL, RESAMPLING_KERNEL], strides: [2, 2], pads: [1, 1, 1, 1] });
  return { x: of(x, 3), condition: condition === null ? null : of(condition, 4) };
}

/** A filter that keeps the size; of each channel by itself where the weights say so. */
function convolution(net: Net, x: Value, name: string, taps: number): Value {
  const [outputs, inputs] = net.tensors[`${name}.weight`].shape;
  const reach = (taps - 1) / 2;
  const depthwise = name.endsWith("ds_conv") && inputs === 1;
  return filter(net, "Conv", x, name, { kernel_shape: [taps, taps], pads: [reach, reach, reach, reach], group: depthwise ? outputs : 1 });
}

function filter({ graph, tensors }: Net, type: string, x: Value, name: string, attributes: Attributes): Value {
  const weight = tensors[`${name}.weight`];
  const bias = tensors[`${name}.bias`];
  const inputs = [x, graph.weight(`${name}.weight`, weight.data, weight.shape)];
  if (bias) inputs.push(graph.weight(`${name}.bias`, bias.data, bias.shape));
  return graph.op(type, inputs, attributes);
}

/** Group normalization with one group: that of one instance over all values, then a weight and a bias per channel. */
function norm({ graph, tensors }: Net, x: Value, name: string): Value {
  const flat = graph.op("Reshape", [x, graph.ints([0, 1, -1])]);
  const normal = graph.op("InstanceNormalization", [flat, graph.floats([1]), graph.floats([0])]); // epsilon 1e-5 by default
  const image = graph.op("Reshape", [normal, graph.op("Shape", [x])]);
  const perChannel = (part: "weight" | "bias"): Value => {
    const { data } = tensors[`${name}.${part}`];
    return graph.weight(`${name}.${part}`, data, [data.length, 1, 1]);
  };
  return graph.op("Add", [graph.op("Mul", [image, perChannel("weight")]), perChannel("bias")]);
}

/** x·Φ(x). */
function gelu({ graph }: Net, x: Value): Value {
  const erf = graph.op("Erf", [graph.op("Mul", [x, graph.floats([Math.SQRT1_2], [])])]);
  const share = graph.op("Mul", [graph.op("Add", [erf, graph.floats([1], [])]), graph.floats([0.5], [])]);
  return graph.op("Mul", [x, share]);
}

/** `x·Wᵀ + b` of rows. */
function linear({ graph, tensors }: Net, x: Value, name: string): Value {
  const [weight, bias] = [tensors[`${name}.weight`], tensors[`${name}.bias`]];
  return graph.op("Gemm", [x, graph.weight(`${name}.weight`, weight.data, weight.shape), graph.weight(`${name}.bias`, bias.data, bias.shape)], { transB: 1 });
}

/** A linear layer along the width: `[B, c, N, W]` → `[B, c, N, outputs]`. */
function alongWidth({ graph, tensors }: Net, x: Value, name: string): Value {
  const [weight, bias] = [tensors[`${name}.weight`], tensors[`${name}.bias`]];
  const matrix = graph.op("Transpose", [graph.weight(`${name}.weight`, weight.data, weight.shape)], { perm: [1, 0] });
  return graph.op("Add", [graph.op("MatMul", [x, matrix]), graph.weight(`${name}.bias`, bias.data, bias.shape)]);
}

/** The step's sines and cosines, linear, GELU, linear, GELU: `[B]` → `[B, 4·dim]`. */
function stepLayers(net: Net, { dim }: UnetConfig, step: Value): Value {
  const { graph } = net;
  const angles = graph.op("Mul", [graph.op("Unsqueeze", [step, graph.ints([1])]), graph.floats([...stepFrequencies(dim)], [1, dim / 2])]);
  const embedding = graph.op("Concat", [graph.op("Sin", [angles]), graph.op("Cos", [angles])], { axis: 1 });
  return gelu(net, linear(net, gelu(net, linear(net, embedding, "time_mlp.1")), "time_mlp.3"));
}

/** −1, or the learned condition, where the condition is dropped. */
function nullCondition({ graph, tensors }: Net, config: UnetConfig, dropped: Value, condition: Value): Value {
  const isDropped = graph.op("Greater", [graph.op("Unsqueeze", [dropped, graph.ints([1, 2])]), graph.floats([0], [])]); // [B, 1, 1]
  if (config.condition !== "trainable_score") return graph.op("Where", [isDropped, graph.floats([-1], []), condition]);
  const { data, shape: [columns, notes] } = tensors[TRAINABLE_CONDITION];
  const learned = graph.op("Transpose", [graph.weight(TRAINABLE_CONDITION, data, [1, columns, notes])], { perm: [0, 2, 1] });
  return graph.op("Where", [isDropped, learned, condition]);
}
