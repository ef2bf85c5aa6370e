/**
 * @file Pairs against the original's, on random sets, and on one with more pairs than memory could hold.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { zeros, type PerformanceParameters } from "@dexter/codec";
import type { Dataset } from "h5wasm/node";
import { setPairs } from "../loader/set-pairs.js";
import type { PerformanceDescription } from "../set/format.js";
import { hdf5 } from "../set/hdf5.js";
import { openSet, type StoredSet } from "../set/set-reader.js";
import { writeSet } from "../set/set-writer.js";
import type { Split } from "../splits.js";
import { pairSet } from "./pair-set.js";
import { permutation } from "./permutation.js";
import { drawPairs, possiblePairs } from "./possible-pairs.js";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/pairs.json", import.meta.url), "utf8")) as {
  input: { number: number; piece_name: string }[]; pairs: [number, number][]; unpaired: number[];
};
const folder = mkdtempSync(join(tmpdir(), "dexter-pairs-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Plan {
  readonly piece: string;
  readonly split?: Split;
  readonly notes: number;
  /** Ids of performances; those with "+" are mixes. */
  readonly played: readonly string[];
  /** Ids of the notes begin with it. */
  readonly ids?: string;
}

/** A set whose beat period tells score, performance and note: 1000·score + 100·performance + note. */
async function store(path: string, plans: readonly Plan[]): Promise<void> {
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["onsetDiv"], release: "sound", seed: 1, validation: 0 });
  for (const [s, { piece, split = "train", notes: length, played, ids = "n" }] of plans.entries()) {
    const beats = Float64Array.from({ length }, (_, n) => n);
    const whole = Int32Array.from(beats);
    const score = writer.addScore({
      description: { corpus: "test", piece, work: piece, composer: "", title: "", split, scorePath: "", licence: "" },
      notes: {
        length, id: Array.from(beats, (n) => `${ids}${n}`), onsetBeat: beats, durationBeat: beats, onsetQuarter: beats, durationQuarter: beats, onsetDiv: whole,
        durationDiv: whole, divsPerQuarter: whole, voice: whole, staff: whole, measure: whole, beats: whole, beatType: whole, pitch: Uint8Array.from(whole), grace: new Uint8Array(length),
      },
      features: zeros(length, 1),
    });
    for (const [k, id] of played.entries()) {
      const parameters: PerformanceParameters = {
        length, beatPeriod: beats.map((n) => 1000 * s + 100 * k + n), velocityNorm: beats, timingSec: beats, articulationLog2: beats, pedalNorm: beats,
        mask: new Uint8Array(length).fill(1), release: "sound",
      };
      const mix = id.includes("+") ? id.split("+").map((part, _, { length: parts }) => ({ id: part, weight: 1 / parts })) : undefined;
      score.add({ id, performer: "", source: "", matchRatio: 1, ...(mix ? { mix } : {}) }, parameters);
    }
    score.finish();
  }
  await writer.finish();
}

/** As much of a set as pairing asks for, without a file. */
function listed(plans: readonly { piece: string; split: Split; noteCount: number; performances: readonly PerformanceDescription[] }[]): StoredSet {
  return {
    *entries() {
      for (const [index, { piece, split, noteCount, performances }] of plans.entries()) yield { index, noteCount, performances, description: { corpus: "test", piece, split } };
    },
    readNoteIds: (index: number) => Array.from({ length: plans[index].noteCount }, (_, n) => `n${n}`),
  } as unknown as StoredSet;
}

const player = (id: string): PerformanceDescription => ({ id, performer: "", source: "", matchRatio: 1 });
const mixed = (id: string): PerformanceDescription => ({ ...player(id), mix: [{ id: "a", weight: 1 }] });

