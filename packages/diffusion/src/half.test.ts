import { narrowToHalves, widenHalves } from "./half.js";

/** IEEE 754-2008, 3.6: sign, five bits of exponent with bias 15, ten of fraction. */
function byDefinition(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

test("all 65,536 halves mean what the standard says", () => {
  expect([...widenHalves(all)]).toEqual([...all].map(byDefinition));
});

test("what was a half comes back as its own bits", () => {
  const again = narrowToHalves(widenHalves(all));
  const isNaN16 = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
  expect([...all].filter((bits) => (isNaN16(bits) ? !isNaN16(again[bits]) : again[bits] !== bits))).toEqual([]);
});

test("values between two halves become the nearer, halfway the even one", () => {
  const failures: string[] = [];
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [byDefinition(bits), byDefinition(bits + 1)];
    const half = (low + high) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const [a, b, c, d] = narrowToHalves(Float32Array.of(low + (high - low) * 0.49, half, low + (high - low) * 0.51, -half));
    if (a !== bits || b !== even || c !== bits + 1 || d !== (even | 0x8000)) failures.push(`${bits}: ${a} ${b} ${c} ${d}`);
  }
  expect(failures).toEqual([]);
});

test.each([
  [65_519, 0x7bff],
  [65_520, 0x7c00],
  [1e30, 0x7c00],
  [-1e30, 0xfc00],
  [2 ** -25, 0],
  [2 ** -25 * 1.01, 1],
  [-0, 0x8000],
])("%d is stored as %d", (value, bits) => {
  expect(narrowToHalves(Float32Array.of(value))[0]).toBe(bits);
});
