/**
 * @file `dexter-train trees`: what LightGBM grows is what is rendered with. What grows needs Python with lightgbm (`DEXTER_PYTHON`, else `python3`);
 * what can be told before, or of a Python that fails, does not.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { loadScore } from "@dexter/codec/node";
import { predictForest, renderScore } from "@dexter/diffusion";
import { loadCheckpoint, loadModel } from "@dexter/diffusion/node";
import { randomStream } from "@dexter/diffusion/training";
import { findLightgbm, openTreeJob, DEFAULT_TREE_OPTIONS } from "../src/tree-job.js";
import { DEMO_NETS, DEMO_SET } from "./demo-nets.js";
import { dexterTrain, dexterTrainIn, startDexterTrain, until } from "./dexter-train.js";

jest.setTimeout(240_000);
const python = ((): string | null => {
  try {
    return findLightgbm().python;
  } catch (error) {
    process.stderr.write(`Skipped: regression trees (${(error as Error).message})\n`);
    return null;
  }
})();
const folder = mkdtempSync(join(tmpdir(), "dexter-trees-test-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));

const SCORE = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert/Schubert_D783_no15.musicxml", import.meta.url));
const model = inFolder("plain", "model");

beforeAll(async () => {
  writeFileSync(inFolder("plain.yaml"), `${DEMO_NETS}mean: { steps: 2 }\nflow: { steps: 1 }\n`);
  expect(await dexterTrain("fit", inFolder("plain.yaml"), "-o", inFolder("plain"))).toMatchObject({ code: 0 });
});

/** A program that answers like Python: what is installed, then what `script` does when it is to grow trees in the folder `$2`. */
function pretended(name: string, script: string, missing: readonly string[] = []): string {
  const path = inFolder(name);
  const installed = JSON.stringify({ python: [3, 12], missing, version: missing.length > 0 ? null : "4.7.0" });
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = -c ]; then echo '${installed}'; exit 0; fi\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

