/**
 * @file Mixes against the original's, and what they must not be.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { zeros, type PerformanceParameters } from "@dexter/codec";
import { possiblePairs } from "../pairing/possible-pairs.js";
import { openSet, type StoredSet } from "../set/set-reader.js";
import { writeSet } from "../set/set-writer.js";
import type { Split } from "../splits.js";
import { mixSet, type MixOptions } from "./mix-set.js";
import { subsetAt, subsetCount } from "./subsets.js";

const golden = JSON.parse(readFileSync(new URL("../../test/golden/mixes.json", import.meta.url), "utf8")) as {
  performances: { p_codec: number[][]; c_codec: number[][] }[];
  groups: Record<string, { piece_name: string[]; p_codec: number[][][]; c_codec: number[][][] }>;
};
const folder = mkdtempSync(join(tmpdir(), "dexter-mixes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NAMES = ["melodiousness", "perceivedArticulation", "rhythmicComplexity", "rhythmicStability", "dissonance", "tonalStability", "minorness"];

interface Plan {
  readonly corpus?: string;
  readonly split: Split;
  readonly played: readonly { readonly p_codec: readonly (readonly number[])[]; readonly c_codec: readonly (readonly number[])[]; readonly left?: readonly number[] }[];
}

/** Performances as tables; notes in `left` were not played. */
async function store(name: string, plans: readonly Plan[]): Promise<string> {
  const path = join(folder, name);
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["onsetDiv"], controlNames: NAMES, release: "sound", seed: 1, validation: 0 });
  for (const [s, { corpus = "test", split, played }] of plans.entries()) {
    const length = played[0].p_codec.length;
    const times = Float64Array.from({ length }, (_, n) => n);
    const whole = Int32Array.from(times);
    const score = writer.addScore({
      description: { corpus, piece: `p${s}`, work: `w${s}`, composer: "", title: "", split, scorePath: "", licence: "" },
      notes: {
        length, id: Array.from(times, (n) => `n${n}`), onsetBeat: times, durationBeat: times, onsetQuarter: times, durationQuarter: times, onsetDiv: whole, durationDiv: whole,
        divsPerQuarter: whole, voice: whole, staff: whole, measure: whole, beats: whole, beatType: whole, pitch: Uint8Array.from(whole), grace: new Uint8Array(length),
      },
      features: zeros(length, 1),
    });
    for (const [k, { p_codec, c_codec, left = [] }] of played.entries()) {
      const column = (at: number): Float64Array => Float64Array.from(p_codec, (row) => row[at]);
      const mask = Uint8Array.from({ length }, (_, n) => (left.includes(n) ? 0 : 1));
      const parameters: PerformanceParameters = {
        length, beatPeriod: column(0), velocityNorm: column(1), timingSec: column(2), articulationLog2: column(3), pedalNorm: column(4), mask, release: "sound",
      };
      score.add({ id: `p${k}`, performer: "", source: "", matchRatio: 1 }, parameters, { values: { data: Float32Array.from(c_codec.flat()), shape: [length, 7] }, mask: new Uint8Array(length * 7).fill(1) });
    }
    score.finish();
  }
  await writer.finish();
  return path;
}

async function mixed(source: string, name: string, options: MixOptions): Promise<{ set: StoredSet; report: Awaited<ReturnType<typeof mixSet>> }> {
  const report = await mixSet(source, join(folder, name), options);
  return { set: await openSet(join(folder, name)), report };
}

/** Ids and weights of the mixes of a score. */
const mixesOf = (set: StoredSet, index: number) => set.entry(index).performances.flatMap(({ mix }) => (mix ? [mix] : []));

/** Every value is told by performance and note. */
const table = (k: number, notes = 4) => ({
  p_codec: Array.from({ length: notes }, (_, n) => [1, 2, 3, 4, 5].map((p) => 100 * k + 10 * n + p)),
  c_codec: Array.from({ length: notes }, (_, n) => [1, 2, 3, 4, 5, 6, 7].map((c) => 100 * k + 10 * n + c)),
});

