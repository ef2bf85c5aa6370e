import { describe, expect, test } from "@jest/globals";
import { randomStream } from "@dexter/codec";
import { gaussianDensity, klDivergence } from "./density.js";

function normals(count: number, middle: number, deviation: number, seed: number): Float64Array {
  const random = randomStream(seed);
  return Float64Array.from({ length: count }, () => middle + deviation * random.normal());
}

describe("a Gaussian kernel density", () => {
  test("of two values is the mean of two normal densities of Scott's width", () => {
    const width = Math.SQRT1_2 * 2 ** -0.2; // standard deviation of 0 and 1 with divisor n − 1, times n^(−1/5)
    const normal = (x: number) => Math.exp(-0.5 * (x / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
    const density = gaussianDensity(Float64Array.from([0, Number.NaN, 1]));
    for (const x of [-2, 0, 0.3, 1, 4]) expect(density?.logAt(x)).toBeCloseTo(Math.log((normal(x) + normal(x - 1)) / 2), 10);
  });

  test("stays finite far from every value", () => {
    expect(gaussianDensity(Float64Array.from([0, 1]))?.logAt(1e4)).toBeLessThan(-1e7);
  });

  test("of many values is that of their grid: as the sum over all to 1e-3", () => {
    const values = normals(3000, 5, 2, 3);
    const density = gaussianDensity(values);
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    const width = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)) * values.length ** -0.2;
    for (const x of [-3, 1, 5, 6.5, 11]) {
      const exact = values.reduce((sum, value) => sum + Math.exp(-0.5 * ((x - value) / width) ** 2), 0) / values.length / width / Math.sqrt(2 * Math.PI);
      expect(density?.logAt(x)).toBeCloseTo(Math.log(exact), 2.5);
    }
  });

  test("is none of one value, or of equal ones", () => {
    expect(gaussianDensity(Float64Array.from([3]))).toBeNull();
    expect(gaussianDensity(new Float64Array(9).fill(0.1))).toBeNull();
  });
});

describe("Kullback and Leibler's divergence", () => {
  test("of a density from itself is 0, exactly", () => {
    const values = normals(200, 0, 1, 1);
    expect(klDivergence(values, values)).toBe(0);
  });

  test.each([
    ["a shift of one deviation", 1, 1],
    ["twice the deviation", 0, 2],
    ["more of both", 0.5, 1.5],
  ])("of normal values is the analytic one: %s", (_, shift, ratio) => {
    const n = 2000;
    // The kernel widens both: N(0, 1 + h²) and N(shift, ratio² (1 + h²)).
    const widened = 1 + n ** -0.4;
    const analytic = Math.log(ratio) + (widened + shift ** 2) / (2 * ratio ** 2 * widened) - 0.5;
    const estimate = klDivergence(normals(n, 0, 1, 1), normals(n, shift, ratio, 2), { draws: 2000, seed: 5 });
    expect(Math.abs(estimate - analytic)).toBeLessThan(0.08 * Math.max(1, analytic));
  });

  test("is unbiased: the mean of many seeds is that of one with many draws", () => {
    const p = normals(60, 0, 1, 7);
    const q = normals(60, 0.7, 1.4, 8);
    const seeds = Array.from({ length: 200 }, (_, seed) => klDivergence(p, q, { seed, draws: 20 }));
    const meanOfSeeds = seeds.reduce((sum, value) => sum + value, 0) / seeds.length;
    expect(meanOfSeeds).toBeCloseTo(klDivergence(p, q, { draws: 10_000 }), 1.5);
    expect(new Set(seeds).size).toBe(200);
    expect(klDivergence(p, q, { seed: 4 })).toBe(klDivergence(p, q, { seed: 4 }));
  });

  test("is not known where one side does not vary", () => {
    expect(klDivergence(new Float64Array(5), normals(5, 0, 1, 1))).toBeNaN();
  });
});
