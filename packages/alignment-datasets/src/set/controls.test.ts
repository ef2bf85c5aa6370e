/**
 * @file Controls and mixes of a set: stored, read back, merged, given to classic models, exported.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { zeros, type PerformanceParameters } from "@dexter/codec";
import { originalSegments } from "../loader/original-segments.js";
import { setSegments } from "../loader/set-segments.js";
import { exportOriginalLayout } from "../original/original-layout.js";
import { readOriginalLayout } from "../original/original-reader.js";
import type { MixPart, StoredControls } from "./format.js";
import { hdf5 } from "./hdf5.js";
import { mergeSets } from "./merge-sets.js";
import { openSet } from "./set-reader.js";
import { writeSet } from "./set-writer.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-controls-"));
afterAll(() => rmSync(folder, { recursive: true }));

const N = 5;
const PERCEPTUAL = ["melodiousness", "perceivedArticulation", "rhythmicComplexity", "rhythmicStability", "dissonance", "tonalStability", "minorness"];
const OPTIONS = { featureSet: "classic", featureNames: ["onsetDiv"], release: "sound", seed: 1, validation: 0 } as const;
// One musical control stands before the perceptual ones, which stand in another order than the original's.
const NAMES = ["tempo", ...[...PERCEPTUAL].reverse()];

/** 100·performance + 10·note + control; the tempo of note 3 is unknown. */
function controls(k: number, names: readonly string[] = NAMES): StoredControls {
  const Q = names.length;
  const mask = Uint8Array.from({ length: N * Q }, (_, i) => (Math.floor(i / Q) === 3 && names[i % Q] === "tempo" ? 0 : 1));
  return { values: { data: Float32Array.from(mask, (known, i) => (known ? 100 * k + 10 * Math.floor(i / Q) + (i % Q) : 0)), shape: [N, Q] }, mask };
}

function parameters(k: number): PerformanceParameters {
  const column = (scale: number): Float64Array => Float64Array.from({ length: N }, (_, n) => k + n * scale + 1);
  const mask = Uint8Array.of(1, 1, 0, 1, 1);
  return { length: N, beatPeriod: column(1), velocityNorm: column(0.1), timingSec: column(0.01), articulationLog2: column(-1), pedalNorm: column(0), mask, release: "sound" };
}

async function store(path: string, piece: string, names: readonly string[], mix?: MixPart[]): Promise<void> {
  const writer = await writeSet(path, { ...OPTIONS, controlNames: names });
  const times = Float64Array.from({ length: N }, (_, n) => n);
  const whole = Int32Array.from(times);
  const score = writer.addScore({
    description: { corpus: "test", piece, work: piece, composer: "", title: "", split: "train", scorePath: `${piece}.xml`, licence: "" },
    notes: {
      length: N, id: Array.from(times, (n) => `n${n}`), onsetBeat: times, durationBeat: times, onsetQuarter: times, durationQuarter: times, onsetDiv: whole, durationDiv: whole,
      divsPerQuarter: whole, voice: whole, staff: whole, measure: whole, beats: whole, beatType: whole, pitch: Uint8Array.from(whole), grace: new Uint8Array(N),
    },
    features: zeros(N, 1),
  });
  for (const k of [0, 1]) score.add({ id: `p${k}`, performer: "", source: "", matchRatio: 1 }, parameters(k), names.length > 0 ? controls(k, names) : undefined);
  if (mix) score.add({ id: "mix-0", performer: "", source: "", matchRatio: 1, mix }, parameters(0.5), names.length > 0 ? controls(0.5, names) : undefined);
  score.finish();
  await writer.finish();
}

const MIX = [{ id: "p0", weight: 0.5 }, { id: "p1", weight: 0.5 }];