test("even mixes of two are the original's, and those that it leaves out are there too", async () => {
  const path = await store("golden.h5", [{ split: "train", played: golden.performances }]);
  const { set, report } = await mixed(path, "golden-mixed.h5", { perScore: 50, weights: [0.5, 0.5] });
  // Six pairs of four performances, where the original has three.
  expect(report).toMatchObject({ mixes: 6, mixedScores: 1, counts: { performances: 10 } });
  const theirs = new Map<string, { p: number[][]; c: number[][] }>();
  for (const [name, { piece_name, p_codec, c_codec }] of Object.entries(golden.groups)) {
    const later = Number(name.split("_")[1]);
    piece_name.forEach((piece, s) => {
      if (!piece.endsWith("_mixup") || s % 2 === 1) return;
      // Two segments of 4 notes: six notes, two of them padding. Mixes with performances 1 … later − 1, in order.
      theirs.set(`p${s / 2}+p${later}`, { p: [...p_codec[s], ...p_codec[s + 1].slice(0, 2)], c: [...c_codec[s], ...c_codec[s + 1].slice(0, 2)] });
    });
  }
  expect([...theirs.keys()]).toEqual(["p1+p2", "p1+p3", "p2+p3"]);
  const seen = new Set<string>();
  set.entry(0).performances.forEach(({ mix }, k) => {
    if (!mix) return;
    const name = mix.map(({ id }) => id).join("+");
    seen.add(name);
    const { parameters, controls } = set.readPerformance(0, k);
    const expected = theirs.get(name);
    expected?.p.flat().forEach((value, i) => expect(parameters.data[i]).toBeCloseTo(value, 5));
    expected?.c.flat().forEach((value, i) => expect(controls!.values.data[i]).toBeCloseTo(value, 5));
  });
  expect([...seen].sort()).toEqual(["p0+p1", "p0+p2", "p0+p3", "p1+p2", "p1+p3", "p2+p3"]);
  set.close();
});

