/**
 * @file `dexter-train prepare` and `export` as a person runs them, on the tiny corpus of alignment-datasets.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSet, readOriginalLayout } from "@dexter/alignment-datasets";
import { dexterTrain, type Outcome } from "./dexter-train.js";
import { writeTinyCorpus } from "./tiny-corpus.js";

const CORPUS = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dexter-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("dexter-train prepare", () => {
  test("writes a set and says what is in it; export writes it in the original's layout", async () => {
    const set = join(folder, "set.h5");
    const prepared = await dexterTrain("prepare", "--corpus", `folder=${CORPUS}`, "-o", set, "--features", "classic", "--release", "sound", "--json");
    expect(prepared).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(prepared.stdout)).toMatchObject({ output: set, counts: { scores: 1, performances: 2, scoreNotes: 40 }, skipped: [] });
    const stored = await openSet(set);
    expect(stored.description).toMatchObject({ featureSet: "classic", release: "sound" });
    const played = [0, 1].map((k) => stored.readPerformance(0, k).mask.reduce((sum, value) => sum + value, 0));
    stored.close();

    const exported = await dexterTrain("export", "--layout", "original", set, "-o", join(folder, "original.h5"), "--length", "16", "--json");
    expect(exported).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(exported.stdout)).toMatchObject({ performances: 2, segments: Math.ceil(played[0] / 16) + Math.ceil(played[1] / 16) });
    const original = await readOriginalLayout(join(folder, "original.h5"));
    for (const { noteIdPath, parameters } of original.segments()) {
      expect(parameters.shape).toEqual([16, 5]);
      expect(existsSync(join(folder, noteIdPath))).toBe(true);
    }
    original.close();
  });

  test("perceptual features are taken from tables, at the onsets; a performance without one has none, with a warning", async () => {
    const tables = join(folder, "cep");
    mkdirSync(tables);
    const names = "frame_start_time,melodiousness,articulation,rhythm_complexity,rhythm_stability,dissonance,tonal_stability,minorness";
    writeFileSync(join(tables, "Schubert_D783_no15_p01.csv"), `${names}\n0,1,2,3,4,5,6,7\n4,11,12,13,14,15,16,17\n`);
    const set = join(folder, "perceptual.h5");
    const prepared = await dexterTrain("prepare", "--corpus", `folder=${CORPUS}`, "-o", set, "--perceptual", tables, "--json");
    expect(prepared.code).toBe(0);
    expect(JSON.parse(prepared.stdout)).toMatchObject({ perceptualTables: { found: 1, missing: 1 }, skipped: [] });
    expect(prepared.stderr).toMatch(/warning: 1 of 2 performances have no table of perceptual features \(first: .*_p02\.csv\)/);
    const stored = await openSet(set);
    const Q = stored.description.controlNames.length;
    const melodiousness = stored.description.controlNames.indexOf("melodiousness");
    const [with_, without] = [0, 1].map((k) => stored.readPerformance(0, k).controls!);
    stored.close();
    const values = Array.from({ length: with_.mask.length / Q }, (_, n) => with_.values.data[n * Q + melodiousness]);
    expect(new Set(values)).toEqual(new Set([1, 11]));
    expect(values.lastIndexOf(1)).toBeLessThan(values.indexOf(11)); // nobody repeats
    expect(without.mask[melodiousness]).toBe(0);
    expect(without.mask[0]).toBe(1);
  });

  test("shards are prepared apart and merged into the set that they would have been", async () => {
    const corpus = writeTinyCorpus(join(folder, "shards"), ["Waltz_A", "Waltz_B", "Waltz_C"]);
    const at = (name: string): string => join(folder, "shards", name);
    const prepare = (name: string, ...args: string[]): Promise<Outcome> =>
      dexterTrain("prepare", "--corpus", `folder=${corpus}`, "-o", at(name), "--validation", "0.3", "--json", ...args);
    const runs = await Promise.all([prepare("whole.h5"), prepare("set.h5", "--shard", "1/2"), prepare("set.h5", "--shard", "2/2")]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(JSON.parse(runs[2].stdout)).toMatchObject({ output: at("set.2-of-2.h5") });
    const lonely = await dexterTrain("merge", at("set.1-of-2.h5"), "-o", at("set.h5"));
    expect(lonely).toMatchObject({ code: 1, stdout: "" });
    expect(existsSync(at("set.h5"))).toBe(false);
    expect((await dexterTrain("merge", at("set.2-of-2.h5"), at("set.1-of-2.h5"), "-o", at("set.h5"))).code).toBe(0);
    const [whole, merged] = [await openSet(at("whole.h5")), await openSet(at("set.h5"))];
    expect(merged.description.counts).toEqual(whole.description.counts);
    expect(merged.description.statistics).toEqual(whole.description.statistics);
    expect([...merged.entries()]).toEqual([...whole.entries()]);
    for (let index = 0; index < 3; index++) {
      expect(merged.readScore(index)).toEqual(whole.readScore(index));
      expect(merged.readPerformance(index, 1)).toEqual(whole.readPerformance(index, 1));
    }
    whole.close();
    merged.close();
  });

  test.each<[string, string[], number, string]>([
    ["no corpus", ["prepare", "-o", "set.h5"], 2, "--corpus"],
    ["an unknown kind", ["prepare", "--corpus", "maestro=x", "-o", "set.h5"], 2, "expected a kind of asap, vienna4x22, batik, folder, pianocore, atepp"],
    ["a corpus that is not there", ["prepare", "--corpus", "asap=/nowhere", "-o", join(folder, "set2.h5")], 1, "/nowhere: no such folder or archive"],
    ["a folder to write that is not there", ["prepare", "--corpus", `folder=${CORPUS}`, "-o", "/nowhere/set.h5"], 2, "cannot write into /nowhere"],
    ["a fraction out of range", ["prepare", "--corpus", `folder=${CORPUS}`, "-o", "set.h5", "--validation", "2"], 2, "--validation"],
    ["an unknown option", ["prepare", "--corpus", `folder=${CORPUS}`, "-o", "set.h5", "--nonsense"], 2, "--nonsense"],
    ["an unknown command", ["prepair"], 2, "prepair"],
    ["a folder of tables that is not there", ["prepare", "--corpus", `folder=${CORPUS}`, "-o", "set.h5", "--perceptual", "/nowhere"], 2, "expected a folder of tables"],
    ["no name to write to", ["prepare", "--corpus", `folder=${CORPUS}`, "-o", ""], 2, "--output: expected the name of a file"],
    ["an export into a folder that is not there", ["export", "/nowhere.h5", "-o", "/nowhere/x.h5"], 2, "cannot write into /nowhere"],
    ["an export into a folder's place", ["export", "/nowhere.h5", "-o", folder], 2, "is a folder"],
    ["a set that is not there", ["export", "/nowhere.h5", "-o", join(folder, "x.h5")], 1, "/nowhere.h5: no such file"],
  ])("%s is one line and exit code", async (_, args, code, message) => {
    const outcome = await dexterTrain(...args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(outcome.stdout).toBe("");
  });

  test("an export never replaces the set that it reads, by whatever name", async () => {
    const set = join(folder, "precious.h5");
    writeFileSync(set, "precious");
    symlinkSync(set, join(folder, "alias.h5"));
    for (const output of [set, join(folder, ".", "sub", "..", "precious.h5"), join(folder, "alias.h5")]) {
      const outcome = await dexterTrain("export", set, "-o", output);
      expect(outcome).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toContain("is what the command reads");
    }
    expect(readFileSync(set, "utf8")).toBe("precious");
  });

  test("a stack is printed only with --verbose", async () => {
    const text = join(folder, "text.h5");
    writeFileSync(text, "hello");
    const quiet = await dexterTrain("export", text, "-o", join(folder, "x.h5"));
    const verbose = await dexterTrain("export", text, "-o", join(folder, "x.h5"), "--verbose");
    expect(quiet.stderr).toBe(`dexter-train: ${text}: not an HDF5 file\n`);
    expect(verbose.stderr).toContain("    at ");
    expect(readdirSync(folder).filter((name) => name.startsWith("x."))).toEqual([]);
  });
});
