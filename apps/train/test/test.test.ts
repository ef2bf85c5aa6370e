/**
 * @file `dexter-train test` as a person runs it: tiny checkpoints on the tiny corpus of alignment-datasets.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { readMidi } from "@dexter/codec";
import { classicTensors, DEFAULT_DIFFWAVE } from "@dexter/diffusion";
import { loadClassicCheckpoint, saveClassicCheckpoint } from "@dexter/diffusion/node";
import type { TestedPassage } from "@dexter/eval-features";
import { dexterTrain, startDexterTrain, until } from "./dexter-train.js";

const repository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const CORPUS = repository("packages/alignment-datasets/test/fixtures/schubert");
const BASE = repository("data/models/base");
const folder = mkdtempSync(join(tmpdir(), "dexter-test-"));
const [classic, soundSet, keySet] = ["classic", "sound.h5", "key.h5"].map((name) => join(folder, name));
jest.setTimeout(240_000);

interface Figures {
  readonly output: string;
  readonly passages: readonly TestedPassage[];
  readonly summary: { readonly samples: number; readonly parameters: { readonly velocityNorm: { readonly correlation: number } } };
}

beforeAll(async () => {
  const network = { ...DEFAULT_DIFFWAVE, residualChannels: 4, residualLayers: 2, segmentNotes: 20, diffusionSteps: 30 };
  const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) =>
    [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.3 * Math.sin(i * 12.9898 + name.length)) }]));
  await saveClassicCheckpoint(classic, {
    tensors,
    config: {
      format: "dexter-classic", version: 1, network, prediction: "v", nullCondition: "consistent", training: {},
      schedule: { kind: "cosine", steps: 30, betaStart: 1e-4, betaEnd: 0.02 },
      scale: { mean: [0.5, 0.5, 0, -0.3, 0.3], sd: [0.1, 0.1, 0.02, 0.5, 0.3] },
    },
  });
  const prepared = [
    await dexterTrain("prepare", "--corpus", `folder=${CORPUS}`, "--features", "classic", "--release", "sound", "-o", soundSet),
    await dexterTrain("prepare", "--corpus", `folder=${CORPUS}`, "-o", keySet),
  ];
  expect(prepared.map(({ code }) => code)).toEqual([0, 0]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Frames of a GIF: graphic control extensions with the image that follows. */
function frameCount(gif: Buffer): number {
  let count = 0;
  for (let at = gif.indexOf("21f904", 0, "hex"); at >= 0; at = gif.indexOf("21f904", at + 1, "hex")) if (gif[at + 8] === 0x2c) count++;
  return count;
}

