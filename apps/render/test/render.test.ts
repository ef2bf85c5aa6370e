import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { loadMatch, loadPerformance } from "@dexter/codec/node";
import { classicTensors, DEFAULT_DIFFWAVE } from "@dexter/diffusion";
import { saveClassicCheckpoint } from "@dexter/diffusion/node";
import { FIXTURES, dexter, filesIn, inFolder } from "./dexter.js";
import { saveTinyModel } from "./tiny-model.js";

const WALTZ = join(FIXTURES, "waltz.musicxml");
/** Notes of the waltz with its repeat. */
const PLAYED = 29;

let models: string;
let model: string;
// Each rendering starts the runtime anew, which takes long on a busy machine.
jest.setTimeout(240_000);

beforeAll(async () => {
  models = mkdtempSync(join(tmpdir(), "dexter-model-"));
  model = join(models, "tiny");
  await saveTinyModel(model);
});
afterAll(() => rmSync(models, { recursive: true }));

describe("dexter render", () => {
  test("the same seed writes the same bytes, another seed others", inFolder(async (folder) => {
    const as = (name: string, seed: string): ReturnType<typeof dexter> =>
      dexter(folder, "render", WALTZ, "--model", model, "-o", `${name}.mid`, "--match", `${name}.match`, "--plot", `${name}.svg`, "--seed", seed);
    const runs = [await as("a", "7"), await as("b", "7"), await as("c", "8")];
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([[0, ""], [0, ""], [0, ""]]);
    for (const extension of ["mid", "match", "svg"]) {
      const [a, b, c] = ["a", "b", "c"].map((name) => readFileSync(join(folder, `${name}.${extension}`)));
      expect(a.equals(b)).toBe(true);
      expect(a.equals(c)).toBe(false);
    }
    expect(runs[0].stdout).toMatch(new RegExp(`a\\.mid: seed 7, model tiny, ${PLAYED} notes, duration \\d+:\\d\\d`));
    expect(runs[0].stdout).toMatch(/took \d+\.\d\d s/);
  }));

  test("the match file holds every note as played, and the MIDI file the same notes, the pedal and the seed", inFolder(async (folder) => {
    await dexter(folder, "render", WALTZ, "--model", model, "-o", "w.mid", "--match", "w.match", "--seed", "12");
    const match = await loadMatch(join(folder, "w.match"));
    const midi = await loadPerformance(join(folder, "w.mid"));
    expect(match.version).toBe("1.0.0");
    expect(match.scoreNotes.length).toBe(PLAYED);
    expect(match.alignment.filter(({ kind }) => kind === "match")).toHaveLength(PLAYED);
    expect(midi.notes.length).toBe(PLAYED);
    expect([...midi.notes.pitch]).toEqual([...match.performance.notes.pitch]);
    expect([...midi.notes.velocity]).toEqual([...match.performance.notes.velocity]);
    midi.notes.onsetSec.forEach((onset, note) => expect(onset).toBeCloseTo(match.performance.notes.onsetSec[note], 3));
    expect([...midi.controls.controller].every((controller) => controller === 64)).toBe(true);
    expect(midi.controls.length).toBeGreaterThan(0);
    expect(readFileSync(join(folder, "w.mid"), "latin1")).toContain("seed 12");
  }));

  test("samples are numbered, come in pairs of opposites, and share one plot; a drawn seed gives them again", inFolder(async (folder) => {
    const run = await dexter(folder, "render", WALTZ, "--model", model, "-o", "w.mid", "--plot", "w.svg", "--samples", "3", "--json");
    expect(run.code).toBe(0);
    expect(filesIn(folder)).toEqual(["w-1.mid", "w-2.mid", "w-3.mid", "w.svg"]);
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({ score: WALTZ, model: "tiny", notes: PLAYED, plot: "w.svg" });
    const draws = report.performances.map(({ seed, opposite }: { seed: number; opposite?: boolean }) => [seed, opposite]);
    const [[seed]] = draws;
    expect(draws).toEqual([[seed, undefined], [seed, true], [seed + 1, undefined]]);
    expect(report.performances[2].midi).toBe("w-3.mid");
    expect(readFileSync(join(folder, "w-2.mid"), "latin1")).toContain(`seed ${seed}, opposite`);
    const again = (name: string, ...args: string[]) => dexter(folder, "render", WALTZ, "--model", model, "-o", name, ...args);
    const written = (name: string) => readFileSync(join(folder, name));
    await again("again.mid", "--seed", String(seed), "--opposite");
    expect(written("again.mid").equals(written("w-2.mid"))).toBe(true);
    const apart = await again("apart.mid", "--seed", String(seed), "--samples", "2", "--independent");
    expect(apart.stdout).toMatch(new RegExp(`apart-1\\.mid: seed ${seed}, model[^]*apart-2\\.mid: seed ${seed + 1}, model`));
    expect(written("apart-2.mid").equals(written("w-3.mid"))).toBe(true);
  }));

  test("a classic model draws one seed after another, and refuses opposites in one line", inFolder(async (folder) => {
    const network = { ...DEFAULT_DIFFWAVE, residualChannels: 2, residualLayers: 1, segmentNotes: 20, diffusionSteps: 10 };
    const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.01) }]));
    await saveClassicCheckpoint(join(folder, "classic"), {
      tensors,
      config: {
        format: "dexter-classic", version: 1, network, prediction: "v", nullCondition: "consistent", training: {},
        schedule: { kind: "cosine", steps: 10, betaStart: 1e-4, betaEnd: 0.02 }, scale: { mean: [0.5, 0.5, 0, -0.3, 0.3], sd: [0.1, 0.1, 0.02, 0.5, 0.3] },
      },
    });
    const played = await dexter(folder, "render", WALTZ, "--model", "classic", "-o", "w.mid", "--seed", "4", "--samples", "2", "--steps", "2", "--json");
    expect(JSON.parse(played.stdout).performances).toEqual([expect.objectContaining({ seed: 4 }), expect.objectContaining({ seed: 5 })]);
    expect(played.stdout).not.toContain("opposite");
    const refused = await dexter(folder, "render", WALTZ, "--model", "classic", "-o", "x.mid", "--opposite");
    expect([refused.code, refused.complaints]).toEqual([1, [expect.stringContaining("the classic model classic draws each seed by itself: leave out --opposite")]]);
    expect(filesIn(folder)).not.toContain("x.mid");
  }));

  test("several scores go beside themselves; one that fails is reported and does not stop the rest", inFolder(async (folder) => {
    for (const name of ["one.xml", "two.musicxml"]) copyFileSync(WALTZ, join(folder, name));
    writeFileSync(join(folder, "bad.xml"), "no score");
    const run = await dexter(folder, "render", "one.xml", "bad.xml", "two.musicxml", "--model", model, "--seed", "1", "--json");
    expect(run.code).toBe(1);
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/bad\.xml/);
    const [one, bad, two] = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    expect([one.score, bad.score, two.score]).toEqual(["one.xml", "bad.xml", "two.musicxml"]);
    expect(bad.error).toMatch(/bad\.xml/);
    expect(filesIn(folder)).toEqual(["bad.xml", "one.mid", "one.xml", "two.mid", "two.musicxml"]);
  }));

  test("shards divide the scores; together they write what one run writes, in names and bytes", inFolder(async (folder) => {
    for (const name of ["one.xml", "two.xml"]) copyFileSync(WALTZ, join(folder, name));
    for (const out of ["whole", "parts"]) mkdirSync(join(folder, out));
    const play = (...args: string[]): ReturnType<typeof dexter> => dexter(folder, "render", "one.xml", "two.xml", "--model", model, "--seed", "3", ...args);
    expect((await play("-o", "whole")).code).toBe(0);
    expect((await play("-o", "parts", "--shard", "1/2")).code).toBe(0);
    expect(filesIn(join(folder, "parts"))).toEqual(["one.mid"]);
    expect((await play("-o", "parts", "--shard", "2/2")).code).toBe(0);
    for (const name of ["one.mid", "two.mid"]) {
      expect(readFileSync(join(folder, "parts", name)).equals(readFileSync(join(folder, "whole", name)))).toBe(true);
    }
    const wrong = await play("--shard", "3/2");
    expect([wrong.code, wrong.complaints.length]).toEqual([2, 1]);
  }));

  test("a MIDI score is not overwritten", inFolder(async (folder) => {
    await dexter(folder, "render", WALTZ, "--model", model, "-o", "score.mid", "--seed", "1");
    const before = readFileSync(join(folder, "score.mid"));
    const run = await dexter(folder, "render", "score.mid", "--model", model, "--seed", "1");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(filesIn(folder)).toEqual(["score-dexter.mid", "score.mid"]);
    expect(readFileSync(join(folder, "score.mid")).equals(before)).toBe(true);
  }));

  test("a tempo twice as fast halves the duration", inFolder(async (folder) => {
    mkdirSync(join(folder, "out"));
    const at = async (tempo: string): Promise<number> => {
      const run = await dexter(folder, "render", WALTZ, "--model", model, "-o", "out", "--seed", "1", "--tempo", tempo, "--json");
      return JSON.parse(run.stdout).performances[0].duration;
    };
    const [slow, fast] = [await at("60"), await at("120")];
    expect(slow / fast).toBeGreaterThan(1.7);
    expect(slow / fast).toBeLessThan(2.3);
    expect(filesIn(join(folder, "out"))).toEqual(["waltz.mid"]);
  }));

  test("a damaged model is reported in one line and nothing is written", inFolder(async (folder) => {
    mkdirSync(join(folder, "model"));
    copyFileSync(join(model, "config.json"), join(folder, "model", "config.json"));
    writeFileSync(join(folder, "model", "model.safetensors"), readFileSync(join(model, "model.safetensors")).subarray(0, 2000));
    const run = await dexter(folder, "render", WALTZ, "--model", "model", "-o", "w.mid");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.complaints).toHaveLength(1);
    expect(run.complaints[0]).toMatch(/model\.safetensors/);
    expect(filesIn(folder)).toEqual(["model"]);
  }));
});

