import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { dexter, filesIn, inFolder } from "./dexter.js";
import { fileURLToPath } from "node:url";

const SCORE = fileURLToPath(new URL("../../../data/scores/petzold-minuet-in-g.musicxml", import.meta.url));

/** A steady performance of the minuet, made by decoding plain parameters. */
async function perform(folder: string): Promise<void> {
  const { stdout } = await dexter(folder, "notes", SCORE, "--unfold", "--csv");
  const ids = stdout.trimEnd().split("\n").slice(1).map((line) => line.split(",").find((cell) => /-\d$/.test(cell))!);
  writeFileSync(join(folder, "p.csv"), ["id,beat_period,velocity,timing,articulation_log,pedal", ...ids.map((id) => `${id},0.45,0.5,0,-0.2,0`), ""].join("\n"));
  expect(await dexter(folder, "decode", SCORE, "p.csv", "-o", "p.mid", "--match", "truth.match", "--release", "key")).toMatchObject({ code: 0 });
}

describe("dexter align", () => {
  test("finds what the performance was made of, in each form", inFolder(async (folder) => {
    await perform(folder);
    const run = await dexter(folder, "align", SCORE, "p.mid", "--json");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(run.stdout)).toMatchObject({ output: "p.match", format: "match", missing: 0, extra: 0, matchRatio: 1 });
    const snotes = (name: string): string[] => readFileSync(join(folder, name), "utf8").split("\n").filter((line) => line.startsWith("snote")).map((line) => line.replace(/note\((n\d+).*/, "$1"));
    expect(snotes("p.match")).toEqual(snotes("truth.match"));
    for (const name of ["p.tsv", "p.align.csv"]) expect(await dexter(folder, "align", SCORE, "p.mid", "-o", name)).toMatchObject({ code: 0 });
    const [viaMatch, viaTable, onTheFly] = await Promise.all([
      dexter(folder, "encode", SCORE, "truth.match"), dexter(folder, "encode", SCORE, "p.mid", "p.tsv"), dexter(folder, "encode", SCORE, "p.mid"),
    ]);
    expect(viaTable.stdout).toBe(onTheFly.stdout);
    expect(viaTable.stdout.split("\n").length).toBe(viaMatch.stdout.split("\n").length);
  }));

  test("refuses another piece with the match ratio and leaves nothing", inFolder(async (folder) => {
    await perform(folder);
    const other = fileURLToPath(new URL("../../../data/scores/bach-prelude-bwv-846.musicxml", import.meta.url));
    const run = await dexter(folder, "align", other, "p.mid", "-o", "x.match");
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/hardly this piece: \d+ of \d+ score notes .*match ratio 0\.\d+/);
    expect(filesIn(folder)).not.toContain("x.match");
  }));

  test("refuses an ending that it does not know, before any work", inFolder(async (folder) => {
    const run = await dexter(folder, "align", SCORE, "none.mid", "-o", "x.txt");
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toMatch(/x\.txt: expected an ending of \.match, \.tsv, \.csv, or --format/);
  }));
});
