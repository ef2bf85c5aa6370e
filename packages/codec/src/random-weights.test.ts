import { randomStream } from "./random-stream.js";
import { dirichletWeights } from "./random-weights.js";

test("random weights sum to 1 and have the variance of their distribution", () => {
  for (const concentration of [0.3, 1, 8]) {
    const random = randomStream(7, Math.round(10 * concentration));
    const draws = Array.from({ length: 6000 }, () => dirichletWeights(3, concentration, random));
    for (const weights of draws) expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const variance = draws.reduce((sum, [first]) => sum + (first - 1 / 3) ** 2, 0) / draws.length;
    // Dirichlet: (1/n)(1 − 1/n) / (nα + 1).
    const expected = 2 / 9 / (3 * concentration + 1);
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.08);
  }
});