describe("controls of a set", () => {
  test("are read back, unknown values apart", async () => {
    const path = join(folder, "set.h5");
    await store(path, "A", NAMES);
    const set = await openSet(path);
    expect(set.description.controlNames).toEqual(NAMES);
    expect(set.readPerformance(0, 1).controls).toEqual(controls(1));
    expect(set.readControls(0, 0)).toEqual(controls(0));
    expect(() => set.readControls(0, 2)).toThrow("performance 2 of a score with 2 performances");
    set.close();
  });

  test("a set without them has none", async () => {
    const path = join(folder, "bare.h5");
    await store(path, "B", []);
    const set = await openSet(path);
    expect(set.description.controlNames).toEqual([]);
    expect(set.readControls(0, 0)).toBeNull();
    expect(set.readPerformance(0, 0)).not.toHaveProperty("controls");
    expect(setSegments(set, { split: "train", notes: 2 }).read(0).perceptual).toBeNull();
    set.close();
  });

  test("must be those of the set", async () => {
    const writer = await writeSet(join(folder, "misfit.h5"), { ...OPTIONS, controlNames: ["tempo"] });
    const times = new Float64Array(N);
    const whole = new Int32Array(N);
    const score = writer.addScore({
      description: { corpus: "", piece: "", work: "", composer: "", title: "", split: "train", scorePath: "", licence: "" },
      notes: {
        length: N, id: Array.from(times, String), onsetBeat: times, durationBeat: times, onsetQuarter: times, durationQuarter: times, onsetDiv: whole, durationDiv: whole,
        divsPerQuarter: whole, voice: whole, staff: whole, measure: whole, beats: whole, beatType: whole, pitch: new Uint8Array(N), grace: new Uint8Array(N),
      },
      features: zeros(N, 1),
    });
    const entry = { id: "x", performer: "", source: "", matchRatio: 1 };
    expect(() => score.add(entry, parameters(0))).toThrow("controls of x must be [5, 1], got none");
    expect(() => score.add(entry, parameters(0), controls(0))).toThrow("controls of x must be [5, 1], got [5, 8]");
    await writer.discard();
  });

  test("stay when sets are merged, and sets with others are not merged", async () => {
    await store(join(folder, "other.h5"), "C", NAMES, MIX);
    await mergeSets([join(folder, "set.h5"), join(folder, "other.h5")], join(folder, "merged.h5"));
    const merged = await openSet(join(folder, "merged.h5"));
    expect(merged.readControls(0, 1)).toEqual(controls(1));
    expect(merged.readControls(1, 2)).toEqual(controls(0.5));
    expect(merged.entry(1).performances.map(({ mix }) => mix)).toEqual([undefined, undefined, MIX]);
    merged.close();
    await expect(mergeSets([join(folder, "set.h5"), join(folder, "bare.h5")], join(folder, "x.h5"))).rejects.toThrow("expected controls tempo, minorness");
  });

  test("are the perceptual features of classic segments and of the original's layout, in the original's order", async () => {
    const set = await openSet(join(folder, "other.h5"));
    // Note n of performance k: columns 7 … 1 of the reversed names.
    const rows = (k: number, notes: readonly number[]) => notes.flatMap((n) => [7, 6, 5, 4, 3, 2, 1].map((column) => 100 * k + 10 * n + column));
    const padding = Array<number>(7).fill(0);
    const train = setSegments(set, { split: "train", notes: 3 });
    // Column c over performances 0 and 1, the mix left out: c + 70 on average, of 0 … 40 and 100 … 140.
    const deviation = Math.sqrt(50 ** 2 + (20 ** 2 + 10 ** 2) * 2 / 5);
    expect(train.perceptualScale!.mean.map((mean, c) => mean - (7 - c))).toEqual(Array(7).fill(70));
    for (const sd of train.perceptualScale!.sd) expect(sd).toBeCloseTo(deviation, 9);
    const standard = (k: number, notes: readonly number[]) => rows(k, notes).map((value, i) => Math.fround((value - 70 - (7 - (i % 7))) / deviation));
    expect([...train.read(1).perceptual!]).toEqual(standard(1, [0, 1, 2]));
    expect([...train.read(4).perceptual!]).toEqual([...standard(1, [3, 4]), ...padding]);
    const path = join(folder, "original.h5");
    await exportOriginalLayout(set, path, { segmentLength: 3 });
    set.close();
    const original = await readOriginalLayout(path);
    // Note 2 was not played.
    expect([...original.read("TEST_1_0")[0].perceptualFeatures!.data]).toEqual(rows(1, [0, 1, 3]));
    expect([...original.read("TEST_1_1")[0].perceptualFeatures!.data]).toEqual([...rows(1, [4]), ...padding, ...padding]);
    expect([...original.segments()].map(({ pieceName }) => pieceName)).toEqual(["C", "C", "C", "C", "C_mixup", "C_mixup"]);
    original.close();
  });
});

