import { expect, test } from "@jest/globals";
import { windowMean, windowSums } from "./window-sums.js";

test("the running sums are the sums over all pairs", () => {
  const position = Float64Array.of(0, 0, 0.4, 1, 7, 7.5, 30);
  const columns = [position.map((x) => Math.sin(3 * x) + 2), position.map((_, i) => i)];
  const at = Float64Array.of(-3, 0, 0.2, 1, 1, 6, 40);
  const width = 3;
  const sums = windowSums(position, columns, at, width);
  columns.forEach((column, c) => at.forEach((place, q) => {
    const direct = column.reduce((sum, value, m) => {
      const d = (4 * Math.abs(place - position[m])) / width;
      return sum + value * (1 + d) * Math.exp(-d);
    }, 0);
    expect(sums[c][q]).toBeCloseTo(direct, 12);
  }));
});

test("evenly spaced events of weight one sum to the width", () => {
  const position = Float64Array.from({ length: 4001 }, (_, i) => i / 100);
  expect(windowSums(position, [new Float64Array(4001).fill(0.01)], Float64Array.of(20), 3)[0][0]).toBeCloseTo(3, 4);
});

test("the mean of a constant is the constant, and of nothing 0", () => {
  expect([...windowMean(Float64Array.of(1, 2), Float64Array.of(5, 5), Float64Array.of(1, 3), Float64Array.of(0, 9), 1)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([5, 5]);
  expect([...windowMean(new Float64Array(0), new Float64Array(0), new Float64Array(0), Float64Array.of(0), 1)]).toEqual([0]);
});