describe("dexter render with controls", () => {
  let steerable: string;
  beforeAll(async () => {
    steerable = join(models, "steerable");
    await saveTinyModel(steerable, ["tempo", "dynamics", "articulation"]);
  });

  test("tells what was asked for and what came of it, and plays faster where it shall", inFolder(async (folder) => {
    const as = async (...more: string[]) => {
      const { code, stdout } = await dexter(folder, "render", WALTZ, "--model", steerable, "-o", "w.mid", "--seed", "3", "--json", ...more);
      expect(code).toBe(0);
      return JSON.parse(stdout).performances[0];
    };
    const plain = await as();
    const [faster] = [await as("--set", "tempo=+2", "--set", "articulation=-1")];
    expect(plain.controls).toBeUndefined();
    expect(faster.duration).toBeLessThan(plain.duration / 1.4); // 0.6 octaves
    const [tempo, articulation] = faster.controls;
    expect([tempo.control, articulation.control]).toEqual(["tempo", "articulation"]);
    expect(tempo.realised - tempo.neutral).toBeCloseTo(0.6, 1);
    expect(articulation.requested).toBeCloseTo(articulation.neutral - 0.3, 2);
  }));

  test("follows a curve, and says where it does not cover the score", inFolder(async (folder) => {
    writeFileSync(join(folder, "arch.csv"), "bar,change\n1,-2\n3,2\n");
    const run = await dexter(folder, "render", WALTZ, "--model", steerable, "-o", "w.mid", "--seed", "3", "--curve", "dynamics=arch.csv");
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/the curve of dynamics covers \d+ of 29 notes \(bar 1 to 3 of 1 to [\d.]+\)/);
    expect(run.stdout).toMatch(/dynamics: [\d.]+, asked for [\d.]+, without [\d.]+/);
  }));

  test("a model without controls refuses them in one line", inFolder(async (folder) => {
    const run = await dexter(folder, "render", WALTZ, "--model", model, "-o", "w.mid", "--set", "rubato=+1");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.complaints).toEqual([expect.stringMatching(/this model has no controls/)]);
    expect(filesIn(folder)).toEqual([]);
  }));

  test("--list-controls tells names, units and scales, and plays nothing", inFolder(async (folder) => {
    const table = await dexter(folder, "render", "--list-controls", "--model", steerable);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^name +group +unit +mean +sd +spread/);
    const { stdout } = await dexter(folder, "render", "--list-controls", "--model", steerable, "--json");
    expect(JSON.parse(stdout).controls.map(({ name }: { name: string }) => name)).toEqual(["tempo", "dynamics", "articulation"]);
    expect(filesIn(folder)).toEqual([]);
    expect((await dexter(folder, "render", "--list-controls", "--model", model)).complaints).toEqual([expect.stringMatching(/this model has no controls/)]);
  }));
});
