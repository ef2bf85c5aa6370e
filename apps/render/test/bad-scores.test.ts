import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { strToU8, zipSync } from "fflate";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";

const WALTZ = readFileSync(join(FIXTURES, "waltz.musicxml"), "utf8");
const CONTAINER = (path: string): Uint8Array =>
  strToU8(`<?xml version="1.0"?><container><rootfiles><rootfile full-path="${path}"/></rootfiles></container>`);

/** Files that are no scores, and what their message must say besides their name. */
const BAD: Readonly<Record<string, readonly [content: string | Uint8Array, says: RegExp]>> = {
  "empty.xml": ["", /empty/],
  "blank.xml": [" \n ", /empty/],
  "binary.xml": [Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256), /./],
  "truncated.xml": [WALTZ.slice(0, 3000), /line \d+|XML/],
  "html.xml": ["<html><body/></html>", /score-partwise.*html/],
  "deep.xml": [`<score-partwise>${"<a>".repeat(100_000)}`, /deep/],
  "bomb.xml": ['<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><score-partwise>&b;</score-partwise>', /entit/],
  "external.xml": ['<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><score-partwise>&a;</score-partwise>', /entit/],
  "no-measures.xml": ["<score-partwise><part-list/></score-partwise>", /measure/],
  "bomb.mxl": [zipSync({ "META-INF/container.xml": CONTAINER("s.xml"), "s.xml": new Uint8Array(200 * 2 ** 20).fill(32) }, { level: 9 }), /bytes|large|MiB/],
  "traversal.mxl": [zipSync({ "META-INF/container.xml": CONTAINER("../../../etc/passwd") }), /./],
  "nothing.mxl": [zipSync({}), /./],
  "cut.mxl": [zipSync({ "s.xml": strToU8(WALTZ) }).subarray(0, 600), /./],
  "lying.mid": [Buffer.from("4d546864000000060000000101e04d54726bffffffff00903c40", "hex"), /./],
  "short.mid": [Buffer.from("4d5468640000", "hex"), /./],
};

describe("scores that are none", () => {
  test("each gets one line with its name, and nothing is written", inFolder(async (folder) => {
    for (const [name, [content]] of Object.entries(BAD)) writeFileSync(join(folder, name), content);
    mkdirSync(join(folder, "folder.xml"));
    const names = [...Object.keys(BAD), "folder.xml", "missing.xml"];
    const before = filesIn(folder);
    const run = await dexter(folder, "notes", "--json", ...names);
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(names.length);
    const records = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    names.forEach((name, i) => {
      expect(run.complaints[i]).toMatch(new RegExp(`^dexter: ${name.replace(".", "\\.")}\\b.*`));
      expect(run.complaints[i]).not.toMatch(/internal error/);
      expect(run.complaints[i]).toMatch(BAD[name]?.[1] ?? /no such file|folder/);
      expect(records[i]).toEqual({ score: name, error: run.complaints[i].replace("dexter: ", "") });
    });
    expect(filesIn(folder)).toEqual(before);
  }));

  test("render refuses them before it plays anything", inFolder(async (folder) => {
    for (const [name, [content]] of Object.entries(BAD)) writeFileSync(join(folder, name), content);
    mkdirSync(join(folder, "out"));
    const run = await dexter(folder, "render", ...Object.keys(BAD).filter((name) => name !== "bomb.mxl"), "-o", "out", "--seed", "1");
    // Two of them are called "bomb": their outputs would be one file.
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(Object.keys(BAD).length - 1);
    expect(filesIn(join(folder, "out"))).toEqual([]);
  }));

  test("an archive without a container, a byte order mark and carriage returns are no faults", inFolder(async (folder) => {
    const text = `\ufeff${WALTZ.replaceAll("\n", "\r\n")}`;
    writeFileSync(join(folder, "plain.mxl"), zipSync({ "score.xml": strToU8(text) }));
    const run = await dexter(folder, "notes", "--json", "plain.mxl");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(run.stdout).notes).toHaveLength(17);
  }));
});
