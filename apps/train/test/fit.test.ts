/**
 * @file `dexter-train fit` as a person runs it: stopped, killed, resumed, on a corpus of two tiny pieces.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { dexterTrain, startDexterTrain, type Outcome } from "./dexter-train.js";

const FIXTURE = fileURLToPath(new URL("../../../packages/alignment-datasets/test/fixtures/schubert", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dexter-fit-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));
jest.setTimeout(240_000);

/** The fixture under another name: as it is, it may only test. */
function addPiece(title: string): void {
  mkdirSync(inFolder("corpus"), { recursive: true });
  cpSync(join(FIXTURE, "Schubert_D783_no15.musicxml"), inFolder("corpus", `${title}.musicxml`));
  for (const pianist of ["p01", "p02"]) {
    const match = readFileSync(join(FIXTURE, `Schubert_D783_no15_${pianist}.match`), "utf8");
    writeFileSync(inFolder("corpus", `${title}_${pianist}.match`), match.replaceAll("Schubert_D783_no15", title).replace("Franz Schubert", "Nobody"));
  }
}

const CONFIG = `
data: set.h5
engine: wasm
batch: 1
notes: 40
validateEvery: 100
saveEvery: 10
encoder: &stack { hidden: 4, blocks: 2, kernel: 3, dilations: [1, 2] }
denoiser: *stack
mean: { steps: 150, warmup: 2 }
flow: { steps: 150, warmup: 2 }
`;

beforeAll(async () => {
  addPiece("Waltz_A");
  addPiece("Waltz_B");
  const prepared = await dexterTrain("prepare", "--corpus", `folder=${inFolder("corpus")}`, "-o", inFolder("set.h5"), "--validation", "0.5", "--json");
  expect(JSON.parse(prepared.stdout).counts.splits).toMatchObject({ train: { scores: 1, performances: 2 }, validation: { scores: 1 }, test: { scores: 0 } });
  writeFileSync(inFolder("trial.yaml"), CONFIG);
});

const fit = (run: string, ...args: string[]): Promise<Outcome> => dexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder(run), ...args);
const stepsLogged = (run: string): number[] =>
  existsSync(inFolder(run, "metrics.jsonl"))
    ? readFileSync(inFolder(run, "metrics.jsonl"), "utf8").split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { step: number }).step)
    : [];

/** Start a run and send it a signal when it has taken some steps. */
async function stopped(run: string, signal: "SIGINT" | "SIGKILL"): Promise<Outcome> {
  const { child, outcome } = startDexterTrain("fit", inFolder("trial.yaml"), "-o", inFolder(run));
  while (child.exitCode === null && !(stepsLogged(run).length >= 25)) await pause(5);
  child.kill(signal);
  return outcome;
}

describe("dexter-train fit", () => {
  test("a run that was stopped or killed goes on, and ends in the bytes of one that was not", async () => {
    const whole = await fit("whole", "--json");
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({ model: inFolder("whole", "model"), training: { seed: 1, steps: { mean: 150, flow: 150 }, pieces: 1, performances: 2 } });
    expect(stepsLogged("whole")).toHaveLength(300);

    const interrupted = await stopped("interrupted", "SIGINT");
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toMatch(/stopped after \d+ \+ 0 steps; add --resume/);
    expect((await stopped("killed", "SIGKILL")).code).toBe(null);
    for (const run of ["interrupted", "killed"]) {
      expect(existsSync(inFolder(run, "model"))).toBe(false);
      const again = await fit(run);
      expect(again.code).toBe(2);
      expect(again.stderr).toContain("a run is there already. Add --resume");
      expect((await fit(run, "--resume")).code).toBe(0);
      expect(stepsLogged(run)).toEqual(stepsLogged("whole"));
      for (const file of ["model.safetensors", "config.json", "README.md"]) {
        expect(readFileSync(inFolder(run, "model", file)).equals(readFileSync(inFolder("whole", "model", file)))).toBe(true);
      }
      expect(readdirSync(inFolder(run)).sort()).toEqual(["metrics.jsonl", "model", "state.safetensors"]);
    }
  });

  test("a configuration that changed is refused, and the run stays as it was", async () => {
    const before = readFileSync(inFolder("whole", "state.safetensors"));
    writeFileSync(inFolder("other.yaml"), `${CONFIG}seed: 2\n`);
    const run = await dexterTrain("fit", inFolder("other.yaml"), "-o", inFolder("whole"), "--resume");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toContain("the saved state is of a run with other options or data");
    expect(readFileSync(inFolder("whole", "state.safetensors")).equals(before)).toBe(true);
    expect(stepsLogged("whole")).toHaveLength(300);
  });

  test("without its data it leaves no folder behind", async () => {
    writeFileSync(inFolder("lost.yaml"), "data: lost.h5\n");
    const run = await dexterTrain("fit", inFolder("lost.yaml"));
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(/^dexter-train: .*lost\.h5: no such file\n$/);
    expect(existsSync(inFolder("runs"))).toBe(false);
  });
});
