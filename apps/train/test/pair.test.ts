/**
 * @file `dexter-train pair` and `mix` as a person runs them, on a set of two pieces by two pianists.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSet, setPairs } from "@dexter/alignment-datasets";
import { pairedSegments } from "../src/run/paired-segments.js";
import { dexterTrain } from "./dexter-train.js";
import { prepareTinySet } from "./tiny-corpus.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-pair-"));
const set = join(folder, "set.h5");
afterAll(() => rmSync(folder, { recursive: true }));

test("pairs are stored with the set, and say what there is to pair", async () => {
  expect((await prepareTinySet(folder)).code).toBe(0);
  const paired = await dexterTrain("pair", set, "--k", "50", "--notes", "16", "--both-directions", "--json");
  expect(paired).toMatchObject({ code: 0, stderr: "" });
  // 40 notes are three segments; both pianists played every one of them.
  expect(JSON.parse(paired.stdout)).toMatchObject({
    output: set, seed: 1, k: 50, notes: 16, hop: 16, bothDirections: true,
    splits: { train: { possible: 3, paired: 6, pairedSegments: 6, unpaired: 0 }, validation: { possible: 3, paired: 6 }, test: { possible: 0, paired: 0 } },
  });
  const text = await dexterTrain("pair", set, "--k", "2", "--notes", "16", "--seed", "4");
  expect(text.stdout).toBe(
    `${set}: pairs of segments of 16 notes, seed 4\n  train: 2 of 3 possible pairs; 6 segments can be paired, 0 cannot\n` +
    "  validation: 2 of 3 possible pairs; 6 segments can be paired, 0 cannot\n  test: 0 of 0 possible pairs; 0 segments can be paired, 0 cannot\n",
  );
  const opened = await openSet(set);
  const { source, target } = setPairs(opened, { split: "train" }).read(1);
  const trained = pairedSegments(opened, "train", 16)!;
  expect([trained.length, trained.read(1), trained.partner!(1)]).toEqual([2, target, source]);
  expect(() => pairedSegments(opened, "validation", 200)).toThrow("are of 16 notes, the network's segments of 200. Pair it again: dexter-train pair");
  opened.close();
  expect([...source.score]).toEqual([...target.score]);
  expect([...source.parameters]).not.toEqual([...target.parameters]);
});

test.each<[string, string[], number, string]>([
  ["no pair at all", ["--k", "0"], 2, "--k"],
  ["the set itself as output", ["-o", set], 2, "is what the command reads"],
])("%s is refused, and the set stays", async (_, args, code, message) => {
  const before = readFileSync(set);
  const outcome = await dexterTrain("pair", set, ...args);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(readFileSync(set).equals(before)).toBe(true);
});

test("a set with mixes has as many pairs as without, and mixes only train", async () => {
  const mixed = join(folder, "mixed.h5");
  const run = await dexterTrain("mix", set, "-o", mixed, "--per-score", "3", "--json");
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(run.stdout)).toMatchObject({ output: mixed, seed: 1, mixes: 3, mixedScores: 1, counts: { performances: 7, splits: { train: { performances: 5 }, validation: { performances: 2 } } } });
  const paired = await dexterTrain("pair", mixed, "--notes", "16", "--json");
  expect(JSON.parse(paired.stdout)).toMatchObject({ splits: { train: { possible: 3, paired: 3 } } });
  const opened = await openSet(mixed);
  const train = [...opened.entries()].find(({ description }) => description.split === "train")!;
  expect(train.performances.map(({ mix }) => mix?.length ?? 0)).toEqual([0, 0, 2, 2, 2]);
  const stored = opened.readPerformance(train.index, 2);
  opened.close();
  // Mixes are measured like performances: the tempo of a mix lies where its own beats do.
  expect(stored.controls!.values.shape).toEqual([40, 16]);
});

test("weights that are none are a usage error", async () => {
  const outcome = await dexterTrain("mix", set, "-o", join(folder, "x.h5"), "--per-score", "1", "--weights", "1");
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toContain("--weights");
});
