import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";

const WALTZ = join(FIXTURES, "waltz.musicxml");
const BINARY = join(dirname(fileURLToPath(import.meta.url)), "..", "bin", "dexter.mjs");

describe("the command line", () => {
  test.each([
    [["render", WALTZ, "--samples", "0"], /--samples.*'0'.*1 to 64/],
    [["render", WALTZ, "--samples", "2.5"], /--samples.*whole number/],
    [["render", WALTZ, "--steps", "-1"], /--steps.*'-1'/],
    [["render", WALTZ, "--guidance", "NaN"], /--guidance.*NaN/],
    [["render", WALTZ, "--guidance", ""], /--guidance/],
    [["render", WALTZ, "--tempo", "0"], /--tempo.*'0'.*5 to 1000/],
    [["render", WALTZ, "--tempo", "Infinity"], /--tempo/],
    [["render", WALTZ, "--seed", "1e3"], /--seed.*whole number/],
    [["render", WALTZ, "--seed", "1000000000000001"], /--seed.*to 1000000000000000/],
    [["render", WALTZ, "-o", ""], /--output.*nothing/],
    [["render", WALTZ, "--plot", ""], /--plot.*nothing/],
    [["decode", WALTZ, "p.csv", "-o", ""], /name of a file.*nothing/],
    [["render", WALTZ, "--sead", "1"], /--sead.*--seed/],
    [["render", WALTZ, WALTZ], /waltz\.mid/],
    [["render", WALTZ, "-o", WALTZ], /one of the scores/],
    [["render", WALTZ, "-o", "a.out", "--match", "a.out"], /a\.out/],
    [["render"], /score/],
    [["render", WALTZ, "--set", "rubatto=+1"], /no control "rubatto".*"rubato"/],
    [["render", WALTZ, "--set", "rubato"], /expected NAME=\+1/],
    [["render", WALTZ, "--set", "rubato=more"], /--set rubato=more: expected a number.*"more"/],
    [["render", WALTZ, "--set", "rubato=+5"], /rubato: expected −4 to 4 standard deviations, got 5/],
    [["render", WALTZ, "--curve", "rubato"], /expected NAME=FILE\.csv/],
    [["render", WALTZ, "--curve", `rubato=${WALTZ}`], /waltz\.musicxml:1: expected a header with beat, quarter, bar and value or change/],
    [["notes", WALTZ, "--csv", "--json"], /--csv.*--json/],
    [["encode", WALTZ], /performance/],
    [["encode", WALTZ, "p.match", "--release", "late"], /--release.*sound, key/],
    [["decode", WALTZ, "p.csv"], /--output/],
    [["decode", WALTZ, "p.csv", "-o", "p.csv"], /one of the inputs/],
    [["perform", WALTZ], /perform/],
  ])("dexter %j is a usage error: one line, exit code 2, nothing written", (args, message) =>
    inFolder(async (folder) => {
      const run = await dexter(folder, ...args);
      expect(run).toMatchObject({ code: 2, stdout: "" });
      expect(run.complaints).toHaveLength(1);
      expect(run.complaints[0]).toMatch(message);
      expect(filesIn(folder)).toEqual([]);
    })());

  test.each(["render", "notes", "encode", "decode"])("dexter %s --help shows examples", (command) =>
    inFolder(async (folder) => {
      const run = await dexter(folder, command, "--help");
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).toContain(`Examples:\n  $ dexter ${command} `);
    })());

  test("--version prints the version of the package", inFolder(async (folder) => {
    expect(await dexter(folder, "--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  }));

  test("--verbose adds the stack", inFolder(async (folder) => {
    const [quiet, verbose] = await Promise.all([dexter(folder, "notes", "none.xml"), dexter(folder, "notes", "none.xml", "--verbose")]);
    expect(quiet.stderr).not.toMatch(/\n\s+at /);
    expect(verbose.stderr).toMatch(/\n\s+at /);
  }));

  test("a reader that stops early ends it quietly", async () => {
    const child = spawn(process.execPath, [BINARY, "notes", "--json", ...Array<string>(200).fill(WALTZ)]);
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("a target that cannot be written", () => {
  test.each([
    ["in a missing folder", ["-o", "none/out.mid"], /none.*does not exist/],
    ["in a file", ["-o", "score.xml/out.mid"], /score\.xml.*not a folder/],
    ["with a name that is too long", ["-o", `${"x".repeat(300)}.mid`], /too long/],
  ])("%s is refused in one line, and nothing is left", (_, args, message) =>
    inFolder(async (folder) => {
      copyFileSync(WALTZ, join(folder, "score.xml"));
      writeFileSync(join(folder, "p.csv"), "id,beat_period,velocity,timing,articulation_log,pedal\na1,0.5,0.5,0,0,0\n");
      const run = await dexter(folder, "decode", "score.xml", "p.csv", ...args);
      expect(run).toMatchObject({ code: 1, stdout: "" });
      expect(run.complaints).toHaveLength(1);
      expect(run.complaints[0]).toMatch(message);
      expect(filesIn(folder)).toEqual(["p.csv", "score.xml"]);
    })());

  test("a folder where the file should be is refused", inFolder(async (folder) => {
    mkdirSync(join(folder, "out.csv"));
    const run = await dexter(folder, "encode", WALTZ, "p.match", "-o", "out.csv");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.complaints[0]).toMatch(/out\.csv.*got a folder/);
  }));
});