describe("a permutation", () => {
  test("has every number once, whatever its size and seed", () => {
    for (const size of [1, 2, 3, 4, 5, 15, 16, 17, 64, 100, 257, 1000, 4097]) {
      for (const seed of [0, 1, 7, 2 ** 31 - 1, 2 ** 40]) {
        const order = permutation(size, seed);
        const numbers = new Set(Array.from({ length: size }, (_, place) => order(place)));
        expect([numbers.size, Math.min(...numbers), Math.max(...numbers)]).toEqual([size, 0, size - 1]);
      }
    }
  });

  test("another seed, another order; the first of it lie everywhere", () => {
    const first = (seed: number) => Array.from({ length: 2000 }, (_, place) => permutation(1e9, seed)(place));
    const [one, two] = [first(1), first(2)];
    expect(first(1)).toEqual(one);
    expect(one.filter((value, place) => value === two[place]).length).toBeLessThan(3);
    const tenths = Array.from({ length: 10 }, (_, tenth) => one.filter((value) => Math.floor(value / 1e8) === tenth).length);
    // 200 expected, standard deviation 13.4.
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(60);
    // No order left: neighbours are as far apart as two random numbers, a third of the range on average.
    const jumps = one.slice(1).map((value, i) => Math.abs(value - one[i]) / 1e9);
    expect(jumps.reduce((a, b) => a + b) / jumps.length).toBeCloseTo(1 / 3, 1);
  });

  test("refuses places behind its end", () => {
    expect(() => permutation(5, 1)(5)).toThrow("place 5 of a permutation of 5");
    expect(() => permutation(2 ** 53, 1)).toThrow("2^52");
  });
});

test("pairs are the original's, without its mixes and with the pieces that its filter loses", async () => {
  const path = join(folder, "golden.h5");
  // A's third performance ends after its first segment: another selection of bars, stored for itself. The mix stands beside the first two.
  await store(path, [
    { piece: "A", notes: 8, played: ["0", "2", "0+2"] }, { piece: "A", notes: 4, played: ["4"] },
    { piece: "B", notes: 4, played: ["5"] }, { piece: "Moment_musical", notes: 4, played: ["7", "8"] },
  ]);
  const set = await openSet(path);
  const numbers: Record<string, number> = { "0/0/0": 0, "0/4/0": 1, "0/0/1": 2, "0/4/1": 3, "1/0/0": 4, "2/0/0": 5, "3/0/0": 7, "3/0/1": 8 };
  const number = ({ score, start, performance }: { score: number; start: number; performance: number }) => numbers[`${score}/${start}/${performance}`];
  const possible = possiblePairs(set, { split: "train", notes: 4 });
  const ours = [...drawPairs(possible, { k: 1000, bothDirections: true })].map(({ source, target }) => `${number(source)}-${number(target)}`);
  set.close();
  const { input, pairs, unpaired } = golden;
  const mixes = new Set(input.filter(({ piece_name }) => piece_name.endsWith("_mixup")).map(({ number: n }) => n));
  const lost = new Set(input.filter(({ piece_name }) => piece_name === "Moment_musical").map(({ number: n }) => n));
  const theirs = [...pairs.filter((pair) => !pair.some((n) => mixes.has(n))), [...lost], [...lost].reverse()].map((pair) => pair.join("-"));
  expect(ours.sort()).toEqual(theirs.sort());
  expect([...possible.unpaired()].map(number)).toEqual(unpaired.filter((n) => !lost.has(n)));
});

