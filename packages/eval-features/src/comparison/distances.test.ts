import { describe, expect, test } from "@jest/globals";
import { randomStream } from "@dexter/codec";
import { warpingDistance } from "./warping.js";
import { wassersteinDistance } from "./wasserstein.js";

const of = (...values: number[]) => Float64Array.from(values);

describe("Wasserstein's distance", () => {
  test("is worked out by hand for samples of different sizes", () => {
    // Quantiles: 0 and 4 against 1, 2, 6: |0 − 1|/3 + |0 − 2|/6 + |4 − 2|/6 + |4 − 6|/3.
    expect(wassersteinDistance(of(4, 0), of(2, 6, 1))).toBeCloseTo(1 / 3 + 2 / 6 + 2 / 6 + 2 / 3, 12);
  });

  test("of a shifted sample is the shift, whatever the order and the gaps", () => {
    expect(wassersteinDistance(of(3, 1, Number.NaN, 2), of(12, 11, 13))).toBeCloseTo(10, 12);
  });

  test("of normal values with one mean is the difference of deviations times √(2/π)", () => {
    const random = randomStream(3);
    const values = Float64Array.from({ length: 20_000 }, () => random.normal());
    expect(wassersteinDistance(values, values.map((value) => 3 * value))).toBeCloseTo(2 * Math.sqrt(2 / Math.PI), 1);
  });

  test("from nothing is not known", () => {
    expect(wassersteinDistance(of(), of(1))).toBeNaN();
  });
});

describe("dynamic time warping", () => {
  test("takes the cheapest way, worked out by hand", () => {
    // 0 1 5 against 0 5 5: the cheapest way meets (0,0) 0, (1,0) 1, (2,1) 0, (2,2) 0: 1 over 4 steps.
    expect(warpingDistance(of(0, 1, 5), of(0, 5, 5))).toBeCloseTo(1 / 4, 12);
  });

  test("forgives a delay within the band, and not beyond it", () => {
    const bump = (at: number) => Float64Array.from({ length: 60 }, (_, k) => Math.exp(-0.5 * ((k - at) / 3) ** 2));
    expect(warpingDistance(bump(20), bump(24), { band: 6 })).toBeLessThan(1e-3);
    expect(warpingDistance(bump(20), bump(44), { band: 6 })).toBeGreaterThan(0.1);
  });

  test("of a shift in height, where it cannot help, is the mean difference", () => {
    expect(warpingDistance(of(5, 5, 5, 5), of(7, 7, 7, 7))).toBeCloseTo(2, 12);
  });

  test("reaches the end of curves of very different length, passes over gaps, knows nothing of none", () => {
    expect(warpingDistance(of(1), of(1, 1, 1, 2))).toBeCloseTo(1 / 4, 12);
    expect(warpingDistance(of(1, 1, 1, 2), of(1))).toBeCloseTo(1 / 4, 12);
    expect(warpingDistance(of(1, Number.NaN, 2), of(1, 2))).toBe(0);
    expect(warpingDistance(of(), of(1))).toBeNaN();
  });
});
