/**
 * @file `dexter-train fit` as a person runs it: stopped, killed, resumed, on a corpus of two tiny pieces.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { dexterTrain, dexterTrainUntil, startDexterTrain, until, type Outcome } from "./dexter-train.js";
import { prepareTinySet, TINY_BASE } from "./tiny-corpus.js";

const folder = mkdtempSync(join(tmpdir(), "dexter-fit-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));
jest.setTimeout(240_000);

beforeAll(async () => {
  const prepared = await prepareTinySet(folder);
  expect(JSON.parse(prepared.stdout).counts.splits).toMatchObject({ train: { scores: 1, performances: 2 }, validation: { scores: 1 }, test: { scores: 0 } });
  writeFileSync(inFolder("trial.yaml"), TINY_BASE);
});

const fit = (run: string, ...args: string[]): Promise<Outcome> => dexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder(run), ...args);
interface Line {
  readonly type: string;
  readonly stage: string;
  readonly step: number;
  readonly time: string;
  readonly message: string;
  readonly file: string;
}
const lines = (run: string): Line[] =>
  readFileSync(inFolder(run, "metrics.jsonl"), "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line) as Line);
const status = (run: string): Record<string, unknown> => JSON.parse(readFileSync(inFolder(run, "run.json"), "utf8")) as Record<string, unknown>;
const control = (run: string, command: string, id: number): void => {
  writeFileSync(inFolder(run, "control.new"), JSON.stringify({ command, id }));
  renameSync(inFolder(run, "control.new"), inFolder(run, "control.json"));
};
const stepsLogged = (run: string): number[] =>
  existsSync(inFolder(run, "metrics.jsonl"))
    ? lines(run).filter(({ type }) => type === "step").map(({ step }) => step)
    : [];

/** Run until 25 steps are taken, when a signal comes. */
const stopped = (run: string, signal: "SIGINT" | "SIGKILL"): Promise<Outcome> => dexterTrainUntil(signal, 25, "fit", inFolder("trial.yaml"), "-o", inFolder(run));