describe("pairs of random sets", () => {
  const plans = Array.from({ length: 12 }, (_, s) => ({
    piece: `p${s % 9}`, split: (["train", "validation", "test"] as const)[(s % 9) % 3], noteCount: 3 + ((s * 7) % 11),
    performances: Array.from({ length: (s * 5) % 8 }, (_, k) => ((s + k) % 4 === 3 ? mixed(`${s}/${k}`) : player(`${s}/${k}`))),
  }));
  const set = listed(plans);
  const cut = { notes: 4, hop: 3 };

  test.each([1, 2, 3, 99])("seed %d: two performances of one passage, of one split, no mix, none twice, in one direction or in both", (seed) => {
    for (const split of ["train", "validation", "test"] as const) {
      const possible = possiblePairs(set, { split, ...cut });
      expect(possible.count).toBeGreaterThanOrEqual(10);
      for (const k of [1, 7, possible.count, possible.count + 5]) {
        const wanted = Math.min(k, possible.count);
        const one = [...drawPairs(possible, { k, seed })];
        const both = [...drawPairs(possible, { k, seed, bothDirections: true })];
        expect([one.length, both.length]).toEqual([wanted, 2 * wanted]);
        const undirected = new Set<string>();
        for (const { source, target } of one) {
          const [a, b] = [source, target].map(({ score, start, performance }) => `${score}/${start}/${performance}`);
          expect(a).not.toBe(b);
          undirected.add([a, b].sort().join(" "));
          for (const { score, performance } of [source, target]) {
            expect(plans[score].split).toBe(split);
            expect(plans[score].performances[performance].mix).toBeUndefined();
          }
          expect(plans[source.score].piece).toBe(plans[target.score].piece);
          // Ids of the notes are their numbers: the same notes begin at the same one, and are as many.
          expect(source.start).toBe(target.start);
          expect(Math.min(4, plans[source.score].noteCount - source.start)).toBe(Math.min(4, plans[target.score].noteCount - target.start));
        }
        expect(undirected.size).toBe(wanted);
        expect(new Set(both.map((pair) => JSON.stringify(pair))).size).toBe(2 * wanted);
        for (let i = 0; i < both.length; i += 2) expect([both[i].source, both[i].target]).toEqual([both[i + 1].target, both[i + 1].source]);
        expect([...drawPairs(possible, { k, seed })]).toEqual(one);
      }
    }
  });

  test("single directions are of both kinds; every segment is paired or unpaired", () => {
    const possible = possiblePairs(set, { split: "train", ...cut });
    const forward = [...drawPairs(possible, { k: 1e6 })].filter(({ source, target }) => source.performance < target.performance || source.score < target.score).length;
    expect(forward / possible.count).toBeGreaterThan(0.25);
    expect(forward / possible.count).toBeLessThan(0.75);
    let segments = 0;
    for (const { split, noteCount, performances } of plans) {
      const starts = noteCount <= 4 ? 1 : 1 + Math.ceil((noteCount - 4) / 3);
      if (split === "train") segments += starts * performances.filter(({ mix }) => !mix).length;
    }
    expect(possible.pairedSegments + [...possible.unpaired()].length).toBe(segments);
  });

  test("k must be a whole number", () => {
    const possible = possiblePairs(set, { split: "train", ...cut });
    for (const k of [0, -1, 1.5, Number.NaN]) expect(() => [...drawPairs(possible, { k })]).toThrow("k: expected a whole number, 1 or more");
  });
});

test("a hundred thousand million pairs are counted, and some of them drawn, without a list", () => {
  // 1,000 passages of 20,000 performances each share one list of performances; every pair would be a row of 24 bytes: 4.8 TB.
  const performances = Array.from({ length: 20_000 }, (_, k) => player(`${k}`));
  const set = listed([{ piece: "long", split: "train", noteCount: 1000, performances }]);
  const possible = possiblePairs(set, { split: "train", notes: 1 });
  expect(possible.count).toBe(1000 * ((20_000 * 19_999) / 2));
  expect(possible.at(0)).toEqual({ source: { score: 0, start: 0, performance: 0 }, target: { score: 0, start: 0, performance: 1 } });
  expect(possible.at(possible.count - 1)).toEqual({ source: { score: 0, start: 999, performance: 19_998 }, target: { score: 0, start: 999, performance: 19_999 } });
  const before = process.memoryUsage().arrayBuffers;
  const drawn = new Set<string>();
  let sum = 0;
  for (const { source, target } of drawPairs(possible, { k: 50_000, seed: 3 })) {
    drawn.add(`${source.start}/${source.performance}/${target.performance}`);
    sum += source.start;
  }
  expect(drawn.size).toBe(50_000);
  // Uniform over 0–999: mean 499.5, standard error 1.3.
  expect(Math.abs(sum / 50_000 - 499.5)).toBeLessThan(7);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});

