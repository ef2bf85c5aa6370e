/**
 * @file The mean of an ensemble's encoders as ONNX operators. Encoders of one shape are computed side by side: as many nodes as for one.
 */
import type { NamedTensor, NamedTensors } from "../base/layout.js";
import { encoderTensors, memberName, TARGET_NAMES, type StackConfig } from "../model/config.js";
import { foldedNorms } from "../model/folded-norms.js";
import type { Value } from "./graph.js";
import { blocks, headLayers, inputLayers, shapeOfNotes, type NetworkGraph } from "./stack.js";

const P = TARGET_NAMES.length;

/** Mean prediction `[B, N, 6]` of features `[B, N, C]`. */
export function ensembleMean(net: NetworkGraph, features: Value, columns: number, ensemble: readonly StackConfig[]): Value {
  const { graph } = net;
  const alike = new Map<string, number[]>();
  ensemble.forEach((stack, k) => {
    const shape = JSON.stringify([stack.hidden, stack.kernel, stack.dilations]);
    alike.set(shape, [...(alike.get(shape) ?? []), k]);
  });
  const sums = [...alike.values()].map((members) => {
    const name = `ensemble.of.${members[0]}`;
    const stack = ensemble[members[0]];
    const side: NetworkGraph = { ...net, members: members.length, weights: sideBySide(net.weights, columns, stack, members, name) };
    const first = graph.op("Expand", [graph.op("Unsqueeze", [features, graph.ints([0])]), graph.ints([members.length, 1, 1, 1])]);
    const x = graph.op("Reshape", [first, shapeOfNotes(side, [-1], columns)]); // [members·B, N, C]
    const { prediction } = headLayers(side, blocks(side, inputLayers(side, x, name), name, stack, (h) => h), name);
    const apart = graph.op("Reshape", [prediction, shapeOfNotes(side, [members.length, -1], P)]);
    const mean = graph.op("ReduceMean", [apart], { axes: [0], keepdims: 0 });
    return graph.op("Mul", [mean, graph.floats([members.length / ensemble.length], [])]);
  });
  return sums.reduce((a, b) => graph.op("Add", [a, b]));
}

/** Tensors of members one after the other, an axis more before the others; norms go into the layers behind them. */
function sideBySide(weights: NamedTensors, columns: number, stack: StackConfig, members: readonly number[], as: string): NamedTensors {
  const specs = encoderTensors(columns, stack, "");
  const folded = members.map((k) => foldedNorms(specs, (name) => weights[memberName(k) + name]));
  const joined: Record<string, NamedTensor> = {};
  for (const { name, shape } of specs) {
    if (name.endsWith("norm.weight")) continue;
    const size = folded[0][name].data.length;
    const data = new Float32Array(members.length * size);
    folded.forEach((tensors, m) => data.set(tensors[name].data, m * size));
    joined[as + name] = { shape: [members.length, ...shape], data };
  }
  return joined;
}
