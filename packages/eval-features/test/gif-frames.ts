/**
 * @file Reads a GIF as its specification says (GIF89a), to check what an encoder wrote.
 */

/** A decoded frame. */
export interface GifFrame {
  /** Hundredths of a second. */
  readonly delay: number;
  /** Palette indices, `[height · width]`. */
  readonly pixels: Uint8Array;
}

/** A decoded GIF; every frame must cover the whole picture and use the global palette. */
export interface DecodedGif {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of every index. */
  readonly palette: readonly (readonly number[])[];
  /** Whether it repeats for ever. */
  readonly loops: boolean;
  readonly frames: readonly GifFrame[];
}

/** Decode; throws where the stream is not a GIF. */
export function readGif(bytes: Uint8Array): DecodedGif {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 6)) !== "GIF89a") throw new Error("no GIF");
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  let at = 13;
  const colours = bytes[10] & 0x80 ? 2 ** ((bytes[10] & 7) + 1) : 0;
  const palette = Array.from({ length: colours }, (_, i) => [...bytes.subarray(at + 3 * i, at + 3 * i + 3)]);
  at += 3 * colours;
  const blocks = (): Uint8Array => {
    const data: number[] = [];
    for (let size = bytes[at++]; size > 0; size = bytes[at++]) {
      data.push(...bytes.subarray(at, at + size));
      at += size;
    }
    return Uint8Array.from(data);
  };
  const frames: GifFrame[] = [];
  let delay = 0;
  let loops = false;
  for (;;) {
    const kind = bytes[at++];
    if (kind === 0x3b) return { width, height, palette, loops, frames };
    if (kind === 0x21) {
      const label = bytes[at++];
      const content = blocks();
      if (label === 0xf9) delay = content[1] + 256 * content[2];
      if (label === 0xff) loops = new TextDecoder().decode(content.subarray(0, 11)) === "NETSCAPE2.0" && content[12] + content[13] === 0;
    } else if (kind === 0x2c) {
      if (view.getUint16(at + 4, true) !== width || view.getUint16(at + 6, true) !== height || bytes[at + 8] & 0x80) throw new Error("a partial frame");
      at += 9;
      const codeSize = bytes[at++];
      frames.push({ delay, pixels: unpack(blocks(), codeSize, width * height) });
    } else throw new Error(`unknown block ${kind} at ${at}`);
  }
}

/** LZW as GIF has it. */
function unpack(data: Uint8Array, codeSize: number, pixels: number): Uint8Array {
  const clear = 1 << codeSize;
  let table: number[][] = [];
  let size = 0;
  const reset = (): void => {
    table = Array.from({ length: clear + 2 }, (_, i) => [i]);
    size = codeSize + 1;
  };
  reset();
  const out: number[] = [];
  let before: number[] | null = null;
  let bits = 0;
  let held = 0;
  for (const byte of data) {
    bits |= byte << held;
    held += 8;
    while (held >= size) {
      const code = bits & ((1 << size) - 1);
      bits >>= size;
      held -= size;
      if (code === clear) {
        reset();
        before = null;
        continue;
      }
      if (code === clear + 1) return check(out, pixels);
      const entry: number[] = table[code] ?? [...before!, before![0]];
      out.push(...entry);
      if (before && table.length < 4096) table.push([...before, entry[0]]);
      if (table.length === 1 << size && size < 12) size++;
      before = entry;
    }
  }
  return check(out, pixels);
}

function check(out: readonly number[], pixels: number): Uint8Array {
  if (out.length !== pixels) throw new Error(`${out.length} pixels of ${pixels}`);
  return Uint8Array.from(out);
}
