import { describe, expect, test } from "@jest/globals";
import { zeros } from "@dexter/codec";
import { tinyPiece } from "../../test/tiny-score.js";
import { testConfig, withTestControls } from "../../test/random-model.js";
import { controlInput, plainPerformance } from "./controls.js";
import { modelNotes } from "./model-notes.js";

const config = withTestControls(testConfig()).controls!; // offset 0.5 ± 2, bound 4
const request = () => ({ values: { data: Float32Array.of(2.5, 1, 90, 7), shape: [2, 2] as const }, known: Uint8Array.of(1, 0, 1, 1), plain: zeros(2, 2) });

describe("the input of controls", () => {
  test("is the standardized difference from the plain performance, bounded, then the flags; unknown values are 0", () => {
    const asked = { ...request(), plain: { data: Float32Array.of(0, 0, 0, 2.5), shape: [2, 2] as const } };
    expect([...controlInput(asked, 2, config).data]).toEqual([1, 0, 1, 0, 4, 2, 1, 1]);
  });

  test("is refused where shapes do not fit, or a value that is asked for is not a number", () => {
    expect(() => controlInput(request(), 3, config)).toThrow("controls: values must be [3, 2], got [2, 2]");
    expect(() => controlInput({ ...request(), plain: zeros(2, 1) }, 2, config)).toThrow("controls: plain must be [2, 2], got [2, 1]");
    expect(() => controlInput({ ...request(), known: new Uint8Array(3) }, 2, config)).toThrow("controls: known must have 4 flags, got 3");
    const holed = request();
    holed.values.data[2] = Number.NaN;
    expect(() => controlInput(holed, 2, config)).toThrow("controls: loud of note 1 must be a number, got NaN");
    holed.known[2] = 0;
    expect(controlInput(holed, 2, config).data[4]).toBe(0);
  });
});

test("a plain performance is even, as loud as asked for, and without pedal", () => {
  const notes = modelNotes(tinyPiece(2));
  const plain = plainPerformance(notes, { log2SecPerQuarter: -1, meanVelocity: 50 });
  for (let n = 0; n < notes.length; n++) {
    expect(plain.beatPeriod[n]).toBeCloseTo(0.5 * (4 / notes.beatType[n]), 9);
    expect(127 * plain.velocityNorm[n]).toBeCloseTo(50, 9);
    expect([plain.timingSec[n], plain.articulationLog2[n], plain.pedalNorm[n]]).toEqual([0, 0, 0]);
  }
});
