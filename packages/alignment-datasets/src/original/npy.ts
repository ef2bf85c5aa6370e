/**
 * @file NumPy's `.npy` files of strings, as the original keeps the note ids of a segment.
 *
 * numpy.lib.format, version 1.0: magic, header length, a Python literal padded to 64 bytes, UTF-32 characters.
 */

/** Strings as the bytes of a one-dimensional `<U` array, which `numpy.load` reads without pickle. */
export function npyStrings(strings: readonly string[]): Uint8Array {
  const points = strings.map((text) => [...text].map((character) => character.codePointAt(0)!));
  const width = points.reduce((most, { length }) => Math.max(most, length), 1);
  const literal = `{'descr': '<U${width}', 'fortran_order': False, 'shape': (${strings.length},), }`;
  const headerLength = Math.ceil((10 + literal.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + headerLength + strings.length * width * 4);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, headerLength & 0xff, headerLength >> 8]);
  bytes.set(new TextEncoder().encode(`${literal.padEnd(headerLength - 1)}\n`), 10);
  const view = new DataView(bytes.buffer, 10 + headerLength);
  points.forEach((line, row) => line.forEach((point, i) => view.setUint32((row * width + i) * 4, point, true)));
  return bytes;
}
