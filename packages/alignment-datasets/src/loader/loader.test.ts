/**
 * @file Segments of a small set, of its export in the original's layout, and their interpolations.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { exportOriginalLayout } from "../original/original-layout.js";
import { readOriginalLayout, type OriginalSet } from "../original/original-reader.js";
import { openSet, type StoredSet } from "../set/set-reader.js";
import { writeSet } from "../set/set-writer.js";
import { byteCache } from "./byte-cache.js";
import { mixSegments } from "./mixup.js";
import { originalSegments } from "./original-segments.js";
import type { LoadedSegment } from "./segment.js";
import { setSegments } from "./set-segments.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-loader-"));
const NOTES = 4;
let set: StoredSet;
let original: OriginalSet;

/** Beat period 100·score + 10·performance + note: every value tells where it comes from. Performance 1 leaves out note 2. */
beforeAll(async () => {
  const path = join(folder, "set.h5");
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["onsetDiv", "durationDiv", "pitch", "voice"], release: "sound", seed: 1, validation: 0 });
  const pieces = [["train", 6, 2], ["validation", 4, 1], ["train", 9, 3]] as const;
  for (const [s, [split, length, performances]] of pieces.entries()) {
    const times = Float64Array.from({ length }, (_, n) => n);
    const whole = (value: number) => new Int32Array(length).fill(value);
    const score = writer.addScore({
      description: { corpus: "test", piece: `p${s}`, work: `w${s}`, composer: "", title: "", split, scorePath: `p${s}.musicxml`, licence: "" },
      notes: {
        length, id: Array.from(times, (n) => `n${n}`), onsetBeat: times, onsetQuarter: times, durationBeat: times, durationQuarter: times,
        onsetDiv: Int32Array.from(times, (n) => 8 * n), durationDiv: whole(8), divsPerQuarter: whole(8), voice: whole(1 + s), staff: whole(1), measure: whole(1),
        beats: whole(4), beatType: whole(4), pitch: Uint8Array.from(times, (n) => 60 + n), grace: new Uint8Array(length),
      },
      features: { data: new Float32Array(length * 4), shape: [length, 4] },
    });
    for (let k = 0; k < performances; k++) {
      score.add({ id: `${s}-${k}`, performer: "", source: "", matchRatio: 1 }, {
        length, beatPeriod: times.map((n) => 100 * s + 10 * k + n), velocityNorm: times.map(() => 0.5), timingSec: times.map((n) => n / 100),
        articulationLog2: times.map(() => -k), pedalNorm: times.map(() => 1), mask: Uint8Array.from(times, (n) => (k === 1 && n === 2 ? 0 : 1)), release: "sound",
      });
    }
    score.finish();
  }
  await writer.finish();
  set = await openSet(path);
  await exportOriginalLayout(set, join(folder, "original.h5"), { segmentLength: NOTES });
  original = await readOriginalLayout(join(folder, "original.h5"));
});
afterAll(() => {
  set.close();
  original.close();
  rmSync(folder, { recursive: true });
});

const beatPeriods = ({ parameters }: LoadedSegment) => Array.from(parameters).filter((_, i) => i % 5 === 0);
const pitches = ({ score }: LoadedSegment) => Array.from(score).filter((_, i) => i % 4 === 2);