describe("mixes", () => {
  const plans: Plan[] = [
    { split: "train", played: [table(0), { ...table(1), left: [2] }, table(2), table(3)] },
    { split: "validation", played: [table(0), table(1)] },
    { split: "train", played: [table(0)] },
    { split: "test", played: [table(0), table(1)] },
  ];

  test("are of training scores alone, marked, outside of statistics and pairs", async () => {
    const path = await store("plain.h5", plans);
    const { set, report } = await mixed(path, "marked.h5", { perScore: 5, seed: 3 });
    expect(report).toMatchObject({ mixes: 5, mixedScores: 1 });
    expect([0, 1, 2, 3].map((index) => mixesOf(set, index).length)).toEqual([5, 0, 0, 0]);
    const plain = await openSet(path);
    expect(set.description.statistics).toEqual(plain.description.statistics);
    expect(possiblePairs(set, { split: "train", notes: 2 }).count).toBe(possiblePairs(plain, { split: "train", notes: 2 }).count);
    for (let k = 0; k < 4; k++) expect(set.readPerformance(0, k)).toEqual(plain.readPerformance(0, k));
    plain.close();
    set.close();
  });

  test("are of every corpus, with the first performance of each score, and of performances that end early", async () => {
    const corpora = ["asap", "vienna4x22", "batik", "folder"];
    const path = await store("corpora.h5", corpora.map((corpus): Plan => ({ corpus, split: "train", played: [table(0, 6), { ...table(1, 6), left: [4, 5] }] })));
    const { set, report } = await mixed(path, "corpora-mixed.h5", { perScore: 1, weights: [0.5, 0.5] });
    expect(report).toMatchObject({ mixes: 4, mixedScores: 4 });
    for (const [index, corpus] of corpora.entries()) {
      expect([set.entry(index).description.corpus, mixesOf(set, index).map((mix) => mix.map(({ id }) => id))]).toEqual([corpus, [["p0", "p1"]]]);
      const { mask, parameters } = set.readPerformance(index, 2);
      expect([...mask]).toEqual([1, 1, 1, 1, 0, 0]);
      expect([...parameters.data].filter((_, i) => i % 5 === 0)).toEqual([51, 61, 71, 81, 0, 0]);
    }
    set.close();
  });

  test("are what their weights say, where all of them played", async () => {
    const { set } = await mixed(join(folder, "plain.h5"), "three.h5", { perScore: 4, performances: 3 });
    for (let k = 4; k < 8; k++) {
      const { description: { mix, matchRatio }, parameters, mask, controls } = set.readPerformance(0, k);
      expect(mix!.map(({ weight }) => weight).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      const silent = mix!.some(({ id }) => id === "p1");
      expect([...mask]).toEqual([1, 1, silent ? 0 : 1, 1]);
      expect(matchRatio).toBe(silent ? 0.75 : 1);
      const mean = mix!.reduce((sum, { id, weight }) => sum + weight * 100 * Number(id.slice(1)), 0);
      for (let n = 0; n < 4; n++) {
        expect(parameters.data[5 * n]).toBeCloseTo(mask[n] ? mean + 10 * n + 1 : 0, 4);
        expect(controls!.values.data[7 * n + 6]).toBeCloseTo(mean + 10 * n + 7, 4);
      }
    }
    // Four choices of three of four: each once.
    expect(new Set(mixesOf(set, 0).map((mix) => mix.map(({ id }) => id).join())).size).toBe(4);
    set.close();
  });

  test("hang on the seed, and of nothing else", async () => {
    const draw = async (name: string, seed: number) => {
      const { set } = await mixed(join(folder, "plain.h5"), name, { perScore: 6, seed });
      const mixes = mixesOf(set, 0);
      set.close();
      return mixes;
    };
    const [first, again, other] = [await draw("a.h5", 1), await draw("b.h5", 1), await draw("c.h5", 2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first.map((mix) => mix.map(({ id }) => id).join())).size).toBe(6);
  });

  test("are not mixed again; all performances of a small passage are mixed", async () => {
    const { set } = await mixed(join(folder, "marked.h5"), "again.h5", { perScore: 1, performances: 9 });
    expect(mixesOf(set, 0).map((mix) => mix.map(({ id }) => id))).toEqual([["p0", "p1", "p2", "p3"]]);
    set.close();
  });

  test("are described by a measure where one is given", async () => {
    const { set } = await mixed(join(folder, "plain.h5"), "measured.h5", {
      perScore: 1,
      measure: (score, { beatPeriod, length }) => ({
        values: { data: Float32Array.from({ length: 7 * length }, (_, i) => beatPeriod[Math.floor(i / 7)] + score.notes.pitch[Math.floor(i / 7)]), shape: [length, 7] },
        mask: new Uint8Array(7 * length).fill(1),
      }),
    });
    const { parameters, controls } = set.readPerformance(0, 4);
    expect(controls!.values.data[7 * 3]).toBeCloseTo(parameters.data[5 * 3] + 3, 4);
    set.close();
  });

  test.each<[string, MixOptions, string]>([
    ["no mix", { perScore: 0 }, "perScore: expected a whole number from 1 to 1000, got 0"],
    ["a single performance", { perScore: 1, performances: 1 }, "performances: expected a whole number, 2 or more"],
    ["weights of another sum", { perScore: 1, weights: [0.5, 0.6] }, "weights: expected two or more numbers above 0 that sum to 1, got 0.5, 0.6"],
    ["more weights than performances", { perScore: 1, performances: 2, weights: [0.5, 0.25, 0.25] }, "weights: expected 2, one a performance, got 3"],
    ["no concentration", { perScore: 1, concentration: 0 }, "concentration: expected a number from 0.01 to 100"],
  ])("%s is refused, and nothing is written", async (_, options, message) => {
    await expect(mixSet(join(folder, "plain.h5"), join(folder, "refused.h5"), options)).rejects.toThrow(message);
    expect(readdirSync(folder).filter((name) => name.startsWith("refused"))).toEqual([]);
  });
});

test("subsets by number are all subsets, each once", () => {
  for (let count = 1; count <= 8; count++) {
    for (let size = 1; size <= count; size++) {
      const subsets = subsetCount(count, size);
      const seen = new Set<string>();
      for (let rank = 0; rank < subsets; rank++) {
        const subset = subsetAt(rank, count, size);
        expect(subset).toEqual([...new Set(subset)].sort((a, b) => a - b));
        expect([subset.length, subset[0] >= 0, subset.at(-1)! < count]).toEqual([size, true, true]);
        seen.add(subset.join());
      }
      expect(seen.size).toBe(subsets);
    }
  }
  expect([subsetCount(22, 2), subsetCount(50, 3), subsetCount(200, 100)]).toEqual([231, 19_600, 2 ** 52]);
  expect(subsetAt(2 ** 52 - 1, 200, 100)).toHaveLength(100);
});
