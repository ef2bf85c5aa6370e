/**
 * @file The stack of gated residual blocks that encoder and denoiser share, as
 * ONNX operators (the same network as `base/network.ts`, which trains it).
 *
 * Values are `[B, N, channels]`: a dilated convolution is the notes at its taps
 * side by side times one matrix, which ONNX Runtime's WASM build runs a little
 * faster than a Conv, and an onset's mean moves whole rows.
 */
import type { NamedTensors } from "../base/layout.js";
import { NORM_EPSILON, ONSET_CHANNELS, seesOnset, type StackConfig } from "../model/config.js";
import type { OnnxGraph, Value } from "./graph.js";

/** Slice to the end. */
const END = 2 ** 31 - 1;

/** Names of the graph's inputs that tell which notes share an onset. */
export const ONSET_INPUTS = { ofNote: "onset_of_note", inverseCount: "onset_inverse_count" } as const;

/** What every layer needs: the graph, the weights, and the notes of each onset. */
export interface NetworkGraph {
  /** The graph under construction. */
  readonly graph: OnnxGraph;
  /** Weights by PyTorch's names. */
  readonly weights: NamedTensors;
  /** Onset number per note, int64 `[N, 1]`. */
  readonly onsetOfNote: Value;
  /** One over the number of notes per onset, `[M, 1, 1]`. */
  readonly inverseCount: Value;
  /**
   * Networks of one shape that are computed side by side, where there is more than one: examples of the first come first, weights have an axis
   * more before the others, and norms have none. ONNX Runtime takes .3 ms a node to begin on WASM, whatever the node computes.
   */
  readonly members?: number;
  /** Shapes that were written already (see {@link shapeOfNotes}). */
  readonly shapes: Map<string, Value>;
}

/** Begin a network over notes that share onsets. */
export function networkGraph(graph: OnnxGraph, weights: NamedTensors): NetworkGraph {
  const onsetOfNote = graph.input(ONSET_INPUTS.ofNote, "int64", ["N", 1]);
  const inverseCount = graph.input(ONSET_INPUTS.inverseCount, "float", ["M", 1, 1]);
  return { graph, weights, onsetOfNote, inverseCount, shapes: new Map() };
}

/** `W x + b`, `b` where there is one. PyTorch's `[out, in(, taps)]` becomes `[taps·in, out]`. */
export function linear(net: NetworkGraph, x: Value, name: string): Value {
  const { graph, weights, members } = net;
  const { shape, data } = weights[`${name}.weight`];
  const [outputs, inputs, taps = 1] = members ? shape.slice(1) : shape;
  const matrix = new Float32Array(data.length);
  const size = outputs * inputs * taps;
  for (let begin = 0, at = 0; begin < data.length; begin += size) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        for (let tap = 0; tap < taps; tap++) matrix[begin + (tap * inputs + i) * outputs + o] = data[at++];
      }
    }
  }
  if (members) {
    const rows = graph.op("Reshape", [x, graph.ints([members, -1, taps * inputs])]); // [members·B, N, in] → [members, B·N, in]
    const product = graph.op("MatMul", [rows, graph.weight(`${name}.weight`, matrix, [members, taps * inputs, outputs])]);
    const sum = graph.op("Add", [product, graph.weight(`${name}.bias`, weights[`${name}.bias`]?.data ?? new Float32Array(members * outputs), [members, 1, outputs])]);
    return graph.op("Reshape", [sum, shapeOfNotes(net, [-1], outputs)]);
  }
  const product = graph.op("MatMul", [x, graph.weight(`${name}.weight`, matrix, [taps * inputs, outputs])]);
  return `${name}.bias` in weights ? graph.op("Add", [product, vector(net, `${name}.bias`)]) : product;
}

/** A shape `[…before, N, channels]`; each is written once. */
export function shapeOfNotes({ graph, onsetOfNote, shapes }: NetworkGraph, before: readonly number[], channels: number): Value {
  const once = (name: string, write: () => Value): Value => {
    const value = shapes.get(name) ?? write();
    shapes.set(name, value);
    return value;
  };
  const notes = once("N", () => graph.op("Slice", [graph.op("Shape", [onsetOfNote]), graph.ints([0]), graph.ints([1])]));
  return once(`${before.join()},N,${channels}`, () => graph.op("Concat", [graph.ints(before), notes, graph.ints([channels])], { axis: 0 }));
}

/** A stored vector, `[channels]`. */
export function vector({ graph, weights }: NetworkGraph, name: string): Value {
  return graph.weight(name, weights[name].data, [weights[name].data.length]);
}

/** GELU, tanh approximation, as x·σ(2√(2/π)(x + 0.044715 x³)) (Hendrycks & Gimpel, 2016). */
export function gelu({ graph }: NetworkGraph, x: Value): Value {
  const slope = 2 * Math.sqrt(2 / Math.PI);
  const scale = graph.op("Add", [graph.op("Mul", [graph.op("Mul", [x, x]), graph.floats([0.044715 * slope], [])]), graph.floats([slope], [])]);
  return graph.op("Mul", [x, graph.op("Sigmoid", [graph.op("Mul", [x, scale])])]);
}