describe("segments of a set", () => {
  test("run over scores, passages and performances of the split", () => {
    const train = setSegments(set, { split: "train", notes: NOTES });
    expect(train.length).toBe(2 * 2 + 3 * 3);
    expect(beatPeriods(train.read(0))).toEqual([0, 1, 2, 3]);
    expect(beatPeriods(train.read(1))).toEqual([10, 11, 0, 13]);
    expect(beatPeriods(train.read(3))).toEqual([14, 15, 0, 0]);
    expect(beatPeriods(train.read(4 + 3 + 2))).toEqual([224, 225, 226, 227]);
    expect(setSegments(set, { split: "validation", notes: NOTES }).length).toBe(1);
    expect(train.record).toMatchObject({ split: "train", release: "sound", scores: 2, performances: 5 });
  });

  test("notes that were not played and padding are masked; the last note stands for the padding", () => {
    const train = setSegments(set, { split: "train", notes: NOTES });
    expect([...train.read(1).mask]).toEqual([1, 1, 0, 1]);
    const tail = train.read(3);
    expect([...tail.mask]).toEqual([1, 1, 0, 0]);
    expect(pitches(tail)).toEqual([64, 65, 65, 65]);
    expect([...tail.score.subarray(0, 4)]).toEqual([32, 8, 64, 1]);
  });

  test("performances of a passage know one another", () => {
    const train = setSegments(set, { split: "train", notes: NOTES });
    expect(train.passage(2)).toEqual([2, 3]);
    expect(train.passage(8)).toEqual([7, 8, 9]);
    expect(pitches(train.read(7))).toEqual(pitches(train.read(9)));
  });

  test("a small cache, or none, changes nothing", () => {
    const [cached, bare] = [64, 0].map((cacheMB) => setSegments(set, { split: "train", notes: NOTES, hop: 2, cacheMB }));
    for (let i = cached.length - 1; i >= 0; i--) expect(bare.read(i)).toEqual(cached.read(i));
  });

  test("the scale is that of the played training notes", () => {
    const { scale } = setSegments(set, { split: "validation", notes: NOTES });
    // Piece 0: 0–5 and 10–15 without 12; piece 2: 200–208, 210–218 without 212, 220–228.
    const played = [0, 1, 2, 3, 4, 5, 10, 11, 13, 14, 15, ...Array.from({ length: 27 }, (_, i) => 200 + 10 * Math.floor(i / 9) + (i % 9)).filter((v) => v !== 212)];
    const mean = played.reduce((a, b) => a + b, 0) / played.length;
    expect(scale.mean[0]).toBeCloseTo(mean, 4);
    expect(scale.sd[0]).toBeCloseTo(Math.sqrt(played.reduce((sum, v) => sum + (v - mean) ** 2, 0) / played.length), 4);
    expect(scale.sd[1]).toBe(1);
  });

  test("another cut, another fingerprint", () => {
    const prints = [{ notes: 4 }, { notes: 5 }, { notes: 4, hop: 2 }].map((cut) => setSegments(set, { split: "train", ...cut }).fingerprint);
    expect(new Set(prints).size).toBe(3);
    expect(setSegments(set, { split: "train", notes: 4 }).fingerprint).toBe(prints[0]);
  });

  test("what is not there is refused", () => {
    expect(() => setSegments(set, { split: "test" })).toThrow('holds no performance in the split "test"');
    expect(() => setSegments(set, { split: "train", release: "key" })).toThrow('expected release "key", got "sound". Prepare the set with --release key');
    expect(() => setSegments(set, { split: "train", notes: 0 })).toThrow("expected a positive integer");
    const train = setSegments(set, { split: "train", notes: NOTES });
    expect(() => train.read(train.length)).toThrow(RangeError);
    expect(() => set.readParameters(0, 2)).toThrow("performance 2 of a score with 2 performances");
  });
});

describe("segments of the original's layout", () => {
  test("are those of the played notes, split as the set is", () => {
    const parts = originalSegments(original, { notes: NOTES });
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([12, 1, 0]);
    const all = Array.from({ length: 12 }, (_, i) => parts.train.read(i));
    const tail = all.find((segment) => segment.parameters[0] === 15)!;
    // Five of six notes are left: the second segment holds one.
    expect([...tail.mask]).toEqual([1, 0, 0, 0]);
    expect(pitches(tail)).toEqual([65, 65, 65, 65]);
    expect(parts.train.scale.mean[0]).toBeCloseTo(setSegments(set, { split: "train", notes: NOTES }).scale.mean[0], 3);
  });

  test("passages are told by their notes", () => {
    const { train } = originalSegments(original, { notes: NOTES });
    const sizes = Array.from({ length: train.length }, (_, i) => train.passage(i).length);
    // Performance 1 of each piece left a note out, and is cut differently from then on.
    expect(sizes.filter((size) => size === 1)).toHaveLength(4 + 2);
    for (let i = 0; i < train.length; i++) expect(train.passage(i)).toContain(i);
  });

  test("segments of another length are refused", () => {
    expect(() => originalSegments(original, { notes: 200 })).toThrow("expected segments of 200 notes, got 4");
  });
});

