/**
 * @file Bytes as text: UTF-8 with or without a byte order mark, or UTF-16 with one.
 */

/** The largest match file or table that is read, bytes: ten times the largest of the corpora. */
export const MAX_TEXT_BYTES = 16 * 2 ** 20;

/** Decode a text file. Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(source: string | Uint8Array): string {
  if (typeof source === "string") return source.replace(/^\ufeff/, "");
  const encoding = source[0] === 0xff && source[1] === 0xfe ? "utf-16le" : source[0] === 0xfe && source[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(source);
}

/** Decode a text file and cut it into lines, unless it is too large for one; `refuse` throws then. */
export function textLines(source: string | Uint8Array, refuse: (message: string) => never): string[] {
  if (source.length > MAX_TEXT_BYTES) refuse(`expected at most ${MAX_TEXT_BYTES} bytes, got ${source.length}.`);
  return decodeText(source).split(/\r\n|\r|\n/);
}