describe("pairs stored with a set", () => {
  const path = join(folder, "stored.h5");
  const plans: Plan[] = [
    { piece: "A", notes: 6, played: ["a", "b", "c", "a+b"] },
    { piece: "B", split: "validation", notes: 4, played: ["a", "b"] },
    { piece: "C", notes: 5, played: ["a"] },
  ];

  test("are read back, in place or in another file, and replaced by another pairing", async () => {
    await store(path, plans);
    const whole = await pairSet(path, { k: 100, notes: 4, seed: 5, bothDirections: true });
    expect(whole).toEqual({
      seed: 5, k: 100, bothDirections: true, notes: 4, hop: 4,
      splits: {
        train: { possible: 6, paired: 12, pairedSegments: 6, unpaired: 2 },
        validation: { possible: 1, paired: 2, pairedSegments: 2, unpaired: 0 },
        test: { possible: 0, paired: 0, pairedSegments: 0, unpaired: 0 },
      },
    });
    const other = join(folder, "other.h5");
    expect((await pairSet(path, { k: 2, notes: 4, seed: 6, output: other })).splits.train).toMatchObject({ possible: 6, paired: 2 });
    const [first, second] = [await openSet(path), await openSet(other)];
    expect(first.readPairs("train")).toMatchObject({ k: 100, seed: 5, bothDirections: true, count: 12, possible: 6, unpairedCount: 2 });
    expect(second.readPairs("train")).toMatchObject({ k: 2, seed: 6, bothDirections: false, count: 2, possible: 6, unpairedCount: 2 });
    const possible = possiblePairs(first, { split: "train", notes: 4 });
    expect(first.readPairs("train")!.read(0, 12)).toEqual([...drawPairs(possible, { k: 100, seed: 5, bothDirections: true })]);
    expect(second.readPairs("train")!.read(0, 2)).toEqual([...drawPairs(possible, { k: 2, seed: 6 })]);
    expect(first.readPairs("train")!.readUnpaired(0, 2)).toEqual([{ score: 2, start: 0, performance: 0 }, { score: 2, start: 4, performance: 0 }]);
    expect(first.readPairs("test")).toMatchObject({ count: 0, unpairedCount: 0 });
    expect([...second.entries()]).toEqual([...first.entries()]);
    expect(() => first.readPairs("train")!.read(0, 13)).toThrow("rows 0–13 of 12");
    first.close();
    second.close();
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("are two performances of the same notes", async () => {
    const set = await openSet(path);
    const pairs = setPairs(set, { split: "train" });
    expect([pairs.length, pairs.notes]).toEqual([12, 4]);
    expect(pairs.record).toMatchObject({ split: "train", pairs: 12, possiblePairs: 6, seed: 5 });
    for (let i = 0; i < pairs.length; i++) {
      const { source, target } = pairs.read(i);
      expect([...source.score]).toEqual([...target.score]);
      const places = pairs.place(i);
      expect(source.parameters[0]).toBe(1000 * places.source.score + 100 * places.source.performance + places.source.start);
      expect(target.parameters[0]).toBe(1000 * places.target.score + 100 * places.target.performance + places.target.start);
      expect(source.parameters[0] % 100).toBe(target.parameters[0] % 100);
      expect([...target.mask]).toEqual([...source.mask]);
    }
    expect(setPairs(set, { split: "train", cacheMB: 0 }).read(7)).toEqual(pairs.read(7));
    expect(() => pairs.read(12)).toThrow("segment 12 of 12");
    expect(() => setPairs(set, { split: "test" })).toThrow('holds no pairs in the split "test". Draw them: dexter-train pair');
    set.close();
  });

  test("a set in which nothing was played twice is left as it is", async () => {
    const lonely = join(folder, "lonely.h5");
    await store(lonely, [{ piece: "A", notes: 6, played: ["a", "a+a"] }]);
    const before = readFileSync(lonely);
    await expect(pairSet(lonely, { k: 5 })).rejects.toThrow("no passage in it was played twice: there is nothing to pair");
    await expect(pairSet(lonely, { k: 0 })).rejects.toThrow("k: expected a whole number");
    expect(readFileSync(lonely).equals(before)).toBe(true);
    const set = await openSet(lonely);
    expect(set.readPairs("train")).toBeNull();
    set.close();
  });

  test("places that are not there are told, as are lists that are cut off", async () => {
    const damaged = join(folder, "damaged.h5");
    await store(damaged, plans);
    await pairSet(damaged, { k: 5, notes: 4 });
    const { File } = await hdf5();
    const file = new File(damaged, "a");
    (file.get("pairs/train/paired") as Dataset).write_slice([[0, 1], [0, 6]], Int32Array.of(0, 0, 99, 7, 0, 0));
    (file.get("pairs/validation/paired") as Dataset).resize([0, 6]);
    file.close();
    const set = await openSet(damaged);
    expect(() => setPairs(set, { split: "train" }).read(0)).toThrow("pair 0 is of a segment that is not there (performance 99 of a score with 4 performances)");
    expect(() => setPairs(set, { split: "validation" }).read(0)).toThrow("expected the shape [1, 6], got [0, 6]");
    set.close();
  });

  test("only training scores may have mixes", async () => {
    await expect(store(join(folder, "mixed.h5"), [{ piece: "A", split: "test", notes: 4, played: ["a", "a+a"] }])).rejects.toThrow("mixes only train");
  });
});