describe("dexter-train fit", () => {
  test("a run that was stopped or killed goes on, and ends in the bytes of one that was not", async () => {
    const [whole, interrupted, killed] = await Promise.all([fit("whole", "--json"), stopped("interrupted", "SIGINT"), stopped("killed", "SIGKILL")]);
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({ model: inFolder("whole", "model"), training: { seed: 1, steps: { mean: 45, flow: 45 }, pieces: 1, performances: 2 } });
    expect(stepsLogged("whole")).toHaveLength(90);

    expect(interrupted.code).toBe(130);
    expect(status("interrupted")).toMatchObject({ status: "stopped", message: "stopped by a signal" });
    expect(interrupted.stderr).toMatch(/stopped after \d+ \+ 0 steps; add --resume/);
    expect(killed.code).toBe(null);
    const saved = readFileSync(inFolder("killed", "state.safetensors"), "latin1");
    const kept = Number(/"steps\.mean":"(\d+)"/.exec(saved)?.[1]);
    expect(Math.max(...stepsLogged("killed")) - kept).toBeLessThanOrEqual(10);
    const again = await fit("killed");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("a run is there already. Add --resume");
    for (const run of ["interrupted", "killed"]) {
      expect(existsSync(inFolder(run, "model"))).toBe(false);
      // What is for people to look at is never read: damage to it stops nothing.
      for (const file of readdirSync(inFolder(run, "tensorboard"))) writeFileSync(inFolder(run, "tensorboard", file), "damaged");
      appendFileSync(inFolder(run, "metrics.jsonl"), '{"type":"st');
    }
    const begun = status("interrupted")["startedAt"];
    expect(Date.parse(String(begun))).toBeGreaterThan(0);
    const resumed = await Promise.all([fit("interrupted", "--resume"), fit("killed", "--resume")]);
    expect(resumed.map(({ code }) => code)).toEqual([0, 0]);
    expect(status("interrupted")["startedAt"]).toBe(begun);
    for (const run of ["interrupted", "killed"]) {
      expect(stepsLogged(run)).toEqual(stepsLogged("whole"));
      for (const file of ["model/model.safetensors", "model/config.json", "model/README.md", "last/model.safetensors", "samples/000090.mid"]) {
        expect(readFileSync(inFolder(run, file)).equals(readFileSync(inFolder("whole", file)))).toBe(true);
      }
      expect(readdirSync(inFolder(run)).sort()).toEqual(["last", "metrics.jsonl", "model", "run.json", "samples", "state.safetensors", "tensorboard"]);
      expect(status(run)).toMatchObject({ name: "trial", model: "base", engine: "wasm", status: "finished" });
    }
  });

  test("samples and validations are logged as the dashboard reads them", () => {
    const sample = lines("whole").filter(({ type }) => type === "sample");
    expect(sample.map(({ stage, step, file }) => [stage, step, file])).toEqual([["flow", 45, "samples/000090.json"]]);
    const drawn = JSON.parse(readFileSync(inFolder("whole", "samples/000090.json"), "utf8")) as Record<string, never>;
    expect(drawn).toMatchObject({ piece: "folder/Waltz_A", midi: "samples/000090.mid" });
    const { onsetBeat, tempo, velocity, notes } = drawn as unknown as {
      onsetBeat: number[]; tempo: { sample: number[]; human: number[][] }; velocity: { sample: number[]; human: number[][] }; notes: { pitch: number[]; onsetSec: number[] };
    };
    expect([tempo.sample.length, velocity.sample.length, ...tempo.human.map((curve) => curve.length)]).toEqual(new Array(4).fill(onsetBeat.length));
    expect(notes.pitch).toHaveLength(40);
    expect(Math.min(...notes.onsetSec)).toBe(0);
    const validations = lines("whole").filter(({ type }) => type === "validation") as unknown as Record<string, never>[];
    expect(validations.map(({ stage, step }) => [stage, step])).toEqual([["mean", 30], ["mean", 45], ["flow", 30], ["flow", 45]]);
    // The two losses of a stage are one measure.
    const { loss, terms } = validations[3] as unknown as { loss: number; terms: Record<string, number> };
    const last = lines("whole").filter(({ type }) => type === "step").at(-1) as unknown as { loss: number; terms: Record<string, number> };
    const weighted = (of: Record<string, number>): number => of["tempo"] + 0.05 * of["slowTempo"] + of["velocity"] + of["timing"] + of["articulation"] + 0.5 * of["pedal"];
    expect(last.loss).toBeCloseTo(weighted(last.terms), 4);
    expect(loss).toBeCloseTo(weighted(terms), 4);
    expect(Object.keys(validations[3]["agreement"])).toEqual(["tempo", "velocityOnset", "velocityNote", "articulation", "timing"]);
    expect((validations[3]["human"] as { tempo: number[] }).tempo).toHaveLength(2);
    expect(lines("whole").every(({ time }) => !Number.isNaN(Date.parse(time)))).toBe(true);
  });

  test("the dashboard can pause a run, save it, let it go on and stop it", async () => {
    const { child, outcome } = startDexterTrain("fit", inFolder("trial.yaml"), "flow.steps=100000", "validateEvery=100000", "saveEvery=100000", "sampleEvery=0", "-o", inFolder("controlled"));
    await until(child, () => stepsLogged("controlled").length >= 5);
    control("controlled", "pause", 1);
    await until(child, () => status("controlled")["status"] === "paused");
    const steps = stepsLogged("controlled").length;
    expect(existsSync(inFolder("controlled", "state.safetensors"))).toBe(true);
    await pause(300);
    expect(stepsLogged("controlled")).toHaveLength(steps);
    control("controlled", "resume", 2);
    await until(child, () => stepsLogged("controlled").length >= steps + 3);
    expect(status("controlled")["status"]).toBe("running");
    control("controlled", "stop", 3);
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toContain("(stopped by the dashboard); add --resume");
    expect(status("controlled")).toMatchObject({ status: "stopped", message: "stopped by the dashboard" });
    expect(lines("controlled").filter(({ type }) => type === "event").map(({ message }) => message)).toEqual([
      "the run begins", "paused; the state is saved", "resumed", "stopped by the dashboard",
    ]);
  });

  test("a run that outgrows its memory saves its state and stops", async () => {
    const run = await fit("large", "memoryLimitMB=1");
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/stopped after 1 \+ 0 steps \(the run holds \d+ MB, more than memoryLimitMB 1\); add --resume/);
    expect(existsSync(inFolder("large", "state.safetensors"))).toBe(true);
  });

  test("a configuration that changed is refused, and the run stays as it was", async () => {
    const before = readFileSync(inFolder("whole", "state.safetensors"));
    writeFileSync(inFolder("other.yaml"), `${TINY_BASE}seed: 2\n`);
    const run = await dexterTrain("fit", inFolder("other.yaml"), "-o", inFolder("whole"), "--resume");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain("the saved state is of a run with other options or data");
    expect(readFileSync(inFolder("whole", "state.safetensors")).equals(before)).toBe(true);
    expect(stepsLogged("whole")).toHaveLength(90);
  });

  test("a damaged state and an engine that is not there are one line", async () => {
    mkdirSync(inFolder("damaged"));
    writeFileSync(inFolder("damaged", "state.safetensors"), readFileSync(inFolder("whole", "state.safetensors")).subarray(0, 2000));
    const damaged = await fit("damaged", "--resume");
    expect(damaged).toMatchObject({ code: 1, stdout: "" });
    expect(damaged.stderr).toMatch(/^dexter-train: .*state\.safetensors is truncated: .*The run cannot go on: begin it anew in another folder with -o\n$/);
    const absent = await fit("absent", "--engine", "tfjs-node-gpu");
    // Where that binding is installed, it trains.
    if (absent.code !== 0) expect(absent.stderr).toMatch(/^dexter-train: Engine tfjs-node-gpu could not be loaded \(.*\)\. Install it, or name no engine.*\n$/);
  });

  test("without its data it leaves no folder behind", async () => {
    writeFileSync(inFolder("lost.yaml"), "data: lost.h5\n");
    const run = await dexterTrain("fit", inFolder("lost.yaml"));
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(/^dexter-train: .*lost\.h5: no such file\n$/);
    expect(existsSync(inFolder("runs"))).toBe(false);
  });
});
