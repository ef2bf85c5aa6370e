import { describe, expect, test } from "@jest/globals";
import type { Score } from "@dexter/codec";
import { readControlCurve } from "./control-curve.js";
import { checkRequest, deviationsOf, type SteerRequest } from "./control-requests.js";

const names = ["rubato", "articulation", "pedal"];
/** Two bars of two quarters, a note each quarter. */
const score = {
  notes: { length: 4, onsetBeat: Float64Array.of(0, 1, 2, 3), onsetQuarter: Float64Array.of(0, 1, 2, 3) },
  measures: [{ onsetQuarter: 0, durationQuarter: 2 }, { onsetQuarter: 2, durationQuarter: 2 }],
} as unknown as Score;

describe("a request", () => {
  test("names a column", () => {
    expect(checkRequest({ control: "pedal", relative: true, value: 1 }, { names })).toBe(2);
  });

  test.each([
    [{ control: "articulatoin", relative: true, value: 1 }, 'there is no control "articulatoin". Did you mean "articulation"?'],
    [{ control: "loudness", relative: true, value: 1 }, 'there is no control "loudness". There are rubato, articulation, pedal.'],
    [{ control: "pedal", relative: true, value: 4.5 }, "pedal: expected −4 to 4 standard deviations, got 4.5."],
    [{ control: "pedal", relative: true, value: Number.NaN }, "pedal: expected −4 to 4 standard deviations, got NaN."],
    [{ control: "pedal", relative: true, value: curve([1, 2], [0, -9]) }, "pedal: expected −4 to 4 standard deviations at beat 2, got -9."],
    [{ control: "pedal", relative: true, value: curve([2, 1], [0, 0]) }, "pedal: the places of a curve must ascend, got beat 1 after 2."],
    [{ control: "pedal", relative: true, value: curve([], []) }, "pedal: a curve needs a value for each of at least one place, got 0 places and 0 values."],
  ])("that cannot be is refused: %j", (request, message) => {
    expect(() => checkRequest(request as SteerRequest, { names })).toThrow(message);
  });
});

function curve(at: number[], value: number[], unit: "beat" | "quarter" | "bar" = "beat") {
  return { unit, at: Float64Array.from(at), value: Float64Array.from(value) };
}

describe("a curve over the score", () => {
  test("is linear between its points", () => {
    const { deviations, warnings } = deviationsOf({ control: "pedal", relative: false, value: curve([0, 2, 3], [0, 1, -1]) }, score);
    expect([...deviations]).toEqual([0, 0.5, 1, -1]);
    expect(warnings).toEqual([]);
  });

  test("may count bars", () => {
    const { deviations } = deviationsOf({ control: "pedal", relative: false, value: curve([1, 3], [0, 2], "bar") }, score);
    expect([...deviations]).toEqual([0, 0.5, 1, 1.5]);
  });

  test("that does not cover the score says so in numbers, and asks for nothing there", () => {
    const { deviations, warnings } = deviationsOf({ control: "pedal", relative: false, value: curve([1, 2], [1, 1]) }, score);
    expect([...deviations]).toEqual([Number.NaN, 1, 1, Number.NaN]);
    expect(warnings).toEqual(["the curve of pedal covers 2 of 4 notes (beat 1 to 2 of 0 to 3): elsewhere the model does as it likes."]);
    expect(() => deviationsOf({ control: "pedal", relative: false, value: curve([9, 10], [1, 1]) }, score)).toThrow("covers no note");
  });
});

describe("a file with a curve", () => {
  test("tells places and values", () => {
    const { relative, value } = readControlCurve('\uFEFF"Bar", value\r\n1,0\r\n2.5,-1.5\r\n\r\n', { control: "pedal" });
    expect(relative).toBe(false);
    expect(value).toEqual(curve([1, 2.5], [0, -1.5], "bar"));
    expect(readControlCurve("beat,note,change\n0,x,1\n", { control: "pedal" }).relative).toBe(true);
  });

  test.each([
    ["", 'c.csv:1: expected a header with beat, quarter, bar and value or change, got "".'],
    ["time,value\n0,1", 'got "time,value".'],
    ["beat,value\n0,1\n1,loud", 'c.csv:3: expected numbers for beat and value, got "1,loud".'],
    ["beat,value\n0,1\n1,", 'c.csv:3: expected numbers'],
    ["beat,value\n", "c.csv: expected at least one line of beat and value, got none."],
  ])("that is none is refused: %j", (text, message) => {
    expect(() => readControlCurve(text, { control: "pedal", file: "c.csv" })).toThrow(message);
  });
});
