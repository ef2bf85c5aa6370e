import { expect, test } from "@jest/globals";
import { rankCorrelation } from "./rank-correlation.js";

const of = (...values: number[]) => Float64Array.from(values);

test("Spearman's ρ is 1 for any rising relation, −1 for any falling one", () => {
  expect(rankCorrelation(of(1, 2, 3, 4), of(1, 8, 27, 1000))).toBeCloseTo(1, 12);
  expect(rankCorrelation(of(1, 2, 3, 4), of(4, 0.3, 0.2, -9))).toBeCloseTo(-1, 12);
});

test("is 1 − 6 Σd² / n(n² − 1) without ties", () => {
  // Ranks 1 2 3 4 5 and 2 1 4 3 5: Σd² = 4.
  expect(rankCorrelation(of(1, 2, 3, 4, 5), of(20, 10, 40, 30, 50))).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
});

test("gives equal values their mean rank: scipy.stats.spearmanr says .8944 for one tie in four", () => {
  // Ranks 1 2.5 2.5 4 and 1 2 3 4: r = 4.5 / √(4.5 · 5).
  expect(rankCorrelation(of(1, 2, 2, 3), of(1, 2, 3, 4))).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
});

test("passes over gaps, and tells nothing of two places", () => {
  expect(rankCorrelation(of(1, Number.NaN, 2, 3, 9), of(5, 7, 6, 8, Number.NaN))).toBeCloseTo(1, 12);
  expect(rankCorrelation(of(1, 2), of(1, 2))).toBeNaN();
});
