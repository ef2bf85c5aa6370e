import { expect, test } from "@jest/globals";
import { tinyScore } from "../../test/tiny-score.js";
import { barTicks } from "./bar-axis.js";

const measures = tinyScore(Array.from({ length: 120 }, (_, k) => ({ onset: 4 * k }))).measures;
const labels = (pixelsPerQuarter: number) => barTicks(measures, pixelsPerQuarter).map(({ label }) => label).filter(Boolean);

test("every bar is named where there is room", () => {
  expect(labels(20).slice(0, 4)).toEqual(["1", "2", "3", "4"]);
});

test("bars at round numbers are named where there is little", () => {
  expect(labels(2).slice(0, 4)).toEqual(["1", "10", "20", "30"]);
  expect(labels(0.5)).toEqual(["1", "50", "100"]);
});

test("bars that would stand too close get no line", () => {
  expect(barTicks(measures, 2)).toHaveLength(120);
  expect(barTicks(measures, 0.5)).toHaveLength(3);
});
