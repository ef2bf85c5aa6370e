/**
 * @file `dexter-train evaluate` as a person runs it: pianists of the tiny corpus, and the human reference where it is.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, jest, test } from "@jest/globals";
import { writeMidi } from "@dexter/codec";
import { loadMatch } from "@dexter/codec/node";
import { sharedPath } from "../../../tools/shared-data.mjs";
import { dexterTrain, startDexterTrain } from "./dexter-train.js";

const CORPUS = `folder=${fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert", import.meta.url))}`;
const VIENNA = sharedPath("datasets", "vienna4x22.tar.gz");
const MAZURKAS = sharedPath("datasets", "mazurka-bl.tar.gz");
jest.setTimeout(240_000);

const FIXTURE = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert", import.meta.url));
const BASE = fileURLToPath(new URL("../../../data/models/base", import.meta.url));

interface Report {
  readonly rows: readonly {
    readonly name: string; readonly renderer?: string; readonly pieces: number;
    readonly values: Readonly<Record<string, number | null>>; readonly intervals: Readonly<Record<string, readonly [number, number]>>;
  }[];
  readonly leftOut: readonly { readonly renderer: string; readonly file: string; readonly message: string }[];
  readonly pieces: readonly { readonly piece: string; readonly human: { readonly pianists: number } }[];
  readonly skipped: readonly unknown[];
}

describe("dexter-train evaluate", () => {
  test("prints the pianists alone where no model is named", async () => {
    const run = await dexterTrain("evaluate", "--corpus", CORPUS, "--json");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const report = JSON.parse(run.stdout) as Report;
    expect(report.pieces.map(({ piece, human }) => [piece, human.pianists])).toEqual([["Schubert_D783_no15", 2]]);
    expect(report.rows.map(({ name }) => name)).toEqual(["pianist with pianist", "pianist with mean of others", "pitch alone with pianist"]);
    expect(report.skipped).toEqual([]);
  });

  test("sets checkpoints and folders of MIDI in one table, and lists files that do not count", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dexter-evaluate-"));
    try {
      // The pianists' own playing, as another program's.
      mkdirSync(join(folder, "out"));
      for (const [n, who] of ["p01", "p02"].entries()) {
        const { performance } = await loadMatch(join(FIXTURE, `Schubert_D783_no15_${who}.match`));
        writeFileSync(join(folder, "out", `schubert-d783-no15_by_x_${n}.mid`), writeMidi(performance));
      }
      writeFileSync(join(folder, "out", "schubert-d783-no15_by_x_3.mid"), "no MIDI");
      writeFileSync(join(folder, "out", "other_by_x_1.mid"), "never read");
      cpSync(BASE, join(folder, "copy"), { recursive: true });
      const run = await dexterTrain("evaluate", BASE, join(folder, "copy"), "--corpus", CORPUS, "--renderer", `theirs=${join(folder, "out", "{piece}_by_*_{n}.mid")}`, "--draws", "2", "--json");
      expect(run.stderr).toBe("");
      const { rows, leftOut } = JSON.parse(run.stdout) as Report;
      expect([...new Set(rows.map(({ renderer }) => renderer))]).toEqual([undefined, "base", "copy", "theirs"]);
      const row = (name: string, renderer?: string) => rows.find((one) => one.name === name && one.renderer === renderer)!;
      expect(row("one draw with pianist", "copy").values).toEqual(row("one draw with pianist", "base").values);
      // The two draws of a model are opposites; those of files are not.
      expect(row("draw with its opposite", "base").values.velocityNote).toBeLessThan(0.95);
      expect([row("draw with draw", "base").values.velocityNote, row("draw with its opposite", "theirs")]).toEqual([null, undefined]);
      const apart = JSON.parse((await dexterTrain("evaluate", BASE, "--corpus", CORPUS, "--draws", "3", "--independent", "--json")).stdout) as Report;
      expect(apart.rows.map(({ name }) => name)).toEqual(expect.arrayContaining(["mean of 3 draws with pianist", "draw with draw"]));
      expect(apart.rows.map(({ name }) => name)).not.toContain("draw with its opposite");
      const odd = await dexterTrain("evaluate", BASE, "--corpus", CORPUS, "--draws", "3");
      expect(odd.stdout).toMatch(/draws 3, seed 1[^]*\ndraws in pairs of opposites\n[^]*\ndraw with draw +[.\d][^]*\ndraw with its opposite +[.\d]/);
      expect((await dexterTrain("evaluate", BASE, "--corpus", CORPUS, "--draws", "1")).stdout).not.toMatch(/opposite/);
      // Each of both agrees wholly with itself, and with the other as pianists do.
      const between = row("pianist with pianist").values;
      const theirs = row("one draw with pianist", "theirs").values;
      for (const measure of ["tempo", "velocityNote"]) expect(theirs[measure]).toBeCloseTo((1 + between[measure]!) / 2, 1);
      expect(row("draw with draw", "theirs").values.velocityNote).toBeCloseTo(between.velocityNote!, 1);
      expect(leftOut.map(({ renderer, file }) => [renderer, file])).toEqual([["theirs", "other_by_x_1.mid"], ["theirs", "schubert-d783-no15_by_x_3.mid"]]);
      expect(leftOut[0].message).toContain('no piece is called "other"');
      expect(leftOut[1].message).toContain("expected a MIDI header");
      const text = await dexterTrain("evaluate", "--corpus", CORPUS, "--renderer", `theirs=${join(folder, "out", "{piece}_by_*_{n}.mid")}`, "--segment", "20");
      expect(text.stdout).toMatch(/by passages of 20 notes[^]*\ntheirs:\none draw with pianist[^]*\nleft out theirs: other_by_x_1\.mid: no piece/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each<[string, string[], number, string]>([
    ["a renderer without a folder", ["evaluate", "--corpus", CORPUS, "--renderer", "x=/nowhere"], 2, "--renderer: /nowhere is no folder"],
    ["a pattern without a piece", ["evaluate", "--corpus", CORPUS, "--renderer", `x=${FIXTURE}/*.mid`], 2, "holds no MIDI file"],
    ["a renderer named twice", ["evaluate", "--corpus", CORPUS, "--renderer", "x=/a", "--renderer", "x=/b"], 2, 'named twice'],
    ["a model named twice", ["evaluate", BASE, `${BASE}/`, "--corpus", CORPUS], 2, "Name each model once"],
    ["no corpus", ["evaluate"], 2, "--corpus"],
    ["a model that is not there", ["evaluate", "/nowhere", "--corpus", CORPUS], 1, "config.json is missing in /nowhere"],
    ["no draws", ["evaluate", "--corpus", CORPUS, "--draws", "0"], 2, "--draws"],
    ["a path without a kind", ["evaluate", "--corpus", "/nowhere"], 2, "expected KIND=PATH"],
  ])("%s is one line and exit code", async (_, args, code, message) => {
    const run = await dexterTrain(...args);
    expect(run).toMatchObject({ code, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(run.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("a reader that stops early ends it quietly", async () => {
    const { child, outcome } = startDexterTrain("evaluate", "--corpus", CORPUS);
    child.stdout?.destroy();
    expect(await outcome).toMatchObject({ code: 0, stderr: "" });
  });

  if (!VIENNA) console.warn("skipped: the human reference needs datasets/vienna4x22.tar.gz in DEXTER_SHARED");
  (VIENNA ? test : test.skip)("gives the human reference from the data set alone", async () => {
    const run = await dexterTrain("evaluate", "--corpus", `vienna4x22=${VIENNA}`, "--json");
    const [between, others] = (JSON.parse(run.stdout) as Report).rows.map(({ values }) => Object.values(values));
    // Goebl (1999): 22 pianists, four pieces; tempo, velocity per onset and per note, articulation, timing.
    [0.747, 0.716, 0.738, 0.6, 0.553].forEach((r, i) => expect(Math.abs(between[i]! - r)).toBeLessThan(0.005));
    [0.857, 0.837, 0.85, 0.762, 0.708].forEach((r, i) => expect(Math.abs(others[i]! - r)).toBeLessThan(0.005));
  });

  if (!MAZURKAS) console.warn("skipped: the recordings of mazurkas need datasets/mazurka-bl.tar.gz in DEXTER_SHARED");
  (MAZURKAS ? test : test.skip)("tells how recordings known by their beats agree, of the mazurkas that are kept out of training", async () => {
    const run = await dexterTrain("evaluate", "--corpus", `mazurkabl=${MAZURKAS}`, "--json");
    expect(run.code).toBe(0);
    const { beats } = JSON.parse(run.stdout) as { beats: { mean: { recordings: number; betweenRecordings: { tempo: number; loudness: number } }; pieces: unknown[] } };
    expect(beats.pieces).toHaveLength(10);
    expect(beats.mean.recordings).toBeGreaterThan(300);
    // A prototype in another language gave about .60 and .68.
    expect(Math.abs(beats.mean.betweenRecordings.tempo - 0.6)).toBeLessThan(0.02);
    expect(Math.abs(beats.mean.betweenRecordings.loudness - 0.68)).toBeLessThan(0.02);
  });
});
