import { describe, expect, test } from "@jest/globals";
import { scoreOf } from "../../test/golden/codec-reference.js";
import type { Alignment } from "../alignment/alignment.js";
import { CodecError } from "../errors.js";
import { assemblePerformance } from "../performance/assembly.js";
import { decodePerformance } from "./decoder.js";
import { encodePerformance } from "./encoder.js";
import { scoreForAlignment } from "./score-for-alignment.js";

const score = scoreOf({ id: ["a", "b", "c", "d"], onset_beat: [0, 0, 1, 3], duration_beat: [1, 1, 2, 1], pitch: [48, 60, 62, 64] });
const performance = assemblePerformance(
  [
    { id: "n0", onsetSec: 1, keyDurationSec: 0.5, pitch: 48, velocity: 64 },
    { id: "n1", onsetSec: 1.1, keyDurationSec: 0.02, pitch: 60, velocity: 127 },
    { id: "n2", onsetSec: 1.55, keyDurationSec: 2, pitch: 62, velocity: 1 },
    { id: "n3", onsetSec: 2.55, keyDurationSec: 1, pitch: 64, velocity: 100 },
  ],
  [{ timeSec: 1, controller: 64, value: 0 }, { timeSec: 2, controller: 64, value: 127 }, { timeSec: 1, controller: 67, value: 127 }],
);
const match = (scoreId: string, performedId: string): Alignment[number] => ({ kind: "match", scoreId, performedId });
const all = ["a", "b", "c", "d"].map((id, i) => match(id, `n${i}`));
const close = (values: Float64Array): number[] => Array.from(values, (value) => Number(value.toFixed(5)));

describe("encoding", () => {
  const parameters = encodePerformance(score, performance, all, { release: "key" });

  test("a chord shares one beat period, from the mean of its onsets", () => {
    expect(close(parameters.beatPeriod)).toEqual([0.5, 0.5, 0.5, 1]);
  });

  test("early is positive", () => {
    expect(close(parameters.timingSec)).toEqual([0.05, -0.05, 0, 0]);
  });

  test("lengths are floored at 75 ms and taken over the notated length", () => {
    expect(close(parameters.articulationLog2)).toEqual([0, Math.log2(0.075 / 0.5), 1, 0].map((value) => Number(value.toFixed(5))));
  });

  test("the pedal is CC64 alone, on a line between its events", () => {
    expect(close(parameters.pedalNorm)).toEqual([0, 0.1, 0.55, 1]);
    expect(close(parameters.velocityNorm)).toEqual([64 / 127, 1, 1 / 127, 100 / 127].map((value) => Number(value.toFixed(5))));
  });

  test("an unmatched note is masked and moves no tempo", () => {
    const { mask, beatPeriod } = encodePerformance(score, performance, [all[0], { kind: "deletion", scoreId: "b" }, all[2], all[3]], { release: "key" });
    expect([...mask]).toEqual([1, 0, 1, 1]);
    expect(close(beatPeriod)).toEqual([0.55, 0, 0.5, 1]);
  });

  test("a chord played before its forerunner takes the time between its neighbours", () => {
    const back = assemblePerformance([0, 2, 1, 3].map((onsetSec, i) => ({ id: `n${i}`, onsetSec, keyDurationSec: 1, pitch: 60, velocity: 64 })));
    const line = scoreOf({ id: ["a", "b", "c", "d"], onset_beat: [0, 1, 2, 3], duration_beat: [1, 1, 1, 1], pitch: [60, 60, 60, 60] });
    const { beatPeriod, timingSec } = encodePerformance(line, back, all);
    expect(close(beatPeriod)).toEqual([2, 0.5, 0.5, 1]);
    expect(close(timingSec)).toEqual([0, 0, 1.5, 0]);
  });

  test("a grace note has articulation 0", () => {
    const grace = scoreOf({ id: ["a", "b", "c", "d"], onset_beat: [0, 0, 1, 3], duration_beat: [1, 0, 2, 1], pitch: [48, 60, 62, 64] });
    expect(encodePerformance(grace, performance, all).articulationLog2[1]).toBe(0);
  });

  test.each([
    [[match("x", "n0"), match("a", "n1"), match("y", "n2")], /matches 2 of 3 notes that the score does not have, first "x"/],
    [[match("a", "n77")], /matches 1 of 1 notes that the performance does not have, first "n77"/],
    [[], /expected an alignment with matches, got 0 entries/],
  ])("refuses foreign ids (%#)", (alignment, message) => {
    expect(() => encodePerformance(score, performance, alignment)).toThrow(CodecError);
    expect(() => encodePerformance(score, performance, alignment)).toThrow(message);
  });
});

describe("decoding", () => {
  const parameters = encodePerformance(score, performance, all, { release: "key" });

  test("starts where it is told and gives back onsets, velocities and lengths", () => {
    const { performance: back, alignment } = decodePerformance(score, parameters, { firstOnsetSec: 1 });
    expect(close(back.notes.onsetSec)).toEqual([1, 1.1, 1.55, 2.55]);
    expect(close(back.notes.keyDurationSec)).toEqual([0.5, 0.075, 2, 1]);
    expect([...back.notes.velocity]).toEqual([64, 127, 1, 100]);
    expect(alignment).toEqual(all);
  });

  test("writes CC64 for key release, none for sound release unless asked", () => {
    expect(decodePerformance(score, parameters).performance.controls.length).toBeGreaterThan(0);
    expect(decodePerformance(score, { ...parameters, release: "sound" }).performance.controls.length).toBe(0);
    expect(decodePerformance(score, { ...parameters, release: "sound" }, { pedal: true }).performance.controls.length).toBeGreaterThan(0);
  });

  test("leaves masked notes out and lists them as deletions", () => {
    const { performance: back, alignment } = decodePerformance(score, { ...parameters, mask: Uint8Array.of(1, 0, 1, 1) });
    expect(back.notes.length).toBe(3);
    expect(alignment[1]).toEqual({ kind: "deletion", scoreId: "b" });
  });

  test.each([
    [{ beatPeriod: Float64Array.of(1, 1, 0, 1) }, /note "c" needs finite parameters and a positive beat period/],
    [{ timingSec: Float64Array.of(NaN, 0, 0, 0) }, /note "a" needs finite/],
    [{ mask: new Uint8Array(4) }, /at least one note that is not masked/],
    [{ length: 3 }, /the score has 4 notes, the parameters 3/],
    [{ beatPeriod: new Float64Array(4).fill(1e9) }, /at most 604800 s/],
  ])("refuses parameters that mean nothing (%#)", (wrong, message) => {
    expect(() => decodePerformance(score, { ...parameters, ...wrong })).toThrow(message);
  });
});

test("an alignment of another score is refused with the counts", () => {
  expect(scoreForAlignment(score, all)).toBe(score);
  expect(() => scoreForAlignment(score, ["p", "q", "a"].map((id) => match(id, "n0")))).toThrow(/of 3 score notes it names, 1 stand in the score, "p" does not/);
});