/** Divide by the root mean square over the channels, times a weight per channel where there is one (Zhang & Sennrich, 2019). */
export function rmsNorm(net: NetworkGraph, x: Value, name: string): Value {
  const { graph } = net;
  const meanSquare = graph.op("ReduceMean", [graph.op("Pow", [x, graph.floats([2], [])])], { axes: [-1], keepdims: 1 });
  const root = graph.op("Sqrt", [graph.op("Add", [meanSquare, graph.floats([NORM_EPSILON], [])])]);
  const norm = graph.op("Div", [x, root]);
  return name in net.weights ? graph.op("Mul", [norm, vector(net, name)]) : norm;
}

/** Mean over the notes of each onset: `[B, N, channels]` → `[M, B, channels]`. */
export function onsetMean({ graph, onsetOfNote, inverseCount }: NetworkGraph, x: Value): Value {
  const rows = graph.op("Transpose", [x], { perm: [1, 0, 2] }); // [B, N, c] → [N, B, c]
  const onsets = graph.op("Slice", [graph.op("Shape", [inverseCount]), graph.ints([0]), graph.ints([1])]);
  const rest = graph.op("Slice", [graph.op("Shape", [rows]), graph.ints([1]), graph.ints([END])]);
  const zeros = graph.op("Expand", [graph.floats([0], [1]), graph.op("Concat", [onsets, rest], { axis: 0 })]);
  const sums = graph.op("ScatterND", [zeros, onsetOfNote, rows], { reduction: "add" });
  return graph.op("Mul", [sums, inverseCount]);
}

/** Give every note its onset's row: `[M, B, channels]` → `[B, N, channels]`. */
export function toNotes({ graph, onsetOfNote }: NetworkGraph, onsets: Value): Value {
  const index = graph.op("Squeeze", [onsetOfNote, graph.ints([1])]);
  return graph.op("Transpose", [graph.op("Gather", [onsets, index], { axis: 0 })], { perm: [1, 0, 2] });
}

/** Two layers in: linear, GELU, linear. */
export function inputLayers(net: NetworkGraph, x: Value, name: string): Value {
  return linear(net, gelu(net, linear(net, x, `${name}.input`)), `${name}.project`);
}

/**
 * The residual blocks.
 *
 * @param condition - changes a block's normalized input (time, score), or leaves it
 */
export function blocks(net: NetworkGraph, input: Value, name: string, stack: StackConfig, condition: (h: Value, block: string) => Value): Value {
  const { graph } = net;
  let x = input;
  for (let i = 0; i < stack.blocks; i++) {
    const block = `${name}.blocks.${i}`;
    const h = condition(rmsNorm(net, x, `${block}.norm.weight`), block);
    let y = linear(net, neighbours(graph, h, stack.kernel, stack.dilations[i]), `${block}.conv`);
    if (seesOnset(i)) y = graph.op("Add", [y, onsetLayer(net, h, `${block}.onset`)]);
    const [value, gate] = halves(graph, y, stack.hidden);
    const gated = graph.op("Mul", [value, graph.op("Sigmoid", [gate])]);
    x = graph.op("Add", [x, linear(net, gated, `${block}.out`)]);
  }
  return x;
}

/** A layer on the mean over the notes of each onset, for every note. Side by side, notes come first: members are among their examples. */
function onsetLayer(net: NetworkGraph, h: Value, name: string): Value {
  const mean = onsetMean(net, h);
  return net.members ? linear(net, toNotes(net, mean), name) : toNotes(net, linear(net, mean, name));
}

/** Norm and head. Channels that belong to the onset are averaged over its notes. */
export function headLayers(net: NetworkGraph, x: Value, name: string): { readonly hidden: Value; readonly prediction: Value } {
  const { graph } = net;
  const hidden = rmsNorm(net, x, `${name}.norm.weight`);
  const perNote = linear(net, hidden, `${name}.head`);
  const perOnset = toNotes(net, onsetMean(net, perNote));
  const kept = graph.op("Mul", [perNote, graph.floats(ONSET_CHANNELS.map((shared) => 1 - shared))]);
  const shared = graph.op("Mul", [perOnset, graph.floats(ONSET_CHANNELS)]);
  return { hidden, prediction: graph.op("Add", [kept, shared]) };
}

/** The first and the last `width` channels. */
export function halves(graph: OnnxGraph, x: Value, width: number): [Value, Value] {
  const part = (from: number): Value => graph.op("Slice", [x, graph.ints([from]), graph.ints([from + width]), graph.ints([2])]);
  return [part(0), part(width)];
}

/** The notes under a dilated filter side by side, zeros beyond the ends: `[B, N, c]` → `[B, N, taps·c]`. */
function neighbours(graph: OnnxGraph, h: Value, taps: number, dilation: number): Value {
  const reach = ((taps - 1) / 2) * dilation;
  if (reach === 0) return h;
  const padded = graph.op("Pad", [h, graph.ints([0, reach, 0, 0, reach, 0])]);
  const shifted = Array.from({ length: taps }, (_, tap) => {
    const from = tap * dilation;
    const to = tap === taps - 1 ? END : from - 2 * reach;
    return from === reach ? h : graph.op("Slice", [padded, graph.ints([from]), graph.ints([to]), graph.ints([1])]);
  });
  return graph.op("Concat", shifted, { axis: 2 });
}
