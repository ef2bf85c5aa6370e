import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";

const SCHUBERT = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert/", import.meta.url));
const SCORE = join(SCHUBERT, "Schubert_D783_no15.musicxml");
const [P01, P02] = ["p01", "p02"].map((who) => join(SCHUBERT, `Schubert_D783_no15_${who}.match`));

interface Report {
  readonly notes: number;
  readonly performances: readonly { readonly name: string; readonly matchRatio: number; readonly comparison: Readonly<Record<string, Readonly<Record<string, number | null>>>> }[];
  readonly together?: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly warnings: readonly string[];
}

describe("dexter compare", () => {
  test("prints one table of two performances", inFolder(async (folder) => {
    const run = await dexter(folder, "compare", P01, P02, "--score", SCORE);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/p01 \(.* %.* of \d+ notes\) against p02 \(.* %\); release key, seed 1$/);
    expect(lines.slice(2)).toHaveLength(7);
    expect(lines[3]).toMatch(/^Tempo \(beats per minute\) +0\.[5-9]\d\d /);
    expect(filesIn(folder)).toEqual([]);
  }));

  test("a table of parameters is the same performance as its match file", inFolder(async (folder) => {
    expect((await dexter(folder, "encode", SCORE, P01, "--release", "key", "-o", "p01.csv")).code).toBe(0);
    const run = await dexter(folder, "compare", P01, "p01.csv", "--score", SCORE, "--json");
    expect(run.stderr).toBe("");
    const { performances } = JSON.parse(run.stdout) as Report;
    for (const figures of Object.values(performances[0].comparison)) {
      for (const name of ["meanDifference", "deviationDifference", "wasserstein", "warping"]) expect(figures[name]).toBeCloseTo(0, 9);
    }
    expect(performances[0].comparison.velocityNote.pearson).toBeCloseTo(1, 9);
  }));

  test("writes one page with the performances against people, and JSON", inFolder(async (folder) => {
    const run = await dexter(folder, "compare", P01, "--humans", P02, "--score", SCORE, "--html", "report.html", "--json");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const report = JSON.parse(run.stdout) as Report;
    expect(report.performances.map(({ name, matchRatio }) => [name, matchRatio > 0.9])).toEqual([["p01", true]]);
    expect(report.performances[0].comparison.tempo.pairs).toBe(1);
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).toContain("each against 1 human performance");
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(page).not.toContain(folder);
    const both = JSON.parse((await dexter(folder, "compare", P01, P02, "--humans", P02, "--score", SCORE, "--json")).stdout) as Report;
    expect(both.together!.velocityNote.pairs).toBe(2);
    expect(both.together!.velocityNote.pearson).toBeCloseTo((1 + both.performances[0].comparison.velocityNote.pearson!) / 2, 9);
    expect(filesIn(folder)).toEqual(["report.html"]);
  }));

  test("a performance of a part is compared there, with a warning of its share", inFolder(async (folder) => {
    await dexter(folder, "encode", SCORE, P01, "--release", "key", "-o", "whole.csv");
    const rows = readFileSync(join(folder, "whole.csv"), "utf8").split("\n");
    writeFileSync(join(folder, "part.csv"), rows.slice(0, 1 + Math.floor(rows.length / 2)).join("\n"));
    const run = await dexter(folder, "compare", "part.csv", P02, "--score", SCORE, "--json");
    expect(run.code).toBe(0);
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/part\.csv: plays (49|5\d) % of the score's \d+ notes/);
    expect((JSON.parse(run.stdout) as Report).warnings).toHaveLength(1);
  }));

  test("a MIDI file is aligned: it is the performance that it was written from", inFolder(async (folder) => {
    expect((await dexter(folder, "encode", SCORE, P01, "--release", "key", "-o", "p01.csv")).code).toBe(0);
    expect((await dexter(folder, "decode", SCORE, "p01.csv", "--release", "key", "-o", "p01.mid")).code).toBe(0);
    const run = await dexter(folder, "compare", "p01.mid", P01, "--score", SCORE, "--json");
    expect(run.code).toBe(0);
    const [{ matchRatio, comparison }] = (JSON.parse(run.stdout) as Report).performances;
    expect(matchRatio).toBeGreaterThan(0.9);
    expect(comparison.velocityNote.pearson).toBeGreaterThan(0.95);
    expect(comparison.tempo.pearson).toBeGreaterThan(0.95);
  }));

  test("a MIDI file of another piece is an error with its match ratio", inFolder(async (folder) => {
    // Quarters down the whole keyboard in steps of a fifth.
    const track = Array.from({ length: 60 }, (_, n) => [0, 0x90, 108 - ((7 * n) % 87), 70, 120, 0x80, 108 - ((7 * n) % 87), 0]).flat();
    const body = Buffer.from([...track, 0, 0xff, 0x2f, 0]);
    const head = Buffer.from("4d546864000000060000000100784d54726b", "hex");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    writeFileSync(join(folder, "other.mid"), Buffer.concat([head, length, body]));
    const run = await dexter(folder, "compare", "other.mid", P01, "--score", SCORE, "--html", "report.html");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/other\.mid: .*hardly this piece.*match ratio 0\.\d\d/);
    expect(filesIn(folder)).toEqual(["other.mid"]);
  }));

  test.each<[string, string[], number, RegExp]>([
    ["one performance alone", [P01, "--score", SCORE], 2, /two performances or more/],
    ["no score", [P01, P02], 2, /--score/],
    ["another score", [P01, P02, "--score", join(FIXTURES, "waltz.musicxml")], 1, /of \d+ score notes it names, \d+ stand in the score/],
    ["another kind of file", [P01, SCORE, "--score", SCORE], 2, /expected a match file/],
    ["a page over its input", [P01, P02, "--score", SCORE, "--html", P01], 2, /one of the inputs/],
    ["a file that is not there", [P01, "nobody.match", "--score", SCORE], 1, /nobody\.match/],
  ])("%s is one line and an exit code", (_, args, code, message) =>
    inFolder(async (folder) => {
      const run = await dexter(folder, "compare", ...args);
      expect(run).toMatchObject({ code, stdout: "" });
      expect(run.complaints).toHaveLength(1);
      expect(run.complaints[0]).toMatch(message);
    })());
});
