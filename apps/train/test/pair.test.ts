/**
 * @file `dexter-train pair` as a person runs it, on a set of two pieces by two pianists.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSet, setPairs } from "@dexter/alignment-datasets";
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
  opened.close();
  expect([...source.score]).toEqual([...target.score]);
  expect([...source.parameters]).not.toEqual([...target.parameters]);
});

test.each<[string, string[], number, string]>([
  ["no pair at all", ["--k", "0"], 2, "--k"],
  ["the set itself as output", ["-o", set], 2, "is what the command reads"],
  ["segments of no notes", ["--notes", "0"], 2, "--notes"],
])("%s is refused, and the set stays", async (_, args, code, message) => {
  const before = readFileSync(set);
  const outcome = await dexterTrain("pair", set, ...args);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(readFileSync(set).equals(before)).toBe(true);
});
