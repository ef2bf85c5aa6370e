import { expect, test } from "@jest/globals";
import { classicTrainingOptions } from "./classic-options.js";

const sd = [1, 1, 1, 1, 1];
const mean = [0, 0, 0, 0, 0];

test.each([
  ["a spread beyond any performance", { mean, sd: [1, 1, 1e300, 1, 1] }, "scale.sd[2] must be from 1e-12 to 1000000, got 1e+300."],
  ["a spread of nothing", { mean, sd: [0, 1, 1, 1, 1] }, "scale.sd[0] must be from 1e-12 to 1000000, got 0."],
  ["a spread that single precision loses", { mean, sd: [1, 1, 1, 1, 1e-30] }, "scale.sd[4] must be from 1e-12 to 1000000, got 1e-30."],
  ["a mean far from the spread", { mean: [0, 1e10, 0, 0, 0], sd }, "scale.mean[1] must be at most 1,000,000,000 deviations of 1 from 0"],
  ["too few of them", { mean, sd: [1] }, "scale must be 5 means and as many deviations"],
])("a scale with %s is refused", (_, scale, message) => {
  expect(() => classicTrainingOptions({ scale })).toThrow(message);
});

test("a scale of performances is taken", () => {
  const scale = { mean: [0.5, 0.5, 0.01, -0.5, 0.5], sd: [0.1, 0.1, 0.01, 0.1, 0.5] };
  expect(classicTrainingOptions({ scale }).scale).toEqual(scale);
});
