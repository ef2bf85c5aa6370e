/**
 * @file Seeded random weights that sum to 1.
 */
import { scramble } from "../pairing/permutation.js";

/** Uniform numbers in [0, 1), by place: the same seed and name give the same ones. */
export function uniformNumbers(...name: readonly number[]): () => number {
  const key = name.reduce((state, part) => scramble(state ^ scramble(part ^ Math.floor(part / 2 ** 32)) ^ 0x9e3779b9), 0x243f6a88);
  let place = 0;
  const bits = (): number => scramble(key ^ scramble(place++ ^ 0x85157af5));
  return () => (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53;
}

/**
 * A draw from the symmetric Dirichlet distribution.
 *
 * @param concentration - 1 is uniform over all weights; less prefers one of them, more prefers even weights
 */
export function dirichletWeights(count: number, concentration: number, uniform: () => number): number[] {
  const parts = Array.from({ length: count }, () => gamma(concentration, uniform));
  const sum = parts.reduce((a, b) => a + b, 0);
  return sum > 0 ? parts.map((part) => part / sum) : parts.map((_, i) => (i === 0 ? 1 : 0));
}

/** A gamma variate (Marsaglia & Tsang, 2000, "A simple method for generating gamma variables"). */
function gamma(shape: number, uniform: () => number): number {
  if (shape < 1) return gamma(shape + 1, uniform) * (1 - uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    // Box and Muller (1958).
    const x = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
