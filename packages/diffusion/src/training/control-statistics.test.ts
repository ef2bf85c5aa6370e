import { describe, expect, test } from "@jest/globals";
import type { Matrix } from "@dexter/codec";
import { controlConfig } from "./control-statistics.js";
import type { MeasuredControls, TrainingPiece } from "./training-piece.js";

const column = (...values: number[]): Matrix => ({ data: Float32Array.from(values), shape: [values.length, 1] });
const measured = (values: number[], plain: number[], mask = values.map(() => 1)): MeasuredControls => ({
  values: column(...values), plain: column(...plain), mask: Uint8Array.from(mask),
});
const piece = (controls: MeasuredControls[]) =>
  ({ name: "p", notes: { length: 2 }, performances: controls, controls } as unknown as TrainingPiece);

describe("scales of controls", () => {
  test("are those of the values, of what differs from the plain performance, and between performances", () => {
    const { mean, sd, spread, offset } = controlConfig([piece([measured([1, 5], [0, 4]), measured([3, 7], [0, 4])])], ["loud"], 4);
    expect(mean).toEqual([4]);
    expect(sd[0]).toBeCloseTo(Math.sqrt(5), 6);
    // Per note 1 and 3, 5 and 7: variance 2, unbiased.
    expect(spread[0]).toBeCloseTo(Math.SQRT2, 6);
    expect(offset.plain[0]).toBeCloseTo(1, 9); // as the plain performance grows, so do the values
    expect(offset.mean[0]).toBeCloseTo(2, 6);
    expect(offset.sd[0]).toBeCloseTo(1, 6);
  });

  test("leave out what was not measured, and take the deviation for a spread that nothing tells", () => {
    const { mean, sd, spread, offset } = controlConfig([piece([measured([1, 99], [0, 0], [1, 0])]), piece([measured([3, 5], [0, 0])])], ["loud"], 4);
    expect(mean).toEqual([3]);
    expect(offset.plain).toEqual([0]); // the plain performance tells nothing
    expect(spread).toEqual(sd);
  });

  test("need the controls of every performance", () => {
    expect(() => controlConfig([{ ...piece([measured([1, 2], [0, 0])]), controls: undefined }], ["loud"], 4)).toThrow("p: controls must be those of 1 performances, got none");
    expect(() => controlConfig([piece([measured([1, 2, 3], [0, 0, 0])])], ["loud"], 4)).toThrow("p: controls must be [2, 1], got [3, 1]");
  });
});
