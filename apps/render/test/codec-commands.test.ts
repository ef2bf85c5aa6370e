import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";

const WALTZ = join(FIXTURES, "waltz.musicxml");
const HEADER = "id,beat_period,velocity,timing,articulation_log,pedal";

/** A table of parameters: both notes of the first beat, then one of the second; steady, the second note early. */
const TABLE = `${HEADER}\nb1,0.5,0.5,0,0,0\na1,0.5,0.75,0.02,-1,0\nb2,0.5,0.25,0,0,0\n`;

function rowsOf(csv: string): Record<string, readonly number[]> {
  const rows = csv.trimEnd().split("\n").slice(1).map((line) => line.split(","));
  return Object.fromEntries(rows.map(([id, ...values]) => [id, values.map(Number)]));
}

describe("dexter encode and decode", () => {
  test("a table decoded and encoded again has the same tempo, velocities and lengths", inFolder(async (folder) => {
    writeFileSync(join(folder, "p.csv"), TABLE);
    const decoded = await dexter(folder, "decode", WALTZ, "p.csv", "-o", "p.mid", "--match", "p.match");
    expect(decoded).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(folder, "p.mid")).subarray(0, 4).toString()).toBe("MThd");
    const encoded = await dexter(folder, "encode", WALTZ, "p.match");
    expect(encoded.code).toBe(0);
    expect(encoded.stdout.split("\n")[0]).toBe(HEADER);
    const rows = rowsOf(encoded.stdout);
    expect(Object.keys(rows)).toEqual(["b1", "a1", "b2"]);
    // The chord's mean is 10 ms early: timing is told from there, and the beat is 10 ms longer.
    expect(rows.b1[0]).toBeCloseTo(0.51, 2);
    expect(rows.b1[1]).toBeCloseTo(64 / 127, 6);
    expect(rows.b1[2]).toBeCloseTo(-0.01, 2);
    expect(rows.a1[1]).toBeCloseTo(95 / 127, 6);
    expect(rows.a1[2]).toBeCloseTo(0.01, 2);
    expect(rows.a1[3]).toBeCloseTo(Math.log2(0.5 / 1.02), 1);
  }));

  test("a MIDI file with an alignment gives the same table as a match file", inFolder(async (folder) => {
    writeFileSync(join(folder, "p.csv"), TABLE);
    await dexter(folder, "decode", WALTZ, "p.csv", "-o", "p.mid", "--match", "p.match");
    const column = [["a1", "n0", 76], ["b1", "n1", 48], ["b2", "n2", 55]];
    const rows = column.map(([score, performed, pitch], index) => `${index},0,${score},${performed},${pitch}`);
    writeFileSync(join(folder, "p.align.csv"), ["idx,matchtype,partid,ppartid,pitch", ...rows, ""].join("\n"));
    const [fromMatch, fromMidi] = await Promise.all([
      dexter(folder, "encode", WALTZ, "p.match", "--release", "key", "-o", "a.csv"),
      dexter(folder, "encode", WALTZ, "p.mid", "p.align.csv", "--release", "key", "-o", "b.csv"),
    ]);
    expect([fromMatch.stderr, fromMidi.stderr]).toEqual(["", ""]);
    const [a, b] = ["a.csv", "b.csv"].map((name) => rowsOf(readFileSync(join(folder, name), "utf8")));
    expect(Object.keys(b)).toEqual(Object.keys(a));
    for (const id of Object.keys(a)) a[id].forEach((value, p) => expect(b[id][p]).toBeCloseTo(value, 3));
  }));

  test("ids of the second pass mean the unfolded score", inFolder(async (folder) => {
    writeFileSync(join(folder, "p.csv"), `${HEADER}\na2-1,0.5,0.5,0,0,0\na2-2,0.5,0.6,0,0,0\na8-1,0.5,0.7,0,0,0\n`);
    const decoded = await dexter(folder, "decode", WALTZ, "p.csv", "-o", "p.mid", "--match", "p.match");
    expect(decoded.stderr).toBe("");
    expect(readFileSync(join(folder, "p.match"), "utf8").match(/^snote\(/gm)).toHaveLength(29);
    const encoded = await dexter(folder, "encode", WALTZ, "p.match");
    expect(Object.keys(rowsOf(encoded.stdout))).toEqual(["a2-1", "a2-2", "a8-1"]);
  }));

  test.each([
    ["NaN", `${HEADER}\nb1,NaN,0.5,0,0,0\n`, /p\.csv.*line 2.*beat_period.*NaN/],
    ["infinity", `${HEADER}\nb1,0.5,0.5,Infinity,0,0\n`, /p\.csv.*line 2.*timing.*Infinity/],
    ["a foreign id", `${HEADER}\nb1,0.5,0.5,0,0,0\nzz9,0.5,0.5,0,0,0\n`, /p\.csv.*line 3.*zz9/],
    ["a fault behind unfolded ids", `${HEADER}\na2-1,0.5,0.5,0,0,0\na2-2,0.5,x,0,0,0\n`, /p\.csv.*line 3.*velocity.*"x"/],
    ["a missing column", "id,velocity\nb1,0.5\n", /p\.csv.*line 1.*beat_period/],
    ["a missing field", `${HEADER}\nb1,0.5\n`, /p\.csv.*line 2.*6.*2/],
    ["nothing", "", /p\.csv/],
    ["binary", "\u0000\u0001\u0002\n\u0003", /p\.csv/],
  ])("a table with %s is refused with its line, and nothing is written", (_, table, message) =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "p.csv"), table);
      const run = await dexter(folder, "decode", WALTZ, "p.csv", "-o", "p.mid", "--match", "p.match");
      expect(run).toMatchObject({ code: 1, stdout: "" });
      expect(run.complaints).toHaveLength(1);
      expect(run.complaints[0]).toMatch(message);
      expect(filesIn(folder)).toEqual(["p.csv"]);
    })());

  test.each([
    ["a zero denominator", "snote(a1,[E,n],5,1:1,0,1/0,0.0000,2.0000,[v1])-note(n0,76,0,1920,76,0,0).\n", /p\.match:(line )?2: .*1\/0/],
    ["foreign ids", "snote(zz1,[E,n],5,1:1,0,1/2,0.0000,2.0000,[v1])-note(n0,76,0,1920,76,0,0).\n", /zz1/],
    ["binary", "\u0000\u0001\u0002", /p\.match/],
  ])("a match file with %s is refused in one line", (_, line, message) =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "p.match"), `info(matchFileVersion,1.0.0).\n${line}`);
      const run = await dexter(folder, "encode", WALTZ, "p.match", "-o", "p.csv");
      expect(run.code).toBe(1);
      expect(run.complaints).toHaveLength(1);
      expect(run.complaints[0]).toMatch(message);
      expect(existsSync(join(folder, "p.csv"))).toBe(false);
    })());

  test("MIDI with a lying length is refused in one line", inFolder(async (folder) => {
    const midi = Buffer.from("4d546864000000060000000101e04d54726bffffffff00903c40", "hex");
    writeFileSync(join(folder, "p.mid"), midi);
    writeFileSync(join(folder, "p.align.csv"), "idx,matchtype,partid,ppartid,pitch\n0,0,a1,n0,76\n");
    const run = await dexter(folder, "encode", WALTZ, "p.mid", "p.align.csv");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/p\.mid/);
  }));
});
