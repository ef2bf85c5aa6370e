/**
 * @file Norms of an encoder folded into the layers behind them: the same function with fewer multiplications, and weights that
 * are stored as they are computed with.
 */
import type { NamedTensor, NamedTensors } from "../base/layout.js";
import type { TensorSpec } from "./config.js";

/**
 * An encoder's tensors with every norm 1.
 *
 * @param specs - its tensors, named without the encoder's name: ".input.weight" …
 * @param tensorOf - a tensor by that name
 */
export function foldedNorms(specs: readonly TensorSpec[], tensorOf: (name: string) => NamedTensor): NamedTensors {
  const folded: Record<string, NamedTensor> = {};
  for (const { name, shape } of specs) {
    const { data } = tensorOf(name);
    const norm = normBefore(name);
    if (name.endsWith("norm.weight")) folded[name] = { shape, data: new Float32Array(data.length).fill(1) };
    else if (norm === null) folded[name] = { shape, data };
    else folded[name] = { shape, data: timesInputs(data, tensorOf(norm).data, shape) };
  }
  return folded;
}

/** A layer's weights `[out, in(, taps)]`, each times its input's norm. */
function timesInputs(weight: Float32Array, norm: Float32Array, [, inputs, taps = 1]: readonly number[]): Float32Array {
  return weight.map((value, i) => value * norm[Math.floor(i / taps) % inputs]);
}

/** The norm that a layer's input went through, if any. */
function normBefore(name: string): string | null {
  if (name === ".head.weight") return ".norm.weight";
  const block = /^(\.blocks\.\d+)\.(conv|onset)\.weight$/.exec(name);
  return block ? `${block[1]}.norm.weight` : null;
}
