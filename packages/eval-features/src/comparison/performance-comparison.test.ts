import { describe, expect, test } from "@jest/globals";
import { CodecError, type PerformanceParameters } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { onScore } from "./common-score.js";
import { compareEach, comparePerformances, COMPARED_MEASURES } from "./performance-comparison.js";

/** Eight single notes, a beat apart. */
const score = tinyScore([0, 1, 2, 3, 4, 5, 6, 7].map((onset) => ({ onset, pitch: 60 + onset })));
const SHAPE = [1, 4, 2, 8, 5, 7, 3, 6];

function played(shape: readonly number[], base = 60, factor = 1): PerformanceParameters {
  return tinyPerformance(shape.map((x) => ({ velocity: base + factor * x, beatPeriod: 60 / (100 + factor * x), articulation: 0.1 * x })));
}

describe("performances compared", () => {
  test("one with itself: r 1, everything else 0", () => {
    const { tempo, velocityNote, pedal } = comparePerformances(score, played(SHAPE), played(SHAPE));
    for (const one of [tempo, velocityNote]) {
      expect(one).toMatchObject({ pairs: 1, meanDifference: 0, deviationDifference: 0, klDivergence: 0, wasserstein: 0, warping: 0 });
      expect(one.pearson).toBeCloseTo(1, 9);
      expect(one.spearman).toBeCloseTo(1, 9);
    }
    expect(tempo.places).toBe(7); // without the last onset
    expect(velocityNote.places).toBe(8);
    expect(pedal).toMatchObject({ meanDifference: 0, wasserstein: 0, pearson: Number.NaN, klDivergence: Number.NaN });
  });

  test("one with a louder, twice as varied one: differences worked out by hand", () => {
    const { velocityNote } = comparePerformances(score, played(SHAPE, 70, 2), played(SHAPE));
    expect(velocityNote.pearson).toBeCloseTo(1, 9);
    expect(velocityNote.meanDifference).toBeCloseTo(14.5, 9); // 70 + 2 · 4.5 − (60 + 4.5)
    expect(velocityNote.deviationDifference).toBeCloseTo(Math.sqrt(63 / 12), 9); // of 1 … 8
    expect(velocityNote.wasserstein).toBeCloseTo(14.5, 9);
    expect(velocityNote.klDivergence).toBeGreaterThan(1);
  });

  test("a set with a set is the mean of the pairs; values are pooled", () => {
    const opposite = SHAPE.map((x) => 9 - x);
    const { velocityNote } = comparePerformances(score, [played(SHAPE)], [played(SHAPE), played(opposite), played(SHAPE, 63)]);
    expect(velocityNote.pairs).toBe(3);
    expect(velocityNote.pearson).toBeCloseTo(1 / 3, 9);
    expect(velocityNote.meanDifference).toBeCloseTo(-1, 9);
    expect(velocityNote.wasserstein).toBeCloseTo(1, 9); // a third of all values is 3 higher
  });

  test("each with the others is what one with many gives", () => {
    const all = [played(SHAPE), played(SHAPE.map((x) => 9 - x)), played(SHAPE, 50, 3)];
    const each = compareEach(score, all, [], { minPlayed: 1 });
    all.forEach((one, p) => {
      const others = all.filter((_, q) => q !== p);
      const expected = comparePerformances(score, one, others, { minPlayed: 1 });
      for (const measure of COMPARED_MEASURES) {
        for (const [figure, value] of Object.entries(expected[measure])) {
          const got = each[p][measure][figure as "pearson"];
          if (Number.isNaN(value)) expect(got).toBeNaN();
          else expect(got).toBeCloseTo(value as number, 9);
        }
      }
    });
    const [withHumans] = compareEach(score, all.slice(0, 1), all.slice(1), { minPlayed: 1 });
    expect(withHumans.velocityNote.pearson).toBeCloseTo(each[0].velocityNote.pearson, 12);
  });

  test("a tempo is clipped two octaves from its median, so that one slip does not decide every figure", () => {
    const slip = played([0, 0, 0, 0, 0, 0, 0, 0]);
    slip.beatPeriod[3] = 0.01; // 6000 beats a minute, where the rest has 100
    const { tempo } = comparePerformances(score, slip, played([0, 0, 0, 0, 0, 0, 0, 0]));
    expect(tempo.meanDifference).toBeCloseTo(300 / 7, 9); // 400 for one of seven onsets
  });

  test("asks for two performances of one release and one score", () => {
    expect(() => compareEach(score, [played(SHAPE)])).toThrow("expected two performances, or one and people's, got 1 and 0");
    expect(() => comparePerformances(score, played(SHAPE), [])).toThrow(CodecError);
    expect(() => comparePerformances(score, played(SHAPE), { ...played(SHAPE), release: "sound" })).toThrow('got "key" and "sound"');
  });
});

test("another unfolding masks the passes that it alone has", () => {
  const written = tinyScore([{ onset: 0 }, { onset: 1 }]);
  const unfold = (writtenNote: number[], pass: number[]) => ({
    ...tinyScore(writtenNote.map((_, onset) => ({ onset }))), unfolding: { written, writtenNote: Int32Array.from(writtenNote), pass: Uint8Array.from(pass) },
  });
  const once = unfold([0, 1], [1, 1]);
  const twice = unfold([0, 1, 0, 1], [1, 1, 2, 2]);
  const there = onScore(tinyPerformance([{ velocity: 10 }, { velocity: 20 }]), once, twice);
  expect([...there.mask]).toEqual([1, 1, 0, 0]);
  expect([...there.velocityNorm].map((v) => Math.round(127 * v))).toEqual([10, 20, 0, 0]);
  const back = onScore(tinyPerformance([1, 2, 3, 4].map((v) => ({ velocity: v }))), twice, once);
  expect([...back.velocityNorm].map((v) => Math.round(127 * v))).toEqual([1, 2]);
  expect([...onScore(there, twice, written).mask]).toEqual([1, 1]);
});
