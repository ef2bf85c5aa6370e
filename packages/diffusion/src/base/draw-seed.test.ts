import { describe, expect, test } from "@jest/globals";
import { describeDraw, drawSeeds, oppositeNoise } from "./draw-seed.js";

describe("the draws of a call", () => {
  const inWords = (...args: Parameters<typeof drawSeeds>): string[] => drawSeeds(...args).map(describeDraw);

  test("are a seed's, its opposite, the next seed's …: more samples do not change those before", () => {
    expect(inWords(5, 5, {})).toEqual(["seed 5", "seed 5, opposite", "seed 6", "seed 6, opposite", "seed 7"]);
    expect(inWords(5, 2, {})).toEqual(inWords(5, 5, {}).slice(0, 2));
  });

  test("begin with the opposite where that is asked for: alone, or before the seed's own", () => {
    expect(inWords(5, 1, { opposite: true })).toEqual(["seed 5, opposite"]);
    expect(inWords(5, 3, { opposite: true })).toEqual(["seed 5, opposite", "seed 5", "seed 6, opposite"]);
  });

  test("have seeds of their own where they shall know nothing of each other", () => {
    expect(inWords(5, 3, { independent: true })).toEqual(["seed 5", "seed 6", "seed 7"]);
    expect(inWords(5, 2, { independent: true, opposite: true })).toEqual(["seed 5, opposite", "seed 6, opposite"]);
  });
});

test("opposite noise is the noise negated, and twice the noise itself", () => {
  const noise = { data: Float32Array.of(0.5, -2, 0), shape: [1, 1, 3] } as const;
  expect([...oppositeNoise(noise).data]).toEqual([-0.5, 2, -0]);
  expect(oppositeNoise(oppositeNoise(noise))).toEqual(noise);
});
