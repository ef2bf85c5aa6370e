import { expect, test } from "@jest/globals";
import { randomStream } from "@dexter/codec";
import { bootstrapInterval, meanOfMemberPairs, meanOfMembers } from "./bootstrap.js";

test("the same seed gives the same interval, another one another", () => {
  const pieces = [meanOfMembers([0.1, 0.5, 0.3, 0.9]), meanOfMembers([0.4, 0.2, 0.7])];
  expect(bootstrapInterval(pieces, { seed: 3 })).toEqual(bootstrapInterval(pieces, { seed: 3 }));
  expect(bootstrapInterval(pieces, { seed: 3 })).not.toEqual(bootstrapInterval(pieces, { seed: 4 }));
});

test("an interval of 95 % holds the true mean in about 95 of 100 samples of pieces and pianists", () => {
  const random = randomStream(11);
  let held = 0;
  const trials = 160;
  for (let trial = 0; trial < trials; trial++) {
    const pieces = Array.from({ length: 10 }, () => {
      const piece = 0.6 + 0.1 * random.normal();
      return meanOfMembers(Float64Array.from({ length: 6 }, () => piece + 0.1 * random.normal()));
    });
    const [low, high] = bootstrapInterval(pieces, { seed: trial, resamples: 200 });
    if (low <= 0.6 && 0.6 <= high) held++;
  }
  expect(held / trials).toBeGreaterThan(0.86);
  expect(held / trials).toBeLessThan(0.99);
});

test("the interval of one piece is that of the mean: 1.96 standard errors on either side", () => {
  const random = randomStream(5);
  const values = Float64Array.from({ length: 400 }, () => random.normal());
  const middle = values.reduce((sum, value) => sum + value, 0) / 400;
  const error = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / 400 / 400);
  const [low, high] = bootstrapInterval([meanOfMembers(values)], { resamples: 4000 });
  expect((low - middle) / error).toBeCloseTo(-1.96, 0.6);
  expect((high - middle) / error).toBeCloseTo(1.96, 0.6);
});

test("a member drawn twice makes no pair with itself", () => {
  const pairs = Float64Array.from([9, 0.5, 0.5, 9]);
  expect(bootstrapInterval([meanOfMemberPairs(2, pairs)])).toEqual([0.5, 0.5]);
});

test("nothing to resample has no interval, and wrong options say so", () => {
  expect(bootstrapInterval([])).toEqual([Number.NaN, Number.NaN]);
  expect(bootstrapInterval([meanOfMembers([Number.NaN])])).toEqual([Number.NaN, Number.NaN]);
  expect(() => bootstrapInterval([], { confidence: 95 })).toThrow("expected a confidence between 0 and 1, got 95");
});
