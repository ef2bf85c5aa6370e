/**
 * @file Safetensors: named tensors behind a JSON header, the format in which
 * weights travel to and from PyTorch.
 *
 * huggingface.co/docs/safetensors, "Format": eight bytes with the header's
 * length, the header, then the data without gaps. No library on npm reads and
 * writes it with these checks (docs/decisions/safetensors.md).
 */
import { CheckpointError } from "./errors.js";
import { halvesOfWeights, widenHalves } from "./half.js";

/** Element types that are read. F16 and BF16 are widened to float32. */
export const TENSOR_TYPES = ["F64", "F32", "F16", "BF16", "I64", "I32", "U8"] as const;

/** One of {@link TENSOR_TYPES}. */
export type TensorType = (typeof TENSOR_TYPES)[number];

/** Values of a tensor in memory. */
export type TensorData = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array;

/** A tensor of a safetensors file. */
export interface SafeTensor {
  /** Element type in the file. */
  readonly dtype: TensorType;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Row-major values; `Float32Array` for F32, F16 and BF16. */
  readonly data: TensorData;
}

/** A safetensors file in memory. */
export interface SafeTensors {
  /** Tensors by name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** The header's free texts (`__metadata__`). */
  readonly metadata: Readonly<Record<string, string>>;
}

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_TENSORS = 100_000;
const MAX_RANK = 16;
const ALIGNMENT = 8;
const ELEMENT_BYTES: Readonly<Record<TensorType, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1 };
const METADATA = "__metadata__";

interface Entry {
  readonly name: string;
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Read a safetensors file.
 *
 * @param content - the whole file
 * @param options.file - its name, for messages
 * @throws CheckpointError when it is truncated, not safetensors, or its header contradicts its data
 */
export function readSafetensors(content: Uint8Array, options: { readonly file?: string } = {}): SafeTensors {
  const file = options.file ?? "model.safetensors";
  // A plain array: the `slice` of Node's Buffer would not copy.
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < PREFIX_BYTES + 2) throw new CheckpointError(file, `is truncated: ${count(bytes.length)} bytes. Download it again.`);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(MAX_HEADER_BYTES) || bytes[PREFIX_BYTES] !== 0x7b) {
    throw new CheckpointError(file, "is not a safetensors file: it must begin with the length of a JSON header and the header.");
  }
  const dataStart = PREFIX_BYTES + Number(headerBytes);
  if (dataStart > bytes.length) throw truncated(file, bytes.length, dataStart);
  const header = parseHeader(bytes.subarray(PREFIX_BYTES, dataStart), file);
  const metadata = readMetadata(header[METADATA], file);
  const names = Object.keys(header).filter((name) => name !== METADATA);
  if (names.length > MAX_TENSORS) throw new CheckpointError(file, `lists ${count(names.length)} tensors, more than ${count(MAX_TENSORS)}.`);
  const entries = names.map((name) => readEntry(name, header[name], file)).sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, SafeTensor>();
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      throw new CheckpointError(file, `is damaged: tensor "${name}" ${begin < at ? "overlaps the one before it" : "leaves a gap"} at byte ${count(begin)}, expected ${count(at)}.`);
    }
    at = end;
  }
  if (dataStart + at > bytes.length) throw truncated(file, bytes.length, dataStart + at);
  if (dataStart + at < bytes.length) throw new CheckpointError(file, `is damaged: ${count(bytes.length - dataStart - at)} bytes after the last tensor.`);
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, data: readData(bytes.slice(dataStart + begin, dataStart + end), dtype) });
  }
  return { tensors, metadata };
}

/**
 * Write tensors as a safetensors file, in the order given. The same input gives the same bytes.
 *
 * @param tensors - by name; `data` must hold what `dtype` and `shape` say, for F16 a `Float32Array` that is rounded to it (BF16 cannot be written)
 * @param metadata - free texts for the header
 * @throws CheckpointError when a tensor contradicts itself or holds numbers that F16 cannot
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafeTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const fits = dtype === "F16" ? data instanceof Float32Array : data.BYTES_PER_ELEMENT === ELEMENT_BYTES[dtype];
    if (!fits || data.length !== product(shape)) {
      throw new CheckpointError("writeSafetensors:", `tensor "${name}" says ${dtype} [${shape.join(", ")}] but holds ${count(data.length)} elements of ${data.BYTES_PER_ELEMENT} bytes.`);
    }
    const stored = dtype === "F16" ? halvesOfWeights(name, data as Float32Array) : data;
    header.push([name, { dtype, shape, data_offsets: [size, size + stored.byteLength] }]);
    parts.push(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    size += stored.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(PREFIX_BYTES + padded + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, PREFIX_BYTES, PREFIX_BYTES + padded);
  bytes.set(json, PREFIX_BYTES);
  let at = PREFIX_BYTES + padded;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(header)) return header;
  } catch {
    // Told below, without the parser's words.
  }
  throw new CheckpointError(file, "is damaged: its header is not a JSON object. Download it again.");
}

function readMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw new CheckpointError(file, `is damaged: ${METADATA} must map names to texts.`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const fail = (message: string): CheckpointError => new CheckpointError(file, `is damaged: tensor "${name.slice(0, 80)}" ${message}`);
  if (!isRecord(value)) throw fail("is not described.");
  const { dtype, shape, data_offsets: offsets } = value;
  if (!TENSOR_TYPES.includes(dtype as TensorType)) throw fail(`has type ${JSON.stringify(dtype)?.slice(0, 40)}, expected one of ${TENSOR_TYPES.join(", ")}.`);
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) throw fail("has no valid shape.");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1]) throw fail("has no valid offsets.");
  const [begin, end] = offsets as [number, number];
  const expected = product(shape) * ELEMENT_BYTES[dtype as TensorType];
  if (expected !== end - begin) throw fail(`has ${count(end - begin)} bytes, expected ${count(expected)} for ${dtype as string} [${shape.join(", ")}].`);
  return { name, dtype: dtype as TensorType, shape: shape as number[], begin, end };
}

/** Safetensors and all platforms that run JavaScript are little-endian. */
function readData(bytes: Uint8Array<ArrayBuffer>, dtype: TensorType): TensorData {
  switch (dtype) {
    case "F64": return new Float64Array(bytes.buffer);
    case "F32": return new Float32Array(bytes.buffer);
    case "I64": return new BigInt64Array(bytes.buffer);
    case "I32": return new Int32Array(bytes.buffer);
    case "U8": return bytes;
    case "F16": return widenHalves(new Uint16Array(bytes.buffer));
    case "BF16": return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), (bits) => bits << 16).buffer);
  }
}

function truncated(file: string, got: number, expected: number): CheckpointError {
  return new CheckpointError(file, `is truncated: ${count(got)} of ${count(expected)} bytes. Download it again.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
