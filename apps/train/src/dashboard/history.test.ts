/** @file A curve stays small however long the run, and keeps its mean, its extremes and its order. */
import { describe, expect, test } from "@jest/globals";
import { History, HISTORY_LIMITS } from "./history.js";
import { parseMetric, type StepMetric } from "./run-record.js";

const step = (stage: string, number: number, loss = number): StepMetric => ({
  type: "step", stage, step: number, steps: 100_000, loss, gradientNorm: 1, learningRate: 1, milliseconds: 1, notesPerSecond: 1, rssMB: 1, tensorMB: NaN, tensors: NaN,
});

describe("History", () => {
  test("a short run keeps every step; stages follow each other", () => {
    const history = new History();
    for (let i = 1; i <= 3; i++) history.add(step("mean", i));
    for (let i = 1; i <= 2; i++) history.add(step("flow", i));
    expect(history.at).toEqual([1, 2, 3, 4, 5]);
    expect(history.stages).toMatchObject([{ name: "mean", offset: 0, taken: 3 }, { name: "flow", offset: 3, taken: 2 }]);
  });

  test("a hundred thousand steps are no more points than allowed, with their extremes and their mean", () => {
    const history = new History();
    for (let i = 1; i <= 100_000; i++) history.add(step("flow", i, i === 70_001 ? 1e6 : 2));
    expect(history.at.length).toBeLessThanOrEqual(HISTORY_LIMITS.points);
    expect(history.at.length).toBeGreaterThan(HISTORY_LIMITS.points / 2 - 1);
    expect(Math.max(...history.columns.lossHigh)).toBe(1e6);
    expect(Math.min(...history.columns.loss)).toBe(2);
    expect(history.at.every((at, i) => i === 0 || at > history.at[i - 1])).toBe(true);
    expect(history.at.at(-1)).toBe(100_000);
  });

  test("steps that are taken again replace the first ones", () => {
    const history = new History();
    for (let i = 1; i <= 10; i++) history.add(step("flow", i));
    for (let i = 6; i <= 8; i++) history.add(step("flow", i, 0));
    expect(history.at).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(history.columns.loss.slice(4)).toEqual([5, 0, 0, 0]);
  });

  test("JSON carries it there and back", () => {
    const history = new History();
    for (let i = 1; i <= 5; i++) history.add(step("flow", i, i === 3 ? NaN : i));
    const back = History.from(JSON.parse(JSON.stringify(history)));
    back.add(step("flow", 6));
    expect(back.at).toEqual([1, 2, 3, 4, 5, 6]);
    expect(back.columns.loss).toEqual([1, 2, NaN, 4, 5, 6]);
  });
});

test.each(["", "{", "[]", "null", '{"type":"step"}', '{"type":"step","step":-1}', '{"type":"sample","step":1,"file":"../../etc/passwd"}', '{"type":"other"}'])("the line %j is no metric", (line) => {
  expect(parseMetric(line)).toBeNull();
});