(python ? describe : describe.skip)("with LightGBM", () => {
  test("trees take their share of the mean: the folder, its record and card say so, and it is played otherwise", async () => {
    const grown = await dexterTrain("trees", model, DEMO_SET, "-o", inFolder("grown"), "--channel", "velocity=0.5", "articulation=1", "--rounds", "40", "--min-leaf", "5", "--json");
    expect(grown).toMatchObject({ code: 0, stderr: "" });
    const { config, weights } = await loadCheckpoint(inFolder("grown"));
    const { pieces, performances, rows, channels } = JSON.parse(grown.stdout) as { pieces: number; performances: number; rows: number; channels: unknown };
    expect(channels).toEqual(config.trees?.channels);
    expect(config.trees?.channels).toMatchObject({ velocity: { trees: 40, share: 0.5 }, articulation: { trees: 40, share: 1 } });
    expect(config.training["trees"]).toMatchObject({
      engine: expect.stringMatching(/^lightgbm \d/), seed: 1, options: { rounds: 40, minLeaf: 5, leaves: 31, l2: 10 }, pieces, performances, rows,
    });
    const { training } = (await loadCheckpoint(model)).config;
    expect([pieces, performances]).toEqual([training["pieces"], training["performances"]]);
    expect(weights["trees.velocity.value"].data.some((value) => value !== 0)).toBe(true);
    expect(readFileSync(inFolder("grown", "README.md"), "utf8")).toMatch(/regression trees.*0\.5 of velocity \(40 trees/);

    const mute = await dexterTrain("trees", model, DEMO_SET, "-o", inFolder("mute"), "--channel", "velocity=0", "--rounds", "5", "--min-leaf", "5");
    expect([mute.code, mute.stdout]).toEqual([0, expect.stringMatching(/mute: 5 trees have 0 of the mean of velocity; grown on \d+ notes of \d+ pieces\n$/)]);
    const score = await loadScore(SCORE);
    const [plain, shared, unheard] = await Promise.all([model, inFolder("grown"), inFolder("mute")].map(async (path) => {
      const opened = await loadModel(path);
      const [{ parameters }] = await renderScore(opened, score, { seed: 1 });
      await opened.release();
      return parameters;
    }));
    expect(shared.velocityNorm).not.toEqual(plain.velocityNorm);
    expect(shared.articulationLog2).not.toEqual(plain.articulationLog2);
    expect(unheard).toEqual(plain);
  });

  test("the same seed grows the same trees, another one others; in half precision, too", async () => {
    const grow = async (name: string, ...more: readonly string[]): Promise<Float32Array> => {
      await dexterTrain("trees", model, DEMO_SET, "-o", inFolder(name), "--channel", "velocity=0.5", "--rounds", "10", "--min-leaf", "5", "--half", ...more);
      return (await loadCheckpoint(inFolder(name))).weights["trees.velocity.value"].data;
    };
    const [one, again, other] = [await grow("one"), await grow("again"), await grow("other", "--seed", "2")];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test("a forest says what LightGBM says: also of values at a threshold, of constant columns, and of no split at all", async () => {
    const [rows, columns] = [1500, 6];
    const random = randomStream(5);
    const inputs = Float32Array.from({ length: rows * columns }, (_, i) => {
      const column = i % columns;
      // A continuous column, neighbouring floats, few values, one, values around 0, one that is mostly absent.
      return [random.normal(), 1 + 2 ** -23 * Math.floor(4 * random.uniform()), Math.floor(5 * random.uniform()), 3, Math.max(0, random.normal()), random.uniform() < 0.7 ? -99 : random.normal()][column];
    });
    const target = Float32Array.from({ length: rows }, (_, n) => Math.sin(inputs[n * columns]) + (inputs[n * columns + 1] > 1 + 2 ** -23 ? 1 : 0) + 0.2 * inputs[n * columns + 2] + (inputs[n * columns + 4] > 0 ? 1 : 0));
    const weight = Float32Array.from({ length: rows }, (_, n) => (n % 5 === 0 ? 0 : random.uniform() + 0.1));
    const matrix = { data: inputs, shape: [rows, columns] as const };
    const job = await openTreeJob(["velocity", "articulation"]);
    try {
      // Articulation is told of too few notes to split.
      const scarce = weight.map((w, n) => (n < 15 ? w : 0));
      await job.add({ inputs: matrix, targets: [{ target, weight }, { target, weight: scarce }] });
      expect([job.rows(), job.told("velocity"), job.told("articulation")]).toEqual([1500, 1200, 12]);
      const heard: number[] = [];
      const forests = await job.grow({ ...DEFAULT_TREE_OPTIONS, rounds: 60, minLeaf: 10, featureFraction: 0.8 }, { python: python!, predict: true, onProgress: (round) => heard.push(round) });
      expect(heard.slice(0, 3)).toEqual([20, 40, 60]);
      for (const [channel, forest] of forests) {
        const own = predictForest(forest, matrix);
        const theirs = new Float32Array(readFileSync(join(job.folder, `${channel}.predicted.f32`)).buffer.slice(0, 4 * rows));
        expect(own.reduce((most, value, n) => Math.max(most, Math.abs(value - theirs[n])), 0)).toBeLessThan(1e-5);
      }
      const said = predictForest(forests.get("velocity")!, matrix);
      expect(spread(said)).toBeGreaterThan(0.5 * spread(target));
      expect(spread(predictForest(forests.get("articulation")!, matrix))).toBe(0);
    } finally {
      await job.close();
    }
    expect(existsSync(job.folder)).toBe(false);
  });
});

/** Standard deviation. */
function spread(values: Float32Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

test.each([
  ["a channel that there is not", ["--channel", "loudness=0.3"], '--channel: "loudness=0.3" names no channel. Expected NAME=SHARE with one of tempo, slowTempo'],
  ["a share above 1", ["--channel", "velocity=1.5"], '--channel: expected velocity=SHARE with a share from 0 to 1, got "velocity=1.5"'],
  ["a share that is none", ["--channel", "velocity"], '--channel: expected velocity=SHARE with a share from 0 to 1, got "velocity"'],
  ["a channel named twice", ["--channel", "velocity=0.1", "velocity=0.2"], "--channel: velocity is named twice"],
  ["trees of one leaf", ["--leaves", "1"], "Expected a whole number from 2 to 2048"],
  ["a Python that is not there", ["--python", "/nowhere/python3"], 'trees: "/nowhere/python3" cannot be started (ENOENT). Install Python 3.10 or newer'],
])("%s is a wrong call", async (_, options, reason) => {
  const { code, stdout, stderr } = await dexterTrain("trees", model, DEMO_SET, "-o", inFolder("none"), ...options);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(reason)]);
  expect(existsSync(inFolder("none"))).toBe(false);
});

test("Python without LightGBM is told with what to install", async () => {
  const { code, stderr } = await dexterTrain("trees", model, DEMO_SET, "-o", inFolder("none"), "--python", pretended("bare", "exit 1", ["lightgbm"]));
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^dexter-train: trees: \S+bare has no lightgbm\. Install what it needs: \S+bare -m pip install -r \S+trees\/requirements\.txt\n$/)]);
});

test("a folder that is not empty is left alone", async () => {
  const { code, stderr } = await dexterTrain("trees", model, DEMO_SET, "-o", model);
  expect([code, stderr]).toEqual([2, expect.stringContaining("is not empty. Choose another folder")]);
});

