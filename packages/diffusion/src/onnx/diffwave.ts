/**
 * @file DiffWave as an ONNX model: the network of `classic/diffwave.ts`, with
 * the normalization of its score features and the table of its steps inside.
 *
 * Channels lie second, `[B, H, 1, N]`: convolutions over images of height 1 are
 * ONNX Runtime's fastest.
 */
import type { NamedTensors } from "../base/layout.js";
import type { DiffWaveConfig, MinMaxConfig } from "../classic/config.js";
import { layerDilation, layerName, TRAINABLE_SCORE } from "../classic/diffwave-layout.js";
import { EMBEDDING_NAME, EMBEDDING_WIDTH, stepEmbeddingTable } from "../classic/step-embedding.js";
import { CLASSIC_VALUES, readsPerceptual, type ClassicGraph } from "./classic-graph.js";
import { OnnxGraph, type Value } from "./graph.js";

/** The graph and the weights of its layers. */
interface Net {
  readonly graph: OnnxGraph;
  readonly tensors: NamedTensors;
}

/** Write DiffWave. */
export const diffWaveGraph: ClassicGraph<DiffWaveConfig> = (config, tensors) => {
  const { parameters: P, scoreFeatures: S, perceptualFeatures: C, residualLayers: L } = config;
  const graph = new OnnxGraph("diffwave");
  const net: Net = { graph, tensors };
  const noisy = graph.input(CLASSIC_VALUES.noisy, "float", ["B", "N", P]);
  const step = graph.input(CLASSIC_VALUES.step, "float", ["B"]);
  const score = graph.input(CLASSIC_VALUES.score, "float", ["B", "N", S]);
  const perceptual = readsPerceptual(config) ? graph.input(CLASSIC_VALUES.perceptual, "float", ["B", "N", C]) : null;
  const dropped = graph.input(CLASSIC_VALUES.dropped, "float", ["B"]);
  const isDropped = graph.op("Greater", [graph.op("Unsqueeze", [dropped, graph.ints([1, 2])]), graph.floats([0], [])]); // [B, 1, 1]

  const condition = toImage(graph, nullCondition(net, config, isDropped, normalized(graph, score, config.normalization)));
  const film = perceptual && toImage(graph, graph.op("Where", [isDropped, graph.floats([0], []), perceptual]));
  const embedded = stepLayers(net, config, step);

  let x = graph.op("Relu", [convolution(net, toImage(graph, noisy), "input_projection")]);
  let skips: Value | null = null;
  for (let i = 0; i < L; i++) {
    const name = layerName(i);
    const added = graph.op("Unsqueeze", [linear(net, embedded, `${name}.diffusion_projection`), graph.ints([2, 3])]); // [B, H, 1, 1]
    let y = graph.op("Add", [x, added]);
    if (film) {
      const [scale, shift] = halves(graph, convolution(net, film, `${name}.film_projection`));
      y = graph.op("Add", [graph.op("Mul", [y, graph.op("Add", [scale, graph.floats([1], [])])]), shift]);
    }
    const both = graph.op("Add", [
      convolution(net, y, `${name}.dilated_conv`, layerDilation(config, i)),
      convolution(net, condition, `${name}.conditioner_projection`),
    ]);
    const [gate, value] = halves(graph, both);
    const gated = graph.op("Mul", [graph.op("Sigmoid", [gate]), graph.op("Tanh", [value])]);
    const [residual, skip] = halves(graph, convolution(net, gated, `${name}.output_projection`));
    skips = skips === null ? skip : graph.op("Add", [skips, skip]);
    if (i < L - 1) x = graph.op("Mul", [graph.op("Add", [x, residual]), graph.floats([Math.SQRT1_2], [])]);
  }
  const hidden = graph.op("Mul", [skips!, graph.floats([1 / Math.sqrt(L)], [])]);
  const head = graph.op("Relu", [convolution(net, hidden, "skip_projection")]);
  const output = graph.op("Squeeze", [convolution(net, head, "output_projection"), graph.ints([2])]); // [B, P, N]
  graph.output(CLASSIC_VALUES.prediction, graph.op("Transpose", [output], { perm: [0, 2, 1] }), ["B", "N", P]);
  return graph.finish();
};

