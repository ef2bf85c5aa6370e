import { describe, expect, test } from "@jest/globals";
import { ShapeError } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../test/tiny-score.js";
import { tempoCurve, velocityCurve } from "./curves.js";

describe("tempoCurve", () => {
  const score = tinyScore([{ onset: 0 }, { onset: 1 }, { onset: 3 }, { onset: 4 }]);

  test("is 60 over the beat period, and the last onset keeps the tempo before it", () => {
    const tempo = tempoCurve(score, tinyPerformance([{ beatPeriod: 0.5 }, { beatPeriod: 1 }, { beatPeriod: 0.75 }, { beatPeriod: 9 }]));
    expect([...tempo.value].map((bpm) => Math.round(bpm * 1e6) / 1e6)).toEqual([120, 60, 80, 80]);
    expect([...tempo.onsetBeat]).toEqual([0, 1, 3, 4]);
    expect(tempo.bar).toEqual(["1", "1", "1", "2"]);
  });

  test("counts eighths in 6/8 by the beat, quarters when asked", () => {
    const inEighths = tinyScore([{ onset: 0 }, { onset: 1 }, { onset: 2 }], 2);
    const played = tinyPerformance([{ beatPeriod: 0.25 }, { beatPeriod: 0.25 }, {}]);
    expect(tempoCurve(inEighths, played).value[0]).toBeCloseTo(240, 9);
    expect(tempoCurve(inEighths, played, { unit: "quarter" }).value[0]).toBeCloseTo(120, 9);
  });

  test("runs on through an onset that was not played", () => {
    const tempo = tempoCurve(score, tinyPerformance([{ beatPeriod: 0.5 }, null, { beatPeriod: 1 }, {}]));
    expect(tempo.value[0]).toBeCloseTo(120, 9);
    expect(tempo.value[1]).toBeCloseTo(120, 9);
    expect(tempo.value[2]).toBeCloseTo(60, 9);
  });

  test("is not defined before the first and after the last played onset", () => {
    const tempo = tempoCurve(score, tinyPerformance([null, { beatPeriod: 0.5 }, { beatPeriod: 0.5 }, null]));
    expect(tempo.value[0]).toBeNaN();
    expect(tempo.value[1]).toBeCloseTo(120, 9);
    expect(tempo.value[3]).toBeNaN();
  });

  test("does not let a grace note pull the beat forward", () => {
    const graced = tinyScore([{ onset: 0 }, { onset: 1, duration: 0, pitch: 59 }, { onset: 1, pitch: 60 }, { onset: 2 }]);
    // The encoder's onset of the second beat is the mean of 0.8 s (grace) and 1.0 s: 0.9 s.
    const played = tinyPerformance([{ beatPeriod: 0.9 }, { beatPeriod: 1.1, timing: 0.1 }, { beatPeriod: 1.1, timing: -0.1 }, {}]);
    expect(tempoCurve(graced, played).value[0]).toBeCloseTo(60, 9);
    expect(tempoCurve(graced, played).value[1]).toBeCloseTo(60, 9);
  });

  test("refuses parameters of another score", () => {
    expect(() => tempoCurve(score, tinyPerformance([{}]))).toThrow(ShapeError);
    expect(() => tempoCurve(score, tinyPerformance([{}]))).toThrow("expected parameters of the score's 4 notes, got 1");
  });
});

describe("velocityCurve", () => {
  const score = tinyScore([{ onset: 0, pitch: 48 }, { onset: 0, pitch: 60 }, { onset: 1, duration: 0 }, { onset: 1 }, { onset: 2 }]);

  test("is the mean of the chord's played notes, without grace notes", () => {
    const velocity = velocityCurve(score, tinyPerformance([{ velocity: 40 }, { velocity: 60 }, { velocity: 127 }, { velocity: 70 }, null]));
    expect(velocity.value[0]).toBeCloseTo(50, 9);
    expect(velocity.value[1]).toBeCloseTo(70, 9);
    expect(velocity.value[2]).toBeNaN();
  });

  test("refuses parameters of another score", () => {
    expect(() => velocityCurve(score, tinyPerformance([{}]))).toThrow("expected parameters of the score's 5 notes, got 1");
  });
});