describe("mixes of a set", () => {
  test("are of no passage but their own, and do not enter the scale", async () => {
    const [set, plain] = [await openSet(join(folder, "other.h5")), await openSet(join(folder, "set.h5"))];
    expect(set.readPerformance(0, 2).description.mix).toEqual(MIX);
    expect(set.readPerformance(0, 0).description).not.toHaveProperty("mix");
    expect(set.description.statistics).toEqual(plain.description.statistics);
    // The tempo of note 3 is unknown: 0, 10, 20, 40 and 100, 110, 120, 140.
    expect(set.description.statistics.controls!.mean[0]).toBe((70 + 470) / 8);
    const train = setSegments(set, { split: "train", notes: 3 });
    expect(train.length).toBe(6);
    expect([0, 1, 2, 3, 4, 5].map((index) => train.passage(index))).toEqual([[0, 1], [0, 1], [2], [3, 4], [3, 4], [5]]);
    set.close();
    plain.close();
  });

  test("of the original's layout likewise, and its mixes of unseen pieces are left out", async () => {
    const original = await readOriginalLayout(join(folder, "original.h5"));
    const { train } = originalSegments(original, { notes: 3 });
    expect(Array.from({ length: 6 }, (_, index) => train.passage(index))).toEqual([[0, 2], [1, 3], [0, 2], [1, 3], [4], [5]]);
    original.close();
    const path = join(folder, "tests.h5");
    const { File } = await hdf5();
    const file = new File(path, "w");
    for (const [name, piece] of [["ASAP_0", "A"], ["ASAP_1", "A_mixup"]]) {
      const group = file.create_group(name);
      group.create_dataset({ name: "p_codec", data: new Float32Array(15).fill(1), shape: [1, 3, 5] });
      group.create_dataset({ name: "s_codec", data: new Int32Array(12).fill(1), shape: [1, 3, 4] });
      group.create_dataset({ name: "c_codec", data: new Float32Array(21), shape: [1, 3, 7] });
      for (const [key, value] of [["snote_id_path", ""], ["score_path", "A.xml"], ["piece_name", piece], ["split", "test"]]) group.create_dataset({ name: key, data: [value], shape: [1] });
    }
    file.close();
    const tests = await readOriginalLayout(path);
    expect(originalSegments(tests, { notes: 3 }).test.length).toBe(1);
    tests.close();
  });
});

test("a set of version 1 is read as it is", async () => {
  const path = join(folder, "first.h5");
  await store(path, "D", []);
  const { File } = await hdf5();
  const file = new File(path, "a");
  file.delete_attribute("version");
  file.create_attribute("version", 1, null, "<i");
  file.close();
  const set = await openSet(path);
  expect(set.entry(0).performances).toHaveLength(2);
  expect([set.description.controlNames, set.readPairs("train")]).toEqual([[], null]);
  set.close();
  const later = new File(path, "a");
  later.delete_attribute("version");
  later.create_attribute("version", 3, null, "<i");
  later.close();
  await expect(openSet(path)).rejects.toThrow("expected version 1 or 2 of the set's format, got 3. Prepare it again");
});
