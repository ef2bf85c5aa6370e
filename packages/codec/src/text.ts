/**
 * @file Bytes as text: UTF-8 with or without a byte order mark, or UTF-16 with one.
 */

/** Decode a text file. Bytes that are no UTF-8 become U+FFFD. */
export function decodeText(source: string | Uint8Array): string {
  if (typeof source === "string") return source.replace(/^\ufeff/, "");
  const encoding = source[0] === 0xff && source[1] === 0xfe ? "utf-16le" : source[0] === 0xfe && source[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(source);
}
