import { describe, expect, test } from "@jest/globals";
import { CodecError } from "@dexter/codec";
import { renderedBeats } from "./rendered-beats.js";
import { tinyPerformance, tinyScore } from "../test/tiny-score.js";

describe("a performance at its beats", () => {
  const score = tinyScore([{ onset: 0 }, { onset: 0 }, { onset: 1 }, { onset: 1.5 }, { onset: 3 }]);
  const played = tinyPerformance([
    { velocity: 40, beatPeriod: 1 }, { velocity: 60, beatPeriod: 1 }, { velocity: 70, beatPeriod: 1 }, { velocity: 80, beatPeriod: 2 }, null,
  ]);

  test("a beat falls with the mean of its chord, and is as loud as the chord's mean", () => {
    const { timeSec, velocity } = renderedBeats(score, played, Float64Array.from([0, 1]));
    expect([...timeSec]).toEqual([0, 1]);
    expect(velocity[0]).toBeCloseTo(50, 4);
    expect(velocity[1]).toBeCloseTo(70, 4);
  });

  test("a beat at which nothing is struck lies between its neighbours and has no loudness", () => {
    const whole = tinyPerformance([{ beatPeriod: 1 }, { beatPeriod: 1 }, { beatPeriod: 1 }, { beatPeriod: 2 }, {}]);
    const { timeSec, velocity } = renderedBeats(score, whole, Float64Array.from([2, 3]));
    // Onset 1.5 falls at 1.5 s; a beat period of 2 s to onset 3 at 4.5 s: quarter 2 is a third of the way.
    expect(timeSec[0]).toBeCloseTo(2.5, 6);
    expect(timeSec[1]).toBeCloseTo(4.5, 6);
    expect(velocity[0]).toBeNaN();
  });

  test("beats before the first onset and after the last played one are unknown", () => {
    const { timeSec } = renderedBeats(score, played, Float64Array.from([-1, 0, 3]));
    expect(timeSec[0]).toBeNaN();
    expect(timeSec[2]).toBeNaN();
  });

  test("beats that do not rise are refused", () => {
    expect(() => renderedBeats(score, played, Float64Array.from([1, 1]))).toThrow(CodecError);
  });
});
