/**
 * @file Seeded random numbers, the same on every engine (docs/decisions/random-numbers.md).
 * Every training step has a stream of its own, named by seed, stage and step, so
 * that a run that resumes needs no state of a generator; sampling has one a seed.
 */

/** A stream of pseudo-random numbers. */
export interface RandomStream {
  /** 32 random bits, as an unsigned integer. */
  bits(): number;
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Integer in [0, n). */
  below(n: number): number;
}

/**
 * The stream with this name. sfc32 (Doty-Humphrey, PractRand), seeded through
 * MurmurHash3's finalizer.
 *
 * @param name - integers; another name gives an unrelated stream
 */
export function randomStream(...name: readonly number[]): RandomStream {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  for (const part of name) {
    a = mix(a ^ (part >>> 0));
    b = mix(b ^ Math.floor(part / 2 ** 32) ^ a);
    c = mix(c + b);
  }
  let spare = Number.NaN;
  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  const uniform = (): number => (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53;
  return {
    bits,
    uniform,
    normal: () => {
      // Box and Muller (1958).
      if (!Number.isNaN(spare)) {
        const value = spare;
        spare = Number.NaN;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    below: (n) => Math.floor(uniform() * n),
  };
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
