import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { FIXTURES, dexter, inFolder } from "./dexter.js";

const WALTZ = join(FIXTURES, "waltz.musicxml");

describe("dexter notes", () => {
  test("prints a JSON line a score, and one with the error for a score that cannot be read", inFolder(async (folder) => {
    writeFileSync(join(folder, "broken.xml"), "<score-partwise><part-list>");
    const run = await dexter(folder, "notes", "--json", "broken.xml", WALTZ);
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(1);
    const [broken, waltz] = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect(broken.score).toBe("broken.xml");
    expect(broken.error).toMatch(/^broken\.xml/);
    expect(waltz.score).toBe(WALTZ);
    expect(waltz.notes).toHaveLength(17);
    expect(waltz.notes[1]).toEqual({
      id: "a1", onset_beat: 0, duration_beat: 2, onset_quarter: 0, duration_quarter: 2, onset_div: 0, duration_div: 4,
      pitch: 76, voice: 1, staff: 1, grace: false,
    });
    expect(waltz.notes.find(({ id }: { id: string }) => id === "g1")).toMatchObject({ duration_beat: 0, grace: true, pitch: 81 });
    expect(waltz.notes.find(({ id }: { id: string }) => id === "b8")).toMatchObject({ onset_beat: 6, duration_beat: 6 });
  }));

  test("plays repeats out on request: ids name the pass", inFolder(async (folder) => {
    const run = await dexter(folder, "notes", "--unfold", "--csv", WALTZ);
    expect(run.code).toBe(0);
    const [header, ...rows] = run.stdout.trimEnd().split("\n");
    expect(header).toBe("id,onset_beat,duration_beat,onset_quarter,duration_quarter,onset_div,duration_div,pitch,voice,staff,grace");
    expect(rows).toHaveLength(17 + 12);
    expect(rows).toContain("a2-1,2,1,2,1,4,2,79,1,1,0");
    expect(rows).toContain("a2-2,8,1,8,1,16,2,79,1,1,0");
    expect(rows).toContain("a8-1,15,3,15,3,30,6,84,1,1,0");
  }));

  test("names the score in the first column when several make one CSV", inFolder(async (folder) => {
    copyFileSync(WALTZ, join(folder, "a, b.xml"));
    const run = await dexter(folder, "notes", "--csv", "a, b.xml", "a, b.xml");
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 2 * 17);
    expect(lines[0]).toMatch(/^score,id,onset_beat/);
    expect(lines[1]).toBe('"a, b.xml",b1,0,1,0,1,0,2,48,5,2,0');
  }));

  test("prints a table for people", inFolder(async (folder) => {
    const run = await dexter(folder, "notes", WALTZ);
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(`${WALTZ}: 17 notes`);
    expect(lines[3].trim().split(/\s+/)).toEqual(["a1", "0", "2", "0", "2", "0", "4", "76", "1", "1", "false"]);
  }));

  test("reads UTF-16 with a byte order mark and carriage returns like any other", inFolder(async (folder) => {
    const text = readFileSync(WALTZ, "utf8").replace('encoding="UTF-8"', 'encoding="UTF-16"').replaceAll("\n", "\r\n");
    writeFileSync(join(folder, "wide.xml"), Buffer.from(`\ufeff${text}`, "utf16le"));
    const [wide, plain] = await Promise.all([dexter(folder, "notes", "--csv", "wide.xml"), dexter(folder, "notes", "--csv", WALTZ)]);
    expect(wide.code).toBe(0);
    expect(wide.stdout).toBe(plain.stdout);
  }));
});
