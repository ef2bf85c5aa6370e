/**
 * @file Numbers of half precision, IEEE 754 binary16: weights take half the space in a file. In memory they are float32.
 */
import { CheckpointError } from "./errors.js";

/** The largest number of half precision. */
const MAX_HALF = 65_504;

/** Bits of binary16 as float32, exactly. */
export function widenHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  const values = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const magnitude = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    // Normal numbers move to the wider exponent; those below 2⁻¹⁴ are multiples of 2⁻²⁴; infinity and NaN stay what they are.
    if (magnitude >= 0x0400 && magnitude < 0x7c00) bits[i] = sign | ((magnitude << 13) + 0x38000000);
    else if (magnitude < 0x0400) values[i] = (sign ? -1 : 1) * magnitude * 2 ** -24;
    else bits[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
  }
  return values;
}

/**
 * The nearest binary16 of each value, of two as near the even one.
 *
 * @returns bits; from ±65,520 on they are those of infinity
 */
export function narrowToHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const one = new Float32Array(1);
  const bits = new Uint32Array(one.buffer);
  for (let i = 0; i < values.length; i++) {
    one[0] = values[i];
    const sign = (bits[0] >>> 16) & 0x8000;
    const magnitude = bits[0] & 0x7fffffff;
    if (magnitude > 0x7f800000) halves[i] = sign | 0x7e00;
    else if (magnitude < 0x38800000) halves[i] = sign | roundToEven(Math.abs(values[i]) * 2 ** 24);
    // A carry out of the fraction raises the exponent, up to infinity.
    else halves[i] = sign | Math.min((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13, 0x7c00);
  }
  return halves;
}

/**
 * Weights in half precision.
 *
 * @param name - of the tensor, for messages
 * @throws CheckpointError when a number is none or larger than half precision can hold
 */
export function halvesOfWeights(name: string, values: Float32Array): Uint16Array<ArrayBuffer> {
  const unfit = values.find((value) => !(Math.abs(value) <= MAX_HALF));
  if (unfit !== undefined) {
    throw new CheckpointError("half precision", `cannot hold ${unfit}, which is in tensor "${name}": at most ${MAX_HALF.toLocaleString("en-US")}. Leave it in single precision.`);
  }
  return narrowToHalves(values);
}

/** The nearest integer of a value ≥ 0, of two as near the even one. */
function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
