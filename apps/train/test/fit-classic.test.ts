/**
 * @file `dexter-train fit` with a tiny DiffWave: stopped and resumed, the best and the last checkpoint, a sample.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { dexterTrain, dexterTrainUntil } from "./dexter-train.js";
import { prepareTinySet } from "./tiny-corpus.js";

jest.setTimeout(240_000);
const folder = mkdtempSync(join(tmpdir(), "dexter-classic-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));

const STEPS = 8;
const CONFIG = `
model: diffwave
data: set.h5
engine: wasm
network: { segmentNotes: 20, residualChannels: 4, residualLayers: 2 }
steps: ${STEPS}
batch: 1
optimizer: { learningRate: 0.01, warmup: 0 }
ema: null
validation: { everySteps: 2, segments: 2 }
saveEvery: 2
sampleEvery: 4
`;
beforeAll(async () => {
  expect((await prepareTinySet(folder, "--features", "classic", "--release", "sound")).code).toBe(0);
  writeFileSync(inFolder("tiny.yaml"), CONFIG);
});

interface Line {
  readonly type: string;
  readonly step: number;
  readonly loss: number;
  readonly file: string;
  readonly agreement?: Record<string, number>;
}
const lines = (run: string): Line[] =>
  existsSync(inFolder(run, "metrics.jsonl"))
    ? readFileSync(inFolder(run, "metrics.jsonl"), "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line) as Line)
    : [];
const of = (run: string, type: string): Line[] => lines(run).filter((line) => line.type === type);
const bytes = (...path: string[]): Buffer => readFileSync(inFolder(...path));

test("a classic run that was stopped goes on to the bytes of one that was not; model/ is the best, last/ the last", async () => {
  const [whole, broken] = await Promise.all([dexterTrain("fit", inFolder("tiny.yaml"), "-o", inFolder("whole"), "--json"), dexterTrainUntil("SIGINT", 3, "fit", inFolder("tiny.yaml"), "-o", inFolder("broken"))]);
  expect(whole.code).toBe(0);
  const { best } = JSON.parse(whole.stdout) as { best: { step: number; value: number } };
  const validations = of("whole", "validation");
  expect(validations.map(({ step }) => step)).toEqual([2, 4, 6, 8]);
  const least = Math.min(...validations.map(({ loss }) => loss));
  expect(best.value).toBe(least);
  expect(validations.find(({ step }) => step === best.step)?.loss).toBe(least);
  expect(bytes("whole", "model/model.safetensors").equals(bytes("whole", "last/model.safetensors"))).toBe(best.step === STEPS);

  const drawn = of("whole", "sample");
  expect(drawn.map(({ step, file }) => [step, file])).toEqual([[8, "samples/000008.json"]]);
  expect(Object.values(validations[3].agreement ?? {}).filter(Number.isFinite).length).toBeGreaterThan(0);
  expect((JSON.parse(bytes("whole", "samples/000008.json").toString()) as { notes: { pitch: number[] } }).notes.pitch).toHaveLength(40);
  const { training } = JSON.parse(bytes("whole", "model/config.json").toString()) as { training: { works: string[] } };
  expect(training.works).toHaveLength(1);

  expect(broken.code).toBe(130);
  expect(of("broken", "step").length).toBeLessThan(STEPS);
  expect((await dexterTrain("fit", inFolder("tiny.yaml"), "-o", inFolder("broken"), "--resume")).code).toBe(0);
  for (const file of ["model/model.safetensors", "last/model.safetensors", "model/config.json", "samples/000008.json"]) {
    expect(bytes("broken", file).equals(bytes("whole", file))).toBe(true);
  }
  expect(of("broken", "step").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("what set and configuration do not share is told before an engine is loaded, and no folder is made; a long warm-up is only mentioned", async () => {
  const fit = (...more: string[]) => dexterTrain("fit", inFolder("tiny.yaml"), "-o", inFolder("refused"), ...more);
  for (const [more, message] of [
    [["monitor.name=los"], 'monitor.name: no validation has a figure "los". Did you mean "loss"?'],
    [["monitor.name=agreement.tempo"], "monitor.name: agreement.tempo is measured where a sample is drawn; every validation needs one. Set sampleEvery to 1, got 4"],
    [["sampling.sampler=heun"], 'sampling.sampler: "heun" does not fit a model that predicts noise; take dpmpp2m'],
    [["sampling={ sampler: ddpm, eta: 0.5 }"], 'sampling.eta: "ddpm" has eta 1; take ddim'],
    [["network.scoreFeatures=9"], "score must be [20, 9], got 80 values, [20, 4]. Set network.scoreFeatures to 4."],
    [["network.parameters=4", "loss.weights=[1, 1, 1, 1]"], "parameters must be [20, 4], got 100 values, [20, 5]. Set network.parameters to 5."],
  ] as const) {
    expect(await fit(...more)).toEqual({ code: 2, stdout: "", stderr: `dexter-train: ${message}\n` });
  }
  writeFileSync(inFolder("base.yaml"), "data: set.h5\n");
  expect(await dexterTrain("fit", inFolder("base.yaml"), "-o", inFolder("refused"))).toEqual({
    code: 2, stdout: "", stderr: `dexter-train: ${inFolder("set.h5")}: expected release "key", got "sound". Prepare it with --release key\n`,
  });
  expect(existsSync(inFolder("refused"))).toBe(false);

  const warning = "optimizer.warmup is 200 steps, of which the run takes 2: the learning rate ends at 1 % of its peak";
  const monitored = ["monitor={ name: agreement.velocityOnset, mode: max }", "sampleEvery=1", "validation.everySteps=1"];
  const warned = await dexterTrain("fit", inFolder("tiny.yaml"), "-o", inFolder("warm"), "--json", "optimizer.warmup=200", "steps=2", "sampling={ sampler: cfdg_ddpm_x0, steps: 3, guidance: 1.5 }", ...monitored);
  expect(warned.code).toBe(0);
  expect(warned.stderr).toContain(`dexter-train: warning: ${warning}\n`);
  expect(readFileSync(inFolder("warm", "metrics.jsonl"), "utf8")).toContain(warning);
  const { best } = JSON.parse(warned.stdout) as { best: { value: number } };
  expect(best.value).toBe(Math.max(...of("warm", "validation").map(({ agreement }) => agreement?.["velocityOnset"] ?? NaN)));
});

test("a run goes on from a checkpoint's weights, network and objective; another network's weights are refused", async () => {
  expect((await dexterTrain("fit", inFolder("tiny.yaml"), "-o", inFolder("first"), "steps=4", "objective=x0", "sampleEvery=0")).code).toBe(0);
  // Nothing but the set: what the network is, the checkpoint tells. Without a learning rate its weights stay.
  writeFileSync(inFolder("further.yaml"), "model: diffwave\ndata: set.h5\nengine: wasm\ninitial: first/last\nsteps: 2\nbatch: 1\nema: null\noptimizer: { learningRate: 0 }\nsampleEvery: 0\n");
  const further = await dexterTrain("fit", inFolder("further.yaml"), "-o", inFolder("further"), "keep=last");
  expect(further).toMatchObject({ code: 0 });
  expect(bytes("further", "model/model.safetensors").equals(bytes("first", "last/model.safetensors"))).toBe(true);
  const config = (run: string): { network: object; prediction: string } => JSON.parse(bytes(run, "last/config.json").toString()) as never;
  expect(config("further").network).toEqual(config("first").network);
  expect(config("further").prediction).toBe("x0");

  const wider = await dexterTrain("fit", inFolder("further.yaml"), "-o", inFolder("wider"), "network.residualChannels=8");
  expect([wider.code, wider.stderr.trimEnd().split("\n").at(-1)]).toEqual([2, expect.stringMatching(/^dexter-train: initial: checkpoint: tensor \S+ must be \[.*\], got \[.*\]\. Leave network out/)]);
  const unet = await dexterTrain("fit", inFolder("further.yaml"), "-o", inFolder("wider"), "model=unet");
  expect(unet.stderr).toMatch(/initial: \S+first\/last holds a diffwave, expected a unet\. Say model: diffwave/);
  const nowhere = await dexterTrain("fit", inFolder("further.yaml"), "-o", inFolder("wider"), "initial=nowhere", "data=absent.h5");
  expect([nowhere.code, nowhere.stderr]).toEqual([2, `dexter-train: initial: config.json is missing in ${inFolder("nowhere")}: expected a model folder with config.json and model.safetensors.\n`]);
  expect(existsSync(inFolder("wider"))).toBe(false);
});