describe("dexter-train test", () => {
  test("of a classic model writes draws, figures, animations and one page, the same for the same seed", async () => {
    const output = join(folder, "report");
    const args = ["test", classic, "--data", soundSet, "--samples", "2", "--sampler", "ddim", "--eta", "0.5", "-w", "1.5", "--steps", "6", "--seed", "3", "-o", output, "--json"];
    const run = await dexterTrain(...args);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const figures = JSON.parse(run.stdout) as Figures;
    expect(figures.passages.map(({ notes, pianists, place }) => [notes, pianists, place.split(",")[0]])).toEqual([[20, 2, "notes 1–20"], [20, 2, "notes 21–40"]]);
    expect(figures.passages[0].samples.map(({ seed }) => seed)).toEqual([3, 4]);
    const rs = figures.passages.flatMap(({ samples }) => samples.map(({ parameters }) => parameters.velocityNorm.correlation));
    expect(figures.summary.samples).toBe(4);
    expect(figures.summary.parameters.velocityNorm.correlation).toBeCloseTo(rs.reduce((a, b) => a + b, 0) / 4, 10);

    const record = JSON.parse(readFileSync(join(output, "report.json"), "utf8")) as Record<string, unknown>;
    expect(record).toMatchObject({ format: "dexter-test", complete: true, settings: { model: "classic", kind: "diffwave", sampler: "ddim", steps: 6, eta: 0.5 }, passages: figures.passages });
    const page = readFileSync(join(output, "report.html"), "utf8");
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:/);
    for (const [, link] of page.matchAll(/(?:src|href)="(samples[^"]*)"/g)) expect(existsSync(join(output, link))).toBe(true);
    expect(frameCount(readFileSync(join(output, "samples/001-1.gif")))).toBe(7);
    expect(readMidi(readFileSync(join(output, "samples/002-2.mid")), { file: "002-2.mid" }).notes.length).toBe(20);
    expect(readdirSync(folder).filter((name) => name.includes(".part"))).toEqual([]);

    const again = await dexterTrain(...args); // in place of the first report
    expect((JSON.parse(again.stdout) as Figures).passages).toEqual(figures.passages);
  });

  test("of a classic model starts from another performance, covered with noise or as it is", async () => {
    const output = join(folder, "transfer");
    const transfer = async (...options: string[]): Promise<TestedPassage> => {
      const run = await dexterTrain("test", classic, "--data", soundSet, "--samples", "1", "--segments", "1", "--steps", "3", ...options, "-o", output, "--json");
      expect(run).toMatchObject({ code: 0, stderr: "" });
      return (JSON.parse(run.stdout) as Figures).passages[0];
    };
    const covered = await transfer("--sample-steps-frac", "0.4");
    expect([covered.label, covered.source].sort()).toEqual(["Schubert_D783_no15_p01", "Schubert_D783_no15_p02"]);
    expect(readFileSync(join(output, "report.html"), "utf8")).toContain("started from Schubert_D783_no15");
    const itself = await transfer("--transfer", "--sample-steps-frac", "1");
    expect(itself.samples[0].parameters).not.toEqual(covered.samples[0].parameters);
  });

  test("of a classic model samples as the Python DExter does, and may be told what the label feels like", async () => {
    const output = join(folder, "original");
    const draw = async (...options: string[]): Promise<TestedPassage["samples"]> => {
      const run = await dexterTrain("test", classic, "--data", soundSet, "--samples", "1", "--segments", "1", ...options, "-o", output, "--json");
      expect(run).toMatchObject({ code: 0 });
      return (JSON.parse(run.stdout) as Figures).passages[0].samples;
    };
    const original = await draw("--compat", "original");
    const { settings } = JSON.parse(readFileSync(join(output, "report.json"), "utf8")) as { settings: unknown };
    expect(settings).toMatchObject({ sampler: "cfdg_ddpm", compat: "original" });
    expect(frameCount(readFileSync(join(output, "samples/001-1.gif")))).toBeGreaterThan(20);
    expect(await draw("--sampler", "cfdg_ddpm")).not.toEqual(original);
    expect(await draw("--compat", "original", "--perceptual")).not.toEqual(original);
  });

  test("may leave out the first passages", async () => {
    const run = await dexterTrain("test", classic, "--data", soundSet, "--skip-segments", "1", "--samples", "1", "--steps", "2", "-o", join(folder, "skipped"), "--json");
    expect(run).toMatchObject({ code: 0 });
    expect((JSON.parse(run.stdout) as Figures).passages.map(({ place }) => place.split(",")[0])).toEqual(["notes 21–40"]);
    const none = await dexterTrain("test", classic, "--data", soundSet, "--skip-segments", "2", "-o", join(folder, "skipped"));
    expect([none.code, none.stderr]).toEqual([2, "dexter-train: --skip-segments: expected less than all 2 passages, got 2\n"]);
  });

  test("of the base model follows the flow's steps, one seed after another", async () => {
    const output = join(folder, "base");
    const run = await dexterTrain("test", BASE, "--data", keySet, "--samples", "2", "--steps", "3", "--transfer", "-o", output);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain(`${output}: report.html, 1 passages, 2 draws`);
    expect((JSON.parse(readFileSync(join(output, "report.json"), "utf8")) as Figures).passages[0].samples.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(frameCount(readFileSync(join(output, "samples/001-1.gif")))).toBe(4); // three steps of 0.75 of the way, and the start
  });

  test("that is stopped leaves a report of what is done", async () => {
    const output = join(folder, "stopped");
    const { child, outcome } = startDexterTrain("test", classic, "--data", soundSet, "--notes", "8", "--samples", "60", "--steps", "8", "-o", output);
    const first = join(folder, `.stopped.part-${child.pid}`, "samples/001-60.gif");
    await until(child, () => existsSync(first));
    child.kill("SIGINT");
    const run = await outcome;
    expect(run.code).toBe(130);
    expect(run.stderr).toMatch(/stopped after [1-4] of 5 passages; the report of those is/);
    expect(JSON.parse(readFileSync(join(output, "report.json"), "utf8"))).toMatchObject({ complete: false });
    expect(readFileSync(join(output, "report.html"), "utf8")).toMatch(/Stopped after [1-4] of 5 passages/);
  });

  test("what cannot be is one line and an exit code, and nothing is written", async () => {
    const full = join(folder, "full.txt");
    const plain = join(folder, "plain");
    cpSync(classic, plain, { recursive: true });
    const { config } = await loadClassicCheckpoint(classic);
    const network = { ...config.network, film: false } as typeof DEFAULT_DIFFWAVE;
    const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }]));
    await saveClassicCheckpoint(plain, { config: { ...config, network }, tensors });
    writeFileSync(full, "precious");
    const cases: readonly [args: readonly string[], code: number, message: string][] = [
      [["/nowhere", "--data", soundSet], 1, "config.json is missing in /nowhere"],
      [[classic, "--data", full], 1, "full.txt: not an HDF5 file"],
      [[classic, "--data", soundSet, "--split", "validation"], 2, 'holds no performance in the split "validation". Name the other by --split, or another set'],
      [[classic, "--data", keySet], 2, 'Prepare it with --release sound'],
      [[classic, "--data", soundSet, "--sampler", "ddmp"], 2, 'got "ddmp". Did you mean "ddpm"?'],
      [[classic, "--data", soundSet, "--eta", "1"], 2, "take --sampler ddim"],
      [[BASE, "--data", keySet, "--compat", "original"], 2, "--compat: is for classic models"],
      [[plain, "--data", soundSet, "--perceptual"], 2, "--perceptual: the network reads no perceptual features"],
      [[classic, "--data", soundSet, "-o", full], 2, "is a file, expected a folder"],
      [[classic, "--data", soundSet, "-o", folder], 2, "holds something other than a report"],
    ];
    for (const [args, code, message] of cases) {
      const run = await dexterTrain("test", ...args);
      expect([run.code, run.stdout]).toEqual([code, ""]);
      expect(run.stderr).toContain(message);
      expect(run.stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    expect(readFileSync(full, "utf8")).toBe("precious");
    expect(readdirSync(folder).filter((name) => name.includes(".part") || name.includes("classic-test"))).toEqual([]);
  });
});