test("a piece is a mix by the ending of its name alone: neither Moment_musical nor a mixup within a name is one", async () => {
  const writer = await writeSet(join(folder, "names.h5"), { featureSet: "classic", featureNames: ["onsetDiv"], release: "sound", seed: 1, validation: 0 });
  const pieces = ["Moment_musical", "Study_mixup_no1", "mu"];
  const whole = (value: number) => new Int32Array(NOTES).fill(value);
  const times = Float64Array.of(0, 1, 2, 3);
  for (const [s, piece] of pieces.entries()) {
    const score = writer.addScore({
      description: { corpus: "test", piece, work: piece, composer: "", title: "", split: "train", scorePath: `${piece}.musicxml`, licence: "" },
      notes: {
        length: NOTES, id: ["a", "b", "c", "d"], onsetBeat: times, onsetQuarter: times, durationBeat: times, durationQuarter: times, onsetDiv: Int32Array.from(times),
        durationDiv: whole(1), divsPerQuarter: whole(1), voice: whole(1), staff: whole(1), measure: whole(1), beats: whole(4), beatType: whole(4),
        pitch: Uint8Array.of(60, 62, 64, 65), grace: new Uint8Array(NOTES),
      },
      features: { data: new Float32Array(NOTES), shape: [NOTES, 1] },
    });
    for (const [k, id] of ["first", "second", "both"].entries()) {
      const level = times.map(() => 10 * s + k + 1);
      score.add({ id, performer: "", source: "", matchRatio: 1, ...(id === "both" && { mix: [{ id: "first", weight: 0.5 }, { id: "second", weight: 0.5 }] }) }, {
        length: NOTES, beatPeriod: level, velocityNorm: level, timingSec: level, articulationLog2: level, pedalNorm: level, mask: new Uint8Array(NOTES).fill(1), release: "sound",
      });
    }
    score.finish();
  }
  await writer.finish();
  const named = await openSet(join(folder, "names.h5"));
  await exportOriginalLayout(named, join(folder, "names-original.h5"), { segmentLength: NOTES });
  named.close();
  const layout = await readOriginalLayout(join(folder, "names-original.h5"));
  const { train } = originalSegments(layout, { notes: NOTES, validation: 0 });
  // The performances of a piece are one another's partners, its mix is nobody's; statistics are of the performances: 1, 2, 11, 12, 21, 22.
  const partners = Object.fromEntries(Array.from({ length: train.length }, (_, i) => [train.read(i).parameters[0], train.passage(i).map((j) => train.read(j).parameters[0])]));
  expect(partners).toEqual({ 1: [1, 2], 2: [1, 2], 3: [3], 11: [11, 12], 12: [11, 12], 13: [13], 21: [21, 22], 22: [21, 22], 23: [23] });
  expect(train.scale.mean[0]).toBeCloseTo(11.5, 6);
  layout.close();
});

describe("mixup", () => {
  const at = (value: number, mask: readonly number[]): LoadedSegment => ({
    parameters: new Float32Array(10).fill(value), score: new Float32Array(8), perceptual: new Float32Array(14).fill(-value), mask: Uint8Array.from(mask),
  });

  test("values are weighted, masks intersect", () => {
    const mixed = mixSegments([at(1, [1, 1]), at(2, [1, 0]), at(4, [1, 1])], [0.5, 0.25, 0.25]);
    expect([...mixed.mask]).toEqual([1, 0]);
    expect([...mixed.parameters]).toEqual([2, 2, 2, 2, 2, 0, 0, 0, 0, 0]);
    expect(mixed.perceptual![0]).toBe(-2);
  });

  test("a weight of 0 does not mask", () => {
    expect([...mixSegments([at(1, [1, 1]), at(2, [0, 0])], [1, 0]).mask]).toEqual([1, 1]);
  });

  test("even weights give the original's interpolation", () => {
    // prepare_data.json, mixup_four_performances_N4: the first notes of two performances and of their mix.
    const [a, b, mix] = [[0.819, 59.295, -0.041, -0.977, 1.8], [1.004, 40.999, 0.042, -0.227, -0.453], [0.912, 50.147, 0.001, -0.602, 0.674]];
    const one = (parameters: readonly number[]): LoadedSegment => ({
      parameters: Float32Array.from(parameters), score: new Float32Array(4), perceptual: null, mask: Uint8Array.of(1),
    });
    mixSegments([one(a), one(b)], [0.5, 0.5]).parameters.forEach((value, i) => expect(Math.abs(value - mix[i])).toBeLessThan(6e-4));
  });

  test("weights must be as many as segments and sum to 1", () => {
    expect(() => mixSegments([at(1, [1, 1])], [0.5])).toThrow("sum to 1");
    expect(() => mixSegments([at(1, [1, 1]), at(1, [1, 1])], [1])).toThrow("2 segments and 1 weights");
  });
});

test("a cache forgets what was not used for longest", () => {
  const cache = byteCache<string>(10);
  const made: string[] = [];
  const get = (name: string, bytes = 4) => cache.get(name, () => (made.push(name), { value: name, bytes }));
  ["a", "b", "a", "c", "b", "a"].forEach((name) => get(name));
  expect(made).toEqual(["a", "b", "c", "b", "a"]);
  expect(get("huge", 11)).toBe("huge");
  expect(cache.bytes).toBe(8);
});
