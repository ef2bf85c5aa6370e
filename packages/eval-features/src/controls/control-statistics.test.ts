import { expect, test } from "@jest/globals";
import { ShapeError } from "@dexter/codec";
import { CONTROLS } from "./control-definition.js";
import { controlStatistics } from "./control-statistics.js";
import type { MeasuredControls } from "./measure-controls.js";

const K = CONTROLS.length;

/** Controls whose k-th is `value + k`; a null is masked. */
function measured(notes: readonly (number | null)[]): MeasuredControls {
  const data = new Float32Array(notes.length * K);
  const mask = new Uint8Array(notes.length * K);
  notes.forEach((value, n) => {
    for (let k = 0; k < K; k++) {
      data[n * K + k] = value === null ? 99 : value + k;
      mask[n * K + k] = value === null ? 0 : 1;
    }
  });
  return { values: { data, shape: [notes.length, K] }, mask };
}

test("mean and deviation are over all notes, and between performances over the same note", () => {
  const { names, count, mean, sd, sdWithinScore, sdBetweenPerformances } = controlStatistics([
    [measured([0, 4]), measured([2, 6])],
    [measured([12, null, 12])],
    [],
  ]);
  expect(names[15]).toBe("minorness");
  expect([count[0], mean[0], mean[3]]).toEqual([6, 6, 9]);
  expect(sd[0]).toBeCloseTo(Math.sqrt((36 + 4 + 16 + 0 + 36 + 36) / 6), 9);
  expect(sdWithinScore[0]).toBeCloseTo(Math.sqrt((9 + 1 + 1 + 9) / 6), 9);
  expect(sdBetweenPerformances[15]).toBeCloseTo(Math.SQRT2, 9); // of 0 and 2, and of 4 and 6, divisor n − 1
});

test("one performance a score says nothing of the difference between performances", () => {
  expect(controlStatistics([[measured([1, 2])]]).sdBetweenPerformances[0]).toBeNaN();
});

test("performances of different scores are not taken together", () => {
  expect(() => controlStatistics([[measured([1]), measured([1, 2])]])).toThrow(ShapeError);
});
