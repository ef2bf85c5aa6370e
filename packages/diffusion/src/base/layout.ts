/**
 * @file Where a network's weights lie in ONE flat vector, and how they become
 * the tensors of a checkpoint and back.
 *
 * In the vector every matrix lies as the engine multiplies it: `[in, out]`, a
 * convolution as `[kernel·in, out]` with the weights of the onset's mean below
 * it. In a checkpoint they lie as in PyTorch.
 */
import { ShapeError } from "@dexter/codec";
import { denoiserTensors, encoderTensors, type StackConfig, type TensorSpec } from "../model/config.js";
import type { RandomStream } from "./random-stream.js";

/** A tensor of a checkpoint. */
export interface NamedTensor {
  /** PyTorch's shape. */
  readonly shape: readonly number[];
  /** Row-major values. */
  readonly data: Float32Array;
}

/** Tensors by name, as in a PyTorch state dict. */
export type NamedTensors = Readonly<Record<string, NamedTensor>>;

/** A matrix or vector of the flat vector. */
export interface Slot {
  /** First element in the vector. */
  readonly offset: number;
  /** 1 for a bias, a norm's weight or the null condition. */
  readonly rows: number;
  /** Outputs. */
  readonly columns: number;
}

/** A tensor of the checkpoint, placed in the vector. */
export interface PlacedTensor extends TensorSpec {
  /** First element in the vector. */
  readonly offset: number;
}

/** The plan of a network's flat vector. */
export interface Layout {
  /** Length of the vector. */
  readonly size: number;
  /** Slots by tensor name; the onset's weights are part of their convolution's slot. */
  readonly slots: ReadonlyMap<string, Slot>;
  /** The checkpoint's tensors, and where each begins in the vector. */
  readonly tensors: readonly PlacedTensor[];
}

/** Plan of the encoder over `features` input columns. */
export function encoderLayout(features: number, stack: StackConfig): Layout {
  return planLayout(encoderTensors(features, stack));
}

/** Plan of the denoiser over an encoder of `encoderHidden` channels, with `controls` controls. */
export function denoiserLayout(encoderHidden: number, stack: StackConfig, controls = 0): Layout {
  return planLayout(denoiserTensors(encoderHidden, stack, controls));
}

/** Plan of any tensors, in their order. */
export function planLayout(specs: readonly TensorSpec[]): Layout {
  const slots = new Map<string, Slot>();
  const tensors: (TensorSpec & { offset: number })[] = [];
  const onsetOf = new Map(specs.filter((s) => s.name.endsWith(".onset.weight")).map((s) => [s.name.replace(".onset.", ".conv."), s]));
  let offset = 0;
  for (const spec of specs) {
    if (spec.name.endsWith(".onset.weight")) continue; // lies below its convolution
    const [rows, columns] = matrixShape(spec.shape);
    const onset = onsetOf.get(spec.name);
    slots.set(spec.name, { offset, rows: rows + (onset ? onset.shape[1] : 0), columns });
    tensors.push({ ...spec, offset });
    offset += rows * columns;
    if (onset) {
      tensors.push({ ...onset, offset });
      offset += onset.shape[0] * onset.shape[1];
    }
  }
  return { size: offset, slots, tensors };
}

/** `[rows, columns]` in the vector of a tensor of PyTorch's shape. */
function matrixShape(shape: readonly number[]): [number, number] {
  const rows = shape.slice(1).reduce((a, b) => a * b, 1);
  return [rows, shape[0]];
}

/** The vector's values as the tensors of a checkpoint. */
export function toTensors(layout: Layout, vector: Float32Array): NamedTensors {
  const tensors: Record<string, NamedTensor> = {};
  for (const { name, shape, offset } of layout.tensors) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    copy(shape, (stored, flat) => (data[stored] = vector[offset + flat]));
    tensors[name] = { shape, data };
  }
  return tensors;
}

/**
 * The tensors of a checkpoint as one vector.
 *
 * @throws ShapeError when a tensor is missing or has another shape
 */
export function fromTensors(layout: Layout, tensors: NamedTensors): Float32Array {
  const vector = new Float32Array(layout.size);
  for (const { name, shape, offset } of layout.tensors) {
    const tensor = tensors[name];
    if (!tensor || tensor.shape.join() !== shape.join()) {
      throw new ShapeError(`checkpoint: tensor ${name} must be [${shape.join(", ")}], got ${tensor ? `[${tensor.shape.join(", ")}]` : "none"}.`);
    }
    copy(shape, (stored, flat) => (vector[offset + flat] = tensor.data[stored]));
  }
  return vector;
}

function copy(shape: readonly number[], each: (stored: number, flat: number) => void): void {
  const [out, inputs = 1, ...window] = shape;
  const kernel = window.reduce((a, b) => a * b, 1);
  let stored = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < kernel; k++) each(stored++, (k * inputs + i) * out + o);
    }
  }
}

/** 1 where weight decay applies: matrices; 0 for biases, norms and the null condition. */
export function decayMask(layout: Layout): Uint8Array {
  const mask = new Uint8Array(layout.size);
  for (const { rows, columns, offset } of layout.slots.values()) {
    if (rows > 1) mask.fill(1, offset, offset + rows * columns);
  }
  return mask;
}

/**
 * Fresh weights: uniform in ±1/√inputs as PyTorch's Linear and Conv1d, norms at
 * 1, each block's output at 0 so that the stack begins as the identity.
 */
export function initialize(layout: Layout, random: RandomStream): Float32Array {
  const vector = new Float32Array(layout.size);
  let bound = 0;
  for (const { name, shape, offset } of layout.tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (shape.length > 1) bound = 1 / Math.sqrt(size / shape[0]);
    const part = vector.subarray(offset, offset + size);
    if (name.endsWith("norm.weight")) part.fill(1);
    else if (/\.out\.|\.null$/.test(name)) part.fill(0);
    else for (let i = 0; i < size; i++) part[i] = (2 * random.uniform() - 1) * bound;
  }
  return vector;
}
