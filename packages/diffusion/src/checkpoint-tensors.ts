/**
 * @file A checkpoint's weights in `model.safetensors`: exactly the tensors that
 * its configuration speaks of, finite, in the shapes that it says.
 */
import type { NamedTensor, NamedTensors } from "./base/layout.js";
import { CheckpointError } from "./errors.js";
import type { TensorSpec } from "./model/config.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";

/** A checkpoint's weights as they were stored. */
export interface StoredTensors {
  /** Float32 values by name. */
  readonly weights: NamedTensors;
  /** Whether all of them were stored as 16-bit floats. */
  readonly half: boolean;
}

/**
 * Read a checkpoint's weights.
 *
 * @param content - the safetensors file
 * @param specs - tensors that must be there
 * @param options.file - its name, for messages
 * @param options.optional - tensors that may be there
 * @throws CheckpointError when a tensor is missing, foreign, misshapen or not finite
 */
export function readTensors(
  content: Uint8Array, specs: readonly TensorSpec[], options: { readonly file: string; readonly optional?: readonly TensorSpec[] },
): StoredTensors {
  const { file, optional = [] } = options;
  const { tensors } = readSafetensors(content, { file });
  const missing = specs.filter(({ name }) => !tensors.has(name));
  if (missing.length > 0) {
    throw new CheckpointError(file, `lacks ${missing.length} of ${specs.length} tensors of config.json, the first "${missing[0].name}": they belong to different models.`);
  }
  const known = [...specs, ...optional.filter(({ name }) => tensors.has(name))];
  const expected = new Set(known.map(({ name }) => name));
  const foreign = [...tensors.keys()].find((name) => !expected.has(name));
  if (foreign !== undefined) throw new CheckpointError(file, `has a tensor "${foreign.slice(0, 80)}" that config.json does not know.`);
  const named: Record<string, NamedTensor> = {};
  for (const { name, shape } of known) {
    const tensor = tensors.get(name)!;
    if (tensor.shape.join() !== shape.join()) {
      throw new CheckpointError(file, `has a tensor "${name}" that must be [${shape.join(", ")}] by config.json, got [${tensor.shape.join(", ")}].`);
    }
    if (!/^(F64|F32|F16|BF16)$/.test(tensor.dtype)) throw new CheckpointError(file, `has a tensor "${name}" that must hold floats, got ${tensor.dtype}.`);
    const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as Float64Array);
    if (!data.every(Number.isFinite)) throw new CheckpointError(file, `is unusable: tensor "${name}" holds NaN or infinity.`);
    named[name] = { shape, data };
  }
  return { weights: named, half: known.every(({ name }) => tensors.get(name)!.dtype === "F16") };
}

/**
 * Write a checkpoint's weights in the order of `specs`. The same weights give the same bytes.
 *
 * @param place - who writes, for messages
 * @param half - as 16-bit floats, each value rounded to the nearest
 * @throws CheckpointError when a tensor is missing or misshapen, or too large for 16 bits
 */
export function writeTensors(weights: NamedTensors, specs: readonly TensorSpec[], place: string, half = false): Uint8Array<ArrayBuffer> {
  const tensors = specs.map(({ name, shape }) => {
    const tensor = weights[name];
    if (tensor?.shape.join() !== shape.join()) {
      throw new CheckpointError(place, `tensor "${name}" must be [${shape.join(", ")}], got ${tensor ? `[${tensor.shape.join(", ")}]` : "none"}.`);
    }
    return [name, { dtype: half ? "F16" : "F32", shape, data: tensor.data }] as const;
  });
  return writeSafetensors(tensors, { format: "pt" });
}
