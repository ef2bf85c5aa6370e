/**
 * @file `dexter-train features` as a person runs it, on two pieces by two pianists.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dexterTrain } from "./dexter-train.js";
import { writeTinyCorpus } from "./tiny-corpus.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-features-"));
const corpus = `folder=${writeTinyCorpus(folder)}`;
afterAll(() => rmSync(folder, { recursive: true }));

test("a corpus is told by its performances: their mean and how they differ", async () => {
  const [table, json, csv] = await Promise.all([[], ["--json"], ["--csv"]].map((options) => dexterTrain("features", "--corpus", corpus, ...options)));
  expect(table).toMatchObject({ code: 0, stderr: "" });
  expect(table.stdout).toMatch(/^folder: 4 performances, \d+ notes\n\nfeature +unit +performances +mean +between +within\ntempo +beats\/min +4 +/);
  const { corpora } = JSON.parse(json.stdout) as { corpora: { performances: number; features: Record<string, { mean: number; within: number }>; skipped: object[] }[] };
  expect(corpora[0]).toMatchObject({ performances: 4, skipped: [] });
  const [header, ...rows] = csv.stdout.trimEnd().split("\n").map((line) => line.split(","));
  expect(rows).toHaveLength(4);
  const velocities = rows.map((row) => Number(row[header.indexOf("velocity.mean")]));
  expect(velocities.reduce((sum, v) => sum + v, 0) / 4).toBeCloseTo(corpora[0].features.velocity.mean, 4);
  expect(new Set(velocities).size).toBe(2);
});

test("a corpus that is not there is refused", async () => {
  const run = await dexterTrain("features", "--corpus", `folder=${join(folder, "nowhere")}`);
  expect(run).toMatchObject({ code: 1, stdout: "" });
  expect(run.stderr).toContain("nowhere");
});
