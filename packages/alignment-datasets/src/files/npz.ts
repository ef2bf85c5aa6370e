/**
 * @file Arrays of numbers from NumPy's `.npz` archives.
 *
 * A `.npz` is a zip of `.npy` files (numpy.lib.format, versions 1 and 2): magic, header, values. Only what corpora
 * hold is read: one-dimensional little-endian integers and booleans.
 */
import { unzipSync } from "fflate";
import { CorpusError } from "../errors.js";

/** An archive may unpack to so many bytes. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const READERS: Readonly<Record<string, { readonly bytes: number; read(view: DataView, at: number): number }>> = {
  "|b1": { bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  "|i1": { bytes: 1, read: (view, at) => view.getInt8(at) },
  "|u1": { bytes: 1, read: (view, at) => view.getUint8(at) },
  "<i2": { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  "<i4": { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  "<u4": { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  "<i8": { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/**
 * Read arrays of an archive by name.
 *
 * @throws CorpusError when the archive is damaged, too large, or lacks one of them
 */
export function readNpz<Name extends string>(bytes: Uint8Array, file: string, names: readonly Name[]): Record<Name, Float64Array> {
  let unpacked: Record<string, Uint8Array>;
  let total = 0;
  try {
    unpacked = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!names.some((wanted) => name === `${wanted}.npy`)) return false;
        total += originalSize;
        if (total > MAX_UNPACKED_BYTES) throw new Error(`unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
        return true;
      },
    });
  } catch (error) {
    throw new CorpusError(file, "", `not a readable .npz archive (${(error as Error).message})`);
  }
  return Object.fromEntries(names.map((name) => {
    const entry = unpacked[`${name}.npy`];
    if (!entry) throw new CorpusError(file, name, "this array is missing");
    return [name, readNpy(entry, file, name)];
  })) as Record<Name, Float64Array>;
}

function readNpy(bytes: Uint8Array, file: string, name: string): Float64Array {
  const fail = (message: string): never => {
    throw new CorpusError(file, name, message);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || !MAGIC.every((byte, i) => bytes[i] === byte)) fail("not a .npy array");
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) fail("the array is cut off");
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const type = /'descr':\s*'([^']{2,8})'/.exec(header)?.[1] ?? "";
  const length = Number(/'shape':\s*\(\s*(\d{1,9})\s*,\s*\)/.exec(header)?.[1] ?? Number.NaN);
  const reader = READERS[type];
  if (!reader || !Number.isInteger(length)) return fail(`expected one row of integers or booleans, got "${header.slice(0, 80).trim()}"`);
  if (end + length * reader.bytes > bytes.length) fail(`announces ${length} values, but is cut off`);
  return Float64Array.from({ length }, (_, i) => reader.read(view, end + i * reader.bytes));
}