/** `[B, N, c]` → `[B, c, 1, N]`. */
function toImage(graph: OnnxGraph, rows: Value): Value {
  return graph.op("Unsqueeze", [graph.op("Transpose", [rows], { perm: [0, 2, 1] }), graph.ints([2])]);
}

/** The first and the second half of the channels. */
function halves(graph: OnnxGraph, x: Value): readonly [Value, Value] {
  const [first, second] = graph.ops("Split", [x], 2, { axis: 1 });
  return [first, second];
}

/** A convolution over the notes with PyTorch's weights `[out, in, taps]`, as one over an image of height 1. */
function convolution({ graph, tensors }: Net, x: Value, name: string, dilation = 1): Value {
  const { shape: [outputs, inputs, taps], data } = tensors[`${name}.weight`];
  const reach = ((taps - 1) / 2) * dilation;
  const weight = graph.weight(`${name}.weight`, data, [outputs, inputs, 1, taps]);
  const bias = tensors[`${name}.bias`];
  return graph.op("Conv", [x, weight, ...(bias ? [graph.weight(`${name}.bias`, bias.data, [outputs])] : [])], {
    kernel_shape: [1, taps], dilations: [1, dilation], pads: [0, reach, 0, reach],
  });
}

/** `x·Wᵀ + b`. */
function linear({ graph, tensors }: Net, x: Value, name: string): Value {
  const { shape, data } = tensors[`${name}.weight`];
  const bias = tensors[`${name}.bias`].data;
  return graph.op("Gemm", [x, graph.weight(`${name}.weight`, data, shape), graph.weight(`${name}.bias`, bias, [bias.length])], { transB: 1 });
}

/** The step's row of the table, interpolated between two, through two layers with SiLU: `[B]` → `[B, 512]`. */
function stepLayers(net: Net, config: DiffWaveConfig, step: Value): Value {
  const { graph, tensors } = net;
  const data = tensors[EMBEDDING_NAME]?.data ?? stepEmbeddingTable(config.diffusionSteps);
  const table = graph.weight(EMBEDDING_NAME, data, [data.length / EMBEDDING_WIDTH, EMBEDDING_WIDTH]);
  const floor = graph.op("Floor", [step]);
  const row = (at: Value): Value => graph.op("Gather", [table, graph.op("Cast", [at], { to: INT64 })], { axis: 0 });
  const before = row(floor);
  const share = graph.op("Unsqueeze", [graph.op("Sub", [step, floor]), graph.ints([1])]);
  const embedding = graph.op("Add", [before, graph.op("Mul", [share, graph.op("Sub", [row(graph.op("Ceil", [step])), before])])]);
  const silu = (x: Value): Value => graph.op("Mul", [x, graph.op("Sigmoid", [x])]);
  return silu(linear(net, silu(linear(net, embedding, "diffusion_embedding.projection1")), "diffusion_embedding.projection2"));
}

/** ONNX' number of the type int64. */
const INT64 = 7;

/** Min–max normalization of `[B, N, S]`; what is constant becomes the lower end. */
export function normalized(graph: OnnxGraph, score: Value, { low, high, mode }: MinMaxConfig): Value {
  const axes = { rowwise: [1], framewise: [2], imagewise: [1, 2] }[mode];
  const least = graph.op("ReduceMin", [score], { axes, keepdims: 1 });
  const width = graph.op("Sub", [graph.op("ReduceMax", [score], { axes, keepdims: 1 }), least]);
  // 0 / 1 where nothing varies.
  const divisor = graph.op("Where", [graph.op("Greater", [width, graph.floats([0], [])]), width, graph.floats([1], [])]);
  const share = graph.op("Div", [graph.op("Sub", [score, least]), divisor]);
  if (low === 0 && high === 1) return share;
  return graph.op("Add", [graph.op("Mul", [share, graph.floats([high - low], [])]), graph.floats([low], [])]);
}

/** −1, or the learned condition, where the condition is dropped. */
function nullCondition({ graph, tensors }: Net, config: DiffWaveConfig, isDropped: Value, condition: Value): Value {
  if (config.condition !== "trainable_score") return graph.op("Where", [isDropped, graph.floats([-1], []), condition]);
  const { data, shape: [S, N] } = tensors[TRAINABLE_SCORE];
  const learned = graph.op("Transpose", [graph.weight(TRAINABLE_SCORE, data, [1, S, N])], { perm: [0, 2, 1] });
  return graph.op("Where", [isDropped, learned, condition]);
}
