/**
 * @file Hostile files end in an error or a result, soon and in less than a gigabyte. Each class of them is read in a
 * process of its own (`hostile-input.mjs`) that is ended if it does not come back: work that grows with the square of
 * the input would not.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

/** Generous: an idle machine needs a second for each file, a busy one several. */
const MOST_MS = 150_000;
const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "codec-hostile-"));
const bundle = join(folder, "codec.mjs");

beforeAll(() => {
  const esbuild = createRequire(import.meta.url).resolve("esbuild");
  const options = { entryPoints: [join(here, "../src/index.ts")], bundle: true, platform: "node", format: "esm", outfile: bundle };
  const script = `import esbuild from ${JSON.stringify(esbuild)}; await esbuild.build(${JSON.stringify(options)});`;
  const built = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect([built.status, built.stderr]).toEqual([0, ""]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const TOO_LARGE = /more than|at most|longer than|deeper than/;
const READ = expect.any(Number);
const refused = (message: RegExp): unknown => expect.stringMatching(message);

test.each([
  ["deep nesting", { "elements in a measure": refused(/deeper than 64/), "elements outside": refused(/deeper than 64/) }],
  ["large files", { "500 MB of notes": refused(TOO_LARGE), "notes without end": refused(/more than 250000 notes/), "a tag of attributes": refused(/attributes/), "a text that begins tags": 1 }],
  ["entities", { "a billion laughs": refused(/are refused/), "an external one": refused(/are refused/) }],
  ["archives", { "a bomb": refused(/unpacks to more than/), "many bombs": refused(/unpacks to more than/), "a path that leads out": refused(/leads out/), "many entries": refused(/more than 1000 entries/) }],
  ["MIDI", { "a track that lies about its length": refused(/cut off or damaged/), "10 million events": refused(TOO_LARGE), "as many events as it may have": READ, "keys struck and never released": 240_001, "huge delta times": refused(TOO_LARGE) }],
  ["tables and match files", { "a million lines of garbage": refused(/no known kind of line/), "a million columns of parameters": refused(TOO_LARGE), "a million columns after the known": 1 }],
  ["large numbers", { "of divisions": refused(/divisions/), "of a duration": refused(TOO_LARGE), "of divisions that have no common multiple": 2000 }],
  ["repeats", { "of a bar of signs": refused(/more than 250000/), "from every bar to its segno": 40_000, "from every bar to the beginning": refused(/more than 50000 bars/), "past thousands of endings": READ }],
  ["measures", { "a million without length": refused(/more than 50000 measures/), "as many as there may be": 1, "in 256 parts": refused(/measures/) }],
  ["crowds of notes", { "a chord": 200_000, "two chords, one after the other": 100_000, "grace notes at one onset": 100_001 }],
  ["crowds of signs", { "slurs that never end": 50_000, "slurs over everything": 100_000, voices: 50_000, "accents at one onset": 100_000 }],
])("%s: read or refused", (name, expected) => {
  const child = spawnSync(process.execPath, ["--max-old-space-size=900", join(here, "hostile-input.mjs"), bundle, name], { encoding: "utf8", timeout: MOST_MS });
  expect([child.status, child.signal, child.stderr]).toEqual([0, null, ""]);
  const outcomes = Object.fromEntries(child.stdout.trim().split("\n").map((line) => JSON.parse(line) as [string, string | number]));
  expect(outcomes).toMatchObject(expected);
  expect(JSON.stringify(outcomes)).not.toContain("no FormatError");
  expect(outcomes.megabytes).toBeLessThan(1000);
}, MOST_MS + 10_000);
