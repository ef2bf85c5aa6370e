/**
 * @file Runs of `dexter-train fit` that cannot go on: a full disk, figures that are not finite, an end by patience. What was saved stays good.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { dexterTrain, dexterTrainIn, dexterTrainUntil, startDexterTrain, until, type Outcome } from "./dexter-train.js";
import { prepareTinySet, TINY_BASE } from "./tiny-corpus.js";

jest.setTimeout(240_000);
const folder = mkdtempSync(join(tmpdir(), "dexter-faults-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  expect((await prepareTinySet(folder)).code).toBe(0);
  writeFileSync(inFolder("trial.yaml"), TINY_BASE);
});

const fit = (run: string, ...args: string[]): Promise<Outcome> => dexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder(run), ...args);
const record = (run: string): Record<string, unknown> => JSON.parse(readFileSync(inFolder(run, "run.json"), "utf8")) as Record<string, unknown>;
const savedSteps = (run: string): number[] =>
  [...readFileSync(inFolder(run, "state.safetensors"), "latin1").matchAll(/"steps\.(?:mean|flow)":"(\d+)"/g)].map(([, step]) => Number(step));
interface Line {
  readonly type: string;
  readonly stage: string;
  readonly step: number;
  readonly agreement?: Record<string, number>;
}
const lines = (run: string): Line[] => readFileSync(inFolder(run, "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Line);

test("a full disk ends a run in one line; what was saved before goes on once there is room", async () => {
  const preload = new URL("full-disk.mjs", import.meta.url).href;
  const full = await dexterTrainIn({ NODE_OPTIONS: `--import=${preload}`, DEXTER_TEST_DISK_BYTES: "40000" }, "fit", inFolder("trial.yaml"), "-o", inFolder("full"), "saveEvery=5", "sampleEvery=0");
  expect(full).toMatchObject({ code: 1, stdout: "" });
  expect(full.stderr.trimEnd().split("\n").at(-1)).toBe(`dexter-train: ${inFolder("full")}: the disk is full. The state that was saved last is whole: make room and add --resume to go on`);
  const [mean] = savedSteps("full");
  expect(mean).toBeGreaterThan(0);
  expect(mean % 5).toBe(0);
  const resumed = await fit("full", "--resume", "saveEvery=5", "sampleEvery=0");
  expect(resumed.code).toBe(0);
  expect(lines("full").filter(({ type }) => type === "step")).toHaveLength(90);
  expect(record("full")).toMatchObject({ status: "finished" });
});

test.each<[string, readonly string[] | null]>([
  ["deleted", null], ["replaced", []], ["taken", ["metrics.jsonl", "run.json"]],
])("a run whose folder is %s ends in one line that says so, and writes nothing there any more", async (name, others) => {
  const { child, outcome } = startDexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder(name), "flow.steps=100000", "validateEvery=100000", "saveEvery=100000", "sampleEvery=0");
  await until(child, () => existsSync(inFolder(name, "metrics.jsonl")) && readFileSync(inFolder(name, "metrics.jsonl"), "utf8").includes('"step"'));
  if (others) {
    mkdirSync(inFolder(`${name}-next`));
    for (const other of others) writeFileSync(inFolder(`${name}-next`, other), "another run's\n");
  }
  renameSync(inFolder(name), inFolder(`${name}-elsewhere`));
  if (others) renameSync(inFolder(`${name}-next`), inFolder(name));
  const { code, stderr } = await outcome;
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([1, `dexter-train: ${inFolder(name)}: the run's folder is gone, and with it what was saved. Begin the run anew`]);
  expect(existsSync(inFolder(name)) ? readdirSync(inFolder(name)) : null).toEqual(others);
  for (const other of others ?? []) expect(readFileSync(inFolder(name, other), "utf8")).toBe("another run's\n");
});

test("a run whose metrics alone are gone says what is whole", async () => {
  const args = ["fit", inFolder("trial.yaml"), "-o", inFolder("unlogged"), "flow.steps=100000", "validateEvery=100000", "saveEvery=10", "sampleEvery=0"];
  const { child, outcome } = startDexterTrain(...args);
  await until(child, () => existsSync(inFolder("unlogged", "state.safetensors")));
  rmSync(inFolder("unlogged", "metrics.jsonl"));
  const { code, stderr } = await outcome;
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([1, `dexter-train: ${inFolder("unlogged", "metrics.jsonl")}: the file is gone. What was saved last is whole: add --resume to go on`]);
  expect(record("unlogged")).toMatchObject({ status: "failed" });
  expect(await dexterTrainUntil("SIGINT", 3, ...args, "--resume")).toMatchObject({ code: 130, stderr: expect.stringMatching(/stopped after \d+ \+ \d+ steps/) });
});

test("an output that cannot be a folder is told in one line", async () => {
  for (const output of ["trial.yaml", "trial.yaml/run"]) {
    const run = await fit(output);
    expect([run.code, run.stderr.trimEnd().split("\n").at(-1)]).toEqual([2, `dexter-train: ${inFolder(output)}: cannot be the run's folder, a file is in its place. Choose another output`]);
  }
  if (process.platform !== "linux") return;
  const nowhere = await dexterTrain("fit", inFolder("trial.yaml"), "-o", "/proc/x/run");
  expect([nowhere.code, nowhere.stderr.trimEnd().split("\n").at(-1)]).toEqual([2, "dexter-train: /proc/x/run: cannot be the run's folder, the system makes no folder there. Choose another output"]);
});

test("a set of another release is a fault of the configuration", async () => {
  writeFileSync(inFolder("classic.yaml"), "data: set.h5\nmodel: diffwave\n");
  const run = await dexterTrain("fit", inFolder("classic.yaml"), "-o", inFolder("released"));
  expect(run).toEqual({ code: 2, stdout: "", stderr: `dexter-train: ${inFolder("set.h5")}: expected release "sound", got "key". Prepare the set with --release sound\n` });
  expect(existsSync(inFolder("released"))).toBe(false);
});

test("a run that is going on is not trained by a second process; one that was killed is", async () => {
  const long = ["flow.steps=100000", "validateEvery=100000", "saveEvery=10", "sampleEvery=0"];
  const { child, outcome } = startDexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder("busy"), ...long);
  await until(child, () => existsSync(inFolder("busy", "state.safetensors")));
  for (const more of [[], ["--resume"]]) {
    const second = await fit("busy", ...long, ...more);
    expect([second.code, second.stderr]).toEqual([2, `dexter-train: ${inFolder("busy")}: process ${child.pid} is training there. Stop it first, or choose another output\n`]);
  }
  child.kill("SIGKILL");
  await outcome;
  expect(record("busy")).toMatchObject({ status: "running", pid: child.pid });
  const resumed = startDexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder("busy"), ...long, "--resume");
  await until(resumed.child, () => record("busy")["pid"] !== child.pid);
  resumed.child.kill("SIGINT");
  expect((await resumed.outcome).code).toBe(130);
});

test("a loss that is not finite ends a run in one line and leaves the last good state", async () => {
  // Decay by ten times the weights turns and enlarges them ninefold at each step.
  const run = await fit("diverged", "mean.learningRate=1", "mean.weightDecay=10", "saveEvery=3", "validateEvery=1000");
  expect(run).toMatchObject({ code: 1, stdout: "" });
  const last = run.stderr.trimEnd().split("\n").at(-1) ?? "";
  expect(last).toMatch(/^dexter-train: Training diverged after step \d+: the (loss|gradient) is not finite\. Lower the learning rate/);
  const step = Number(/after step (\d+)/.exec(last)?.[1]);
  expect(savedSteps("diverged")).toEqual(expect.arrayContaining([3 * Math.floor(step / 3)]));
  expect(record("diverged")).toMatchObject({ status: "failed", message: last.replace("dexter-train: ", "") });
  expect(existsSync(inFolder("diverged", "model"))).toBe(false);
});

test("keep: agreement keeps the weights of the best agreement; a run that its patience ended takes no more step", async () => {
  const options = ["keep=agreement", "patience=1", "sampleEvery=1", "validateEvery=5", "mean.steps=5", "flow.steps=200"];
  const first = await fit("patient", ...options);
  expect(first.code).toBe(0);
  const found = lines("patient");
  const steps = found.filter(({ type }) => type === "step").length;
  expect(steps).toBeLessThan(205);
  const mean = ({ agreement = {} }: Line): number => Object.values(agreement).reduce((sum, r) => sum + r, 0) / Object.keys(agreement).length;
  const validations = found.filter(({ type, stage }) => type === "validation" && stage === "flow");
  const best = validations.reduce((most, line) => (mean(line) > mean(most) ? line : most));
  expect(best).toBe(validations.at(-2));
  const config = (): { training: { steps: { flow: number } } } => JSON.parse(readFileSync(inFolder("patient", "model/config.json"), "utf8")) as never;
  expect(config().training.steps.flow).toBe(best.step);
  const before = readFileSync(inFolder("patient", "model/model.safetensors"));
  expect((await fit("patient", "--resume", ...options)).code).toBe(0);
  expect(lines("patient").filter(({ type }) => type === "step")).toHaveLength(steps);
  expect(config().training.steps.flow).toBe(best.step);
  expect(readFileSync(inFolder("patient", "model/model.safetensors")).equals(before)).toBe(true);
});
