/**
 * @file Seeded random weights that sum to 1.
 */
import type { RandomStream } from "./random-stream.js";

/**
 * A draw from the symmetric Dirichlet distribution, for two weights Beta(α, α).
 *
 * @param count - weights
 * @param concentration - 1 is uniform over all weights; less prefers one of them, more prefers even weights
 * @returns `count` numbers from 0 to 1 that sum to 1
 */
export function dirichletWeights(count: number, concentration: number, random: RandomStream): number[] {
  const parts = Array.from({ length: count }, () => gamma(concentration, random));
  const sum = parts.reduce((a, b) => a + b, 0);
  return sum > 0 ? parts.map((part) => part / sum) : parts.map((_, i) => (i === 0 ? 1 : 0));
}

/** A gamma variate (Marsaglia & Tsang, 2000, "A simple method for generating gamma variables"). */
function gamma(shape: number, random: RandomStream): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
