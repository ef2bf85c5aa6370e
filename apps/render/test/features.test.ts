import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { FIXTURES, dexter, inFolder } from "./dexter.js";

const CODEC = fileURLToPath(new URL("../../../packages/codec/test/fixtures/", import.meta.url));

/** A waltz of Schubert and a pianist. */
function waltz(folder: string): void {
  writeFileSync(join(folder, "waltz.musicxml"), gunzipSync(readFileSync(join(CODEC, "Schubert_D783_no15.musicxml.gz"))));
  copyFileSync(join(CODEC, "Schubert_D783_no15_p01.match"), join(folder, "p01.match"));
}

describe("dexter features", () => {
  test("prints means and spreads for people, and figures of the whole", inFolder(async (folder) => {
    waltz(folder);
    const run = await dexter(folder, "features", "waltz.musicxml", "p01.match");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const lines = run.stdout.split("\n");
    expect(lines[0]).toBe("p01.match: 313 of 328 notes played");
    expect(lines.find((line) => line.startsWith("velocity "))!.split(/\s+/).slice(-6)).toEqual(["313", "100.6", "16.94", "1.0000", "104.0", "122.0"]);
    expect(lines.find((line) => line.startsWith("playedShare"))).toMatch(/share of the score's notes that were played +0\.9543$/);
    expect(lines.find((line) => line.startsWith("staccatoOverlapRatio"))).toMatch(/ –$/);
  }));

  test("prints every played note, under partitura's names and with its values on request", inFolder(async (folder) => {
    waltz(folder);
    const [ours, theirs] = await Promise.all([
      dexter(folder, "features", "waltz.musicxml", "p01.match", "--csv"),
      dexter(folder, "features", "waltz.musicxml", "p01.match", "--csv", "--partitura"),
    ]);
    expect(ours.stdout.trimEnd().split("\n")).toHaveLength(314);
    expect(ours.stdout).toMatch(/^id,tempo,/);
    const [header, first] = theirs.stdout.split("\n").map((line) => line.split(","));
    // the reference's values of the first note (golden of eval-features)
    expect(Number(first[header.indexOf("articulation_feature.kor")])).toBeCloseTo(0.36652714, 3);
    expect(Number(first[header.indexOf("pedal_feature.onset_value")])).toBeCloseTo(10.113874, 3);
  }));

  test("prints bars, and a line of JSON", inFolder(async (folder) => {
    waltz(folder);
    const [table, json] = await Promise.all([
      dexter(folder, "features", "waltz.musicxml", "p01.match", "--window", "bar"),
      dexter(folder, "features", "waltz.musicxml", "p01.match", "--window", "6", "--json"),
    ]);
    expect(table.stdout.split("\n")[1]).toMatch(/^bar +beat +played +tempo/);
    const read = JSON.parse(json.stdout) as { notes: number; figures: Record<string, number | null>; windows: { fromBeat: number; played: number; tempo: number }[] };
    expect(read.notes).toBe(328);
    expect(read.figures.staccatoOverlapRatio).toBeNull();
    expect(read.windows.reduce((sum, { played }) => sum + played, 0)).toBe(313);
    expect(read.windows[1].fromBeat).toBe(5);
  }));

  test("sums several performances up, and goes on past one that cannot be read", inFolder(async (folder) => {
    waltz(folder);
    writeFileSync(join(folder, "broken.match"), "nothing of the kind");
    copyFileSync(join(folder, "p01.match"), join(folder, "p02.match"));
    const run = await dexter(folder, "features", "waltz.musicxml", "p01.match", "broken.match", "p02.match");
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/broken\.match/);
    expect(run.stdout).toMatch(/^2 performances\n/);
    expect(run.stdout).toMatch(/\nvelocity +MIDI velocity +2 +100\.6 +0\.0000 +16\.94\n/);
  }));

  test("aligns a MIDI file, and refuses one of another piece with its match ratio", inFolder(async (folder) => {
    waltz(folder);
    copyFileSync(join(CODEC, "Schubert_D783_no15_p01.mid"), join(folder, "p01.mid"));
    const [aligned, foreign] = await Promise.all([
      dexter(folder, "features", "waltz.musicxml", "p01.mid", "--json"),
      dexter(folder, "features", join(FIXTURES, "waltz.musicxml"), "p01.mid"),
    ]);
    expect(aligned).toMatchObject({ code: 0, stderr: "" });
    const read = JSON.parse(aligned.stdout) as { matchRatio: number; played: number; features: Record<string, { mean: number }> };
    expect(read.matchRatio).toBeGreaterThan(0.94);
    expect(read.played).toBeGreaterThanOrEqual(310);
    expect(read.features.velocity.mean).toBeCloseTo(100.6, 0);
    expect(foreign).toMatchObject({ code: 1, stdout: "" });
    expect(foreign.stderr).toMatch(/p01\.mid: .*match ratio 0\.\d\d/);
  }));

  test.each([
    [["p01.match", "p01.match", "--csv"], /one performance/],
    [["p01.match", "--window", "0"], /from 0\.25 to 10000/],
    [["p01.match", "--release", "late"], /Expected key or sound/],
  ])("refuses %j", (args, message) => inFolder(async (folder) => {
    waltz(folder);
    const run = await dexter(folder, "features", "waltz.musicxml", ...args);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(message);
  })());
});
