import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { assemblePerformance, writeMidi, type PerformedNote } from "@dexter/codec";
import { loadMatch, loadPerformance } from "@dexter/codec/node";
import { MOVED_CONTROLS } from "@dexter/transfer";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";
import { saveTinyModel } from "./tiny-model.js";

const WALTZ = join(FIXTURES, "waltz.musicxml");
let inputs: string;
const input = (name: string): string => join(inputs, name);
jest.setTimeout(240_000);

/** A rendering of the waltz, played by hand: slower, softer, a note left out, one too many. */
async function saveRecording(name: string, { slower = 1, softer = 0, without = -1, extra = false }): Promise<void> {
  const { performance: { notes } } = await loadMatch(input("rendered.match"));
  const played: PerformedNote[] = Array.from(notes.onsetSec, (onset, i) => ({
    onsetSec: 1 + slower * onset, keyDurationSec: slower * notes.keyDurationSec[i], pitch: notes.pitch[i], velocity: Math.max(1, notes.velocity[i] - softer + (i % 3)),
  })).filter((_, i) => i !== without);
  if (extra) played.push({ onsetSec: 1 + slower * notes.onsetSec[8] + 0.05, keyDurationSec: 0.1, pitch: 23, velocity: 40 });
  writeFileSync(input(name), writeMidi(assemblePerformance(played)));
}

beforeAll(async () => {
  inputs = mkdtempSync(join(tmpdir(), "dexter-transfer-"));
  await saveTinyModel(input("told"), MOVED_CONTROLS);
  await saveTinyModel(input("untold"));
  await dexter(inputs, "render", WALTZ, "--model", input("untold"), "-o", "rendered.mid", "--match", "rendered.match", "--seed", "1");
  await saveRecording("mine.mid", { slower: 1.4, softer: 14, without: 11, extra: true });
  await saveRecording("hers.mid", {});
});
afterAll(() => rmSync(inputs, { recursive: true }));

const transfer = (folder: string, ...options: string[]) => dexter(folder, "transfer", WALTZ, "--from", input("mine.mid"), "--model", input("told"), ...options);

describe("dexter transfer", () => {
  test("with strength 0 gives the recording back: velocities equal, onsets within 1 ms", inFolder(async (folder) => {
    const { code, stderr } = await transfer(folder, "--toward", input("hers.mid"), "--strength", "0", "-o", "same.mid");
    expect([code, stderr]).toEqual([0, ""]);
    const [was, is] = [await loadPerformance(input("mine.mid")), await loadPerformance(join(folder, "same.mid"))];
    expect([...is.notes.pitch]).toEqual([...was.notes.pitch]);
    expect([...is.notes.velocity]).toEqual([...was.notes.velocity]);
    is.notes.onsetSec.forEach((onset, i) => expect(Math.abs(onset - was.notes.onsetSec[i])).toBeLessThan(1e-3));
  }));

  test("goes most of the way to the other one, plays what was left out, and draws all three", inFolder(async (folder) => {
    const files = ["-o", "out.mid", "--match", "out.match", "--plot", "out.svg", "--seed", "5"];
    const { code, stdout } = await transfer(folder, "--toward", input("hers.mid"), ...files, "--json");
    expect(code).toBe(0);
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({ strength: 0.75, seed: 5, added: 1, model: "told", midi: "out.mid", match: "out.match", plot: "out.svg" });
    expect(record.covered).toBeGreaterThan(0.4);
    const tempo = record.controls.find(({ control }: { control: string }) => control === "tempo");
    expect(tempo.result - tempo.source).toBeCloseTo(0.75 * Math.log2(1.4), 1);
    const svg = readFileSync(join(folder, "out.svg"), "utf8");
    for (const label of ["source", "target", "result"]) expect(svg).toContain(label);
    const { alignment, performance: { notes } } = await loadMatch(join(folder, "out.match"));
    expect(alignment.filter(({ kind }) => kind === "deletion")).toEqual([]);
    expect(notes.pitch.includes(23)).toBe(true);
    expect(filesIn(folder)).toEqual(["out.match", "out.mid", "out.svg"]);
    const before = readFileSync(join(folder, "out.mid"));
    await transfer(folder, "--toward", input("hers.mid"), ...files);
    expect(readFileSync(join(folder, "out.mid")).equals(before)).toBe(true);
  }));

  test("follows requests, keeps bars, drops extra notes", inFolder(async (folder) => {
    const { code, stdout } = await transfer(folder, "--set", "dynamics=+2", "--keep", "bars=1-2", "--extra", "drop", "-o", "out.mid", "--seed", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/out\.mid: strength 1, seed 1, model told, \d+ notes/);
    const [was, is] = [await loadPerformance(input("mine.mid")), await loadPerformance(join(folder, "out.mid"))];
    expect([...is.notes.pitch]).not.toContain(23);
    for (let i = 0; i < 4; i++) expect([is.notes.pitch[i], is.notes.velocity[i]]).toEqual([was.notes.pitch[i], was.notes.velocity[i]]);
  }));

  test.each<[string, string[], number, string]>([
    ["a MIDI file of another piece", ["--from", "@other.mid"], 1, "other.mid: the performance is hardly this piece"],
    ["an empty one", ["--from", "@empty.mid"], 1, "empty.mid: the performance has no notes"],
    ["a model that cannot be told", ["--model", "@untold", "--toward", "@hers.mid"], 1, "this model has no controls, so it cannot be told where to go"],
    ["a misspelt control", ["--set", "dynamic=+1"], 2, 'there is no control "dynamic". Did you mean "dynamics"?'],
    ["two goals", ["--set", "dynamics=+1", "--toward", "@hers.mid"], 2, "--toward goes with neither --set nor --curve"],
    ["bars that are none", ["--keep", "bars=8-2"], 2, 'expected bars from 1 on, the first before the last, got "8-2"'],
    ["a strength beyond 1", ["--strength", "1.5"], 2, "Expected a number from 0 to 1."],
    ["an output in place of the recording", ["-o", "@mine.mid"], 2, "this output is one of the inputs"],
  ])("refuses %s in one line", async (_, options, exit, message) => {
    writeFileSync(input("empty.mid"), writeMidi(assemblePerformance([])));
    writeFileSync(input("other.mid"), writeMidi(assemblePerformance(Array.from({ length: 60 }, (_x, i) => ({ onsetSec: i / 7, keyDurationSec: 0.1, pitch: 30 + ((i * 29) % 11), velocity: 70 })))));
    await inFolder(async (folder) => {
      const { code, complaints } = await transfer(folder, "-o", "out.mid", ...options.map((word) => (word.startsWith("@") ? input(word.slice(1)) : word)));
      expect([code, complaints.length]).toEqual([exit, 1]);
      expect(complaints[0]).toContain(message);
      expect(filesIn(folder)).toEqual([]);
    })();
  });
});
