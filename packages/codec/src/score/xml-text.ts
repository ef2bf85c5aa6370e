/**
 * @file From the bytes of an XML file to its text: byte order marks, UTF-16,
 * declared encodings.
 *
 * XML 1.0, appendix F, names the order: the byte order mark, then the shape of
 * the first bytes, then the declaration, then UTF-8.
 */
import { ScoreFileError } from "../errors.js";

/** The part of the platform's decoder that is used here; browsers and Node both have it. */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}

const CHUNK_BYTES = 1 << 18;

/** Pieces of an XML file's text, so that a large file is never held as one string. */
export function* xmlText(input: string | Uint8Array, file: string): Generator<string> {
  if (typeof input === "string") {
    const start = input.charCodeAt(0) === 0xfeff ? 1 : 0;
    for (let at = start; at < input.length; at += CHUNK_BYTES) yield input.slice(at, at + CHUNK_BYTES);
    return;
  }
  const label = encodingOf(input);
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new ScoreFileError(file, "line 1", `unknown encoding "${label.slice(0, 40)}". Save the file as UTF-8.`);
  }
  for (let at = 0; at < input.length; at += CHUNK_BYTES) {
    const more = at + CHUNK_BYTES < input.length;
    try {
      yield decoder.decode(input.subarray(at, at + CHUNK_BYTES), { stream: more });
    } catch {
      throw new ScoreFileError(file, `byte ${at}`, `expected ${label} text, got bytes that are not. Save the file as UTF-8.`);
    }
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a === 0x3c && b === 0 && d === 0) return "utf-16le";
  if (a === 0 && b === 0x3c && c === 0) return "utf-16be";
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(head)?.[1] ?? "utf-8";
  // Read this far byte by byte, it cannot be UTF-16: converted, but not declared anew.
  return /^utf-?16/i.test(declared) ? "utf-8" : declared;
}
