import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CheckpointError } from "./errors.js";
import { readSafetensors, writeSafetensors, type SafeTensor } from "./safetensors.js";

const weight: SafeTensor = { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-8, 6) };
const index: SafeTensor = { dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) };
const file = writeSafetensors([["weight", weight], ["index", index], ["empty", { dtype: "U8", shape: [0], data: new Uint8Array() }]], { format: "pt" });

/** A file with this header over `size` bytes of zeros. */
function withHeader(header: unknown, size: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe("safetensors", () => {
  test("read what was written", () => {
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toEqual({ format: "pt" });
    expect(new Set(tensors.keys())).toEqual(new Set(["weight", "index", "empty"]));
    expect(tensors.get("weight")).toEqual(weight);
    expect(tensors.get("index")).toEqual(index);
  });

  test("come in the layout of the format: length, header, data", () => {
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect(header.weight).toEqual({ dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
    expect(header.index.data_offsets).toEqual([24, 40]);
    expect(file.length).toBe(8 + length + 40);
  });

  test("widen half precision", () => {
    const bytes = withHeader({ half: { dtype: "F16", shape: [4], data_offsets: [0, 8] }, brain: { dtype: "BF16", shape: [1], data_offsets: [8, 10] } }, 10);
    const view = new DataView(bytes.buffer, bytes.length - 10);
    [0x3c00, 0xc000, 0x0001, 0x7bff].forEach((bits, i) => view.setUint16(2 * i, bits, true));
    view.setUint16(8, 0xbf80, true);
    const { tensors } = readSafetensors(bytes);
    expect(Array.from(tensors.get("half")!.data as Float32Array)).toEqual([1, -2, 2 ** -24, 65504]);
    expect(Array.from(tensors.get("brain")!.data as Float32Array)).toEqual([-1]);
  });

  test("are written in half precision, rounded to the nearest", () => {
    const bytes = writeSafetensors([["half", { dtype: "F16", shape: [2, 2], data: Float32Array.of(1, -2.0001, 0.1, 65504) }]]);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, bytes.length - 8)));
    expect(header.half).toEqual({ dtype: "F16", shape: [2, 2], data_offsets: [0, 8] });
    const { dtype, data } = readSafetensors(bytes).tensors.get("half")!;
    expect(dtype).toBe("F16");
    expect(Array.from(data as Float32Array)).toEqual([1, -2, 0.0999755859375, 65504]);
    for (const unfit of [-70_000, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => writeSafetensors([["large", { dtype: "F16", shape: [2], data: Float32Array.of(1, unfit) }]])).toThrow(
        new CheckpointError("half precision", `cannot hold ${unfit}, which is in tensor "large": at most 65,504. Leave it in single precision.`),
      );
    }
    expect(() => writeSafetensors([["integers", { dtype: "F16", shape: [1], data: Int32Array.of(1) }]])).toThrow('tensor "integers" says F16 [1] but holds 1 elements of 4 bytes.');
  });

  test("that are truncated say how much is missing", () => {
    expect(() => readSafetensors(file.subarray(0, file.length - 10), { file: "a.safetensors" })).toThrow(
      new CheckpointError("a.safetensors", `is truncated: ${file.length - 10} of ${file.length} bytes. Download it again.`),
    );
    for (let length = 0; length < file.length; length++) expect(() => readSafetensors(file.subarray(0, length))).toThrow(CheckpointError);
  });

  test.each([
    ["another format", new TextEncoder().encode("PK\u0003\u0004 this is a zip file"), "is not a safetensors file"],
    ["a header that is no object", withHeader("{[1]}", 0), "header is not a JSON object"],
    ["an unknown type", withHeader({ a: { dtype: "F8", shape: [1], data_offsets: [0, 1] } }, 1), 'tensor "a" has type "F8"'],
    ["a negative size", withHeader({ a: { dtype: "U8", shape: [-1], data_offsets: [0, 1] } }, 1), "no valid shape"],
    ["offsets that run backwards", withHeader({ a: { dtype: "U8", shape: [1], data_offsets: [1, 0] } }, 1), "no valid offsets"],
    ["a length that contradicts the shape", withHeader({ a: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, 4), 'has 4 bytes, expected 8 for F32 [2]'],
    ["an overlap", withHeader({ a: { dtype: "U8", shape: [2], data_offsets: [0, 2] }, b: { dtype: "U8", shape: [2], data_offsets: [1, 3] } }, 3), 'tensor "b" overlaps'],
    ["a gap", withHeader({ a: { dtype: "U8", shape: [1], data_offsets: [1, 2] } }, 2), "leaves a gap at byte 1"],
    ["bytes after the end", withHeader({ a: { dtype: "U8", shape: [1], data_offsets: [0, 1] } }, 3), "2 bytes after the last tensor"],
    ["a description that is missing", withHeader({ a: null }, 0), 'tensor "a" is not described'],
    ["metadata that is no text", withHeader({ __metadata__: { a: 1 } }, 0), "__metadata__ must map names to texts"],
    ["a size beyond all bounds", withHeader({ a: { dtype: "U8", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 1] } }, 1), "has 1 bytes, expected"],
  ])("refuse %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
    expect(() => readSafetensors(bytes)).toThrow(CheckpointError);
  });

  test("with any byte changed are read, or refused in one line", () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, value) => {
        const mutated = file.slice();
        mutated[at] = value;
        try {
          readSafetensors(mutated);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
          expect((error as Error).message).not.toContain("\n");
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test("are not written when a tensor contradicts itself", () => {
    expect(() => writeSafetensors([["a", { dtype: "F32", shape: [3], data: new Float32Array(2) }]])).toThrow('tensor "a" says F32 [3] but holds 2 elements');
  });
});
