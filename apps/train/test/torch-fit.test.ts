/**
 * @file `dexter-train fit --engine torch` as a person runs it: two processes, a signal, another engine that goes on.
 * Needs Python with torch (`DEXTER_PYTHON`, else `python3`).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { loadCheckpoint } from "@dexter/diffusion/node";
import { findPython } from "../src/torch-engine.js";
import { dexterTrain, startDexterTrain, until } from "./dexter-train.js";

jest.setTimeout(600_000);
const python = ((): string | null => {
  try {
    return findPython().python;
  } catch (error) {
    process.stderr.write(`Skipped: fit on PyTorch (${(error as Error).message})\n`);
    return null;
  }
})();
const folder = mkdtempSync(join(tmpdir(), "dexter-torch-fit-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(inFolder("trial.yaml"), `
data: ${fileURLToPath(new URL("../demo/demo-set.h5", import.meta.url))}
batch: 2
notes: 64
validateEvery: 20
saveEvery: 5
sampleEvery: 0
encoder: &stack { hidden: 8, blocks: 2, kernel: 3, dilations: [1, 2] }
denoiser: *stack
mean: { steps: 40, warmup: 2 }
flow: { steps: 5, warmup: 2 }
`);
const fit = ["fit", inFolder("trial.yaml"), "-o", inFolder("run")];
const steps = (): number[] =>
  existsSync(inFolder("run", "metrics.jsonl"))
    ? readFileSync(inFolder("run", "metrics.jsonl"), "utf8").split("\n").filter((line) => line.includes('"type":"step"')).map((line) => (JSON.parse(line) as { step: number }).step)
    : [];

(python ? describe : describe.skip)("dexter-train fit --engine torch", () => {
  test("two processes train; a signal saves the state, and another engine goes on with it", async () => {
    const { child, outcome } = startDexterTrain(...fit, "--engine", "torch", "--processes", "2", "--python", python!);
    await until(child, () => steps().length >= 3);
    child.kill("SIGTERM");
    const stopped = await outcome;
    expect(stopped.stderr).toMatch(/stopped after \d+ \+ 0 steps; add --resume/);
    expect(stopped.code).toBe(130);
    expect(JSON.parse(readFileSync(inFolder("run", "run.json"), "utf8"))).toMatchObject({ engine: "torch", status: "stopped" });
    const taken = steps().length;
    const resumed = await dexterTrain(...fit, "--engine", "wasm", "--resume");
    expect(resumed).toMatchObject({ code: 0 });
    expect(steps()).toEqual([...Array.from({ length: 40 }, (_, i) => i + 1), 1, 2, 3, 4, 5]);
    expect(taken).toBeLessThan(40);
    const { config, weights } = await loadCheckpoint(inFolder("run", "model"));
    expect(config.training["steps"]).toEqual({ mean: 40, flow: 5 });
    expect(Object.values(weights).every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });
});

test("what engine torch cannot do is told before a run begins", async () => {
  const missing = await dexterTrain(...fit, "--engine", "torch", "--python", "/nowhere/python3", "-o", inFolder("none"));
  expect(missing).toMatchObject({ code: 2, stdout: "" });
  expect(missing.stderr).toContain('"/nowhere/python3" cannot be started (ENOENT)');
  const small = await dexterTrain(...fit, "--engine", "torch", "--processes", "3", "-o", inFolder("none"));
  expect(small).toMatchObject({ code: 2, stdout: "" });
  expect(small.stderr).toContain("batch must hold an example for each of 3 processes, got 2. Set batch=3 or more");
  expect(existsSync(inFolder("none"))).toBe(false);
});