test("sets without the model's features are told", async () => {
  const idle = pretended("idle", "exit 0");
  const { config, weights } = await loadCheckpoint(model);
  const renamed = (name: string, change: (features: string) => string): string => {
    mkdirSync(inFolder(name));
    writeFileSync(inFolder(name, "config.json"), change(JSON.stringify(config)));
    writeFileSync(inFolder(name, "model.safetensors"), readFileSync(join(model, "model.safetensors")));
    return inFolder(name);
  };
  expect(Object.keys(weights).length).toBeGreaterThan(0);
  const foreign = await dexterTrain("trees", renamed("foreign", (text) => text.replace('"set":"base"', '"set":"other"')), DEMO_SET, "-o", inFolder("none"), "--python", idle);
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('the model reads features of set "other", the sets have those of "base"')]);
  const newer = await dexterTrain("trees", renamed("newer", (text) => text.replace('"names":["', '"names":["brandNew')), DEMO_SET, "-o", inFolder("none"), "--python", idle);
  expect([newer.code, newer.stderr]).toEqual([2, expect.stringMatching(/the sets lack 1 of the model's \d+ features, the first "brandNew\w+"\. Prepare them with this version/)]);
});

test("a set whose notes cannot be split is told, in place of trees without a split", async () => {
  const { code, stderr } = await dexterTrain("trees", model, DEMO_SET, "-o", inFolder("none"), "--python", pretended("unneeded", "exit 1"));
  expect([code, stderr]).toEqual([2, expect.stringMatching(/the sets tell velocity of \d+ notes, which cannot be split into leaves of 1000\. Set --min-leaf/)]);
  expect(existsSync(inFolder("none"))).toBe(false);
});

test("a Python that fails or writes no forest is told, and nothing is left behind", async () => {
  mkdirSync(inFolder("scratch"));
  const run = (script: string) => dexterTrainIn({ TMPDIR: inFolder("scratch") }, "trees", model, DEMO_SET, "-o", inFolder("none"), "--channel", "velocity=0.5", "--min-leaf", "5", "--python", pretended("failing", script));
  const failed = await run("echo 'Traceback' >&2; echo 'MemoryError: no room' >&2; exit 1");
  expect([failed.code, failed.stderr]).toEqual([1, "dexter-train: trees: Python ended (code 1): MemoryError: no room\n"]);
  const silent = await run("exit 0");
  expect([silent.code, silent.stderr]).toEqual([1, expect.stringContaining("velocity.json")]);
  const broken = await run(`echo '{"trees": 1, "leaves": 2, "feature": [0], "threshold": [0], "left": [-1], "right": [-1], "value": [1]}' > "$2/velocity.json"`);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining("velocity.json:value: expected 2 numbers, got 1 values.")]);
  const lost = await run(`echo '{"trees": 1, "leaves": 2, "feature": [0], "threshold": [0], "left": [-1], "right": [0], "value": [1, 2]}' > "$2/velocity.json"`);
  expect([lost.code, lost.stderr]).toEqual([1, expect.stringContaining("has a tree whose node 0 leads to 0")]);
  expect(existsSync(inFolder("none"))).toBe(false);
  expect(readdirSync(inFolder("scratch"))).toEqual([]);
});

test("pieces known by their beats have their share of the weight, whatever theirs was", async () => {
  const rows = (weight: readonly number[]) => {
    const filled = Float32Array.from(weight);
    return { inputs: { data: filled, shape: [weight.length, 1] as const }, targets: [{ target: filled, weight: filled }] };
  };
  const job = await openTreeJob(["velocity"]);
  try {
    await job.add(rows([1, 2]));
    await job.add(rows([50, 0, 30]), true);
    await job.add(rows([5]));
    await expect(job.grow({ ...DEFAULT_TREE_OPTIONS, beatShare: 0.2 }, { python: pretended("unwilling", "exit 1") })).rejects.toThrow(/Python ended/);
    const weight = readFileSync(join(job.folder, "velocity.weight.f32"));
    expect(Array.from({ length: 6 }, (_, i) => weight.readFloatLE(4 * i))).toEqual([1, 2, 1.25, 0, 0.75, 5]);
  } finally {
    await job.close();
  }
});

test("Ctrl-C ends Python and removes what was handed over", async () => {
  mkdirSync(inFolder("stopped"));
  const started = inFolder("started");
  const slow = pretended("slow", `echo $$ > ${started}; exec sleep 100`);
  process.env["TMPDIR"] = inFolder("stopped");
  const { child, outcome } = startDexterTrain("trees", model, DEMO_SET, "-o", inFolder("none"), "--min-leaf", "5", "--python", slow);
  delete process.env["TMPDIR"];
  await until(child, () => existsSync(started) && readFileSync(started, "utf8").endsWith("\n"));
  expect(readdirSync(inFolder("stopped"))).toHaveLength(1);
  child.kill("SIGINT");
  expect(await outcome).toMatchObject({ code: 130, stderr: "dexter-train: stopped; nothing was written.\n" });
  expect(readdirSync(inFolder("stopped"))).toEqual([]);
  expect(() => process.kill(Number(readFileSync(started, "utf8")), 0)).toThrow();
});
