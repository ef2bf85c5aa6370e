import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { FIT_SCHEMA } from "./config/fit-schema.js";
import { UsageError } from "./errors.js";
import { CONTROL_NAMES } from "./fit-controls.js";
import { readFitConfig, resolvedConfig } from "./fit-config.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fit-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const path = join(folder, "trial.yaml");
  await writeFile(path, text);
  return readFitConfig(path);
}

test("the data is all that must be said; paths are relative to the file", async () => {
  expect(await read("data: sets/asap.h5\n")).toEqual({
    model: "base", name: "trial", data: [join(folder, "sets/asap.h5")], output: join(folder, "runs/trial"), engine: undefined, threads: undefined,
    keep: "loss", sampleEvery: 2, samplePieces: 1, memoryLimitMB: null, tensorboard: true, patience: null, teachers: [], initial: null, controls: [], training: {},
  });
});

test("options of training go through by name", async () => {
  const { data, output, training } = await read("data: [a.h5, /b.h5]\noutput: out\nseed: 7\nmean: { steps: 10, dropout: 0.3 }\nflow: { ema: 0.99 }\n");
  expect(data).toEqual([join(folder, "a.h5"), "/b.h5"]);
  expect(output).toBe(join(folder, "out"));
  expect(training).toEqual({ seed: 7, mean: { steps: 10, dropout: 0.3 }, flow: { ema: 0.99 } });
});

test("a run may go on from a checkpoint, with all controls or with some", async () => {
  const all = await read("data: a.h5\ninitial: models/base\ncontrols: true\n");
  expect(all).toMatchObject({ initial: join(folder, "models/base"), controls: CONTROL_NAMES });
  expect(resolvedConfig(all)).not.toHaveProperty("encoder"); // the checkpoint's
  expect(await read("data: a.h5\ncontrols: [rubato, pedal]\n")).toMatchObject({ controls: ["rubato", "pedal"] });
  expect(await read("data: a.h5\ncontrols: false\n")).toMatchObject({ controls: [] });
  await expect(read("data: a.h5\ncontrols: [rubatto]\n")).rejects.toThrow("rubatto");
});

test.each([
  ["", 'trial.yaml: the file is empty. It must at least say "data"'],
  ["- a.h5", 'the file must be a group of keys, got ["a.h5"]'],
  ["data: a.h5\nbatch: two", 'trial.yaml:2: batch must be a whole number, got "two"'],
  ["data: a.h5\nmean: { steps: 1e999 }", "trial.yaml:2: mean.steps must be a whole number, got Infinity"],
  ["seed: 1", 'trial.yaml:1: "data" is missing'],
  ["data: a.h5\nseeed: 3", 'trial.yaml:2: unknown key "seeed". Did you mean "seed"?'],
  ["data: a.h5\nmean:\n  learningrate: 1", 'trial.yaml:3: unknown key "mean.learningrate". Did you mean "learningRate"?'],
  ["data: a.h5\nzzzzzzzz: 3", 'unknown key "zzzzzzzz". It knows model, data'],
  ["data: a.h5\nmean: { steps: -1 }", "trial.yaml:2: mean.steps must be at least 0, got -1"],
  ["data: a.h5\nengine: wasmm", 'trial.yaml:2: engine must be one of tfjs-node-gpu, tfjs-node, webgpu, wasm, cpu, torch, got "wasmm". Did you mean "wasm"?'],
  ["data: a.h5\nmodel: diffwaves", 'model must be one of base, diffwave, unet, got "diffwaves". Did you mean "diffwave"?'],
  ["data: a.h5\nmean: { learningRate: 2 }", "trial.yaml:2: mean.learningRate must be at most 1, got 2"],
  ["data: a.h5\nmodel: unet\nnetwork: { dim: 0 }", "trial.yaml:3: network.dim must be at least 1, got 0"],
  ["data: a.h5\nmodel: diffwave\nnetwork: { residualLayers: 30, dilationBound: 20 }", "trial.yaml: network.dilationBound must be so that no dilation exceeds 65536, got 20"],
  ["data: a.h5\nmodel: unet\nnetwork: { scoreNormalization: { low: 0, high: 1, mode: all } }", "network.scoreNormalization"],
  ["data: a.h5\nmodel: diffwave\nloss: { weights: [1] }", "loss.weights must be 5 numbers"],
  ["data: a.h5\nmodel: diffwave\nema: lots", 'trial.yaml:3: ema must be a number from 0 to 0.9999999, or null, got "lots"'],
  ["data: a.h5\nsed: 1\nbatsh: 2", 'trial.yaml:2: unknown key "sed". Did you mean "seed"?; '],
  ["data: a.h5\nencoder: { hidden: 8, blocks: 2, kernel: 3, dilations: [1] }", "encoder: expected a dilation for each of 2 blocks, got 1"],
  ["data: a.h5\ncontrols: [tempo, tempo]", 'trial.yaml:2: controls names "tempo" twice'],
  ["data: a.h5\ncontrols: [rubatto]", 'trial.yaml:2: controls.0 must be one of tempo, '],
  ["data: a.h5\ncontrols: 3", "trial.yaml:2: controls must be true or false, or a list, got 3"],
  ["data: a.h5\nmodel: diffwave\nloss: { terms: [tempo, pedal, tempo] }", 'trial.yaml:3: loss.terms names "tempo" twice'],
  ["data: a.h5\nmodel: diffwave\nloss: { bound: { clamp: 0 } }", "trial.yaml:3: loss.bound.clamp must be more than 0, got 0"],
  ["data: a.h5\nmodel: diffwave\nloss: { terms: [tempo], reconstructionWeight: 0 }", 'loss.terms must be so that one of them has a weight (loss.reconstructionWeight, loss.weights), got ["tempo"]'],
  ["data: a.h5\nmodel: unet\nloss: { terms: [velocity, pedal], weights: [1, 0, 1, 1, 0] }", "loss.terms must be so that one of them has a weight"],
  ["data: a.h5\nmodel: diffwave\nscale: { mean: [0, 0, 1e300, 0, 0], sd: [1, 1, 1, 1, 1] }", "scale.mean[2] must be at most 1,000,000,000 deviations of 1 from 0, or standardized parameters leave single precision, got 1e+300"],
  ["data: a.h5\nmodel: diffwave\nscale: { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1e300, 1, 1] }", "scale.sd.2 must be at most 1000000, got 1e+300"],
  ["data: a.h5\nmodel: diffwave\nscale: { mean: [0.5, 0, 0, 0, 0], sd: [1e-12, 1, 1, 1, 1] }", "scale.mean[0] must be at most 1,000,000,000 deviations of 1e-12 from 0"],
  ["data: [a.h5", "not YAML"],
  ["data: a.h5\nmodel: diffwave\noptimizer: { epsilon: 0 }", "optimizer.epsilon must be at least 1e-12, got 0"],
  ["data: a.h5\nfeatureClip: 0.0001", "featureClip must be at least 0.001, got 0.0001"],
  ["data: a.h5\nsampling: { gains: [1] }", "sampling.gains must be a list of 6, got [1]"],
  ["data: a.h5\nmodel: unet\nnetwork: { dimMults: [] }", "network.dimMults must be a list of 1 to 8, got []"],
  ['data: a.h5\nname: ""', 'name must be a text that is not empty, got ""'],
  // Nothing of these is ever allocated.
  ["data: a.h5\nmodel: diffwave\nbatch: 65536\nnetwork: { segmentNotes: 8192 }", "trial.yaml: batch × network.segmentNotes must be at most 262,144 notes in one pass, got 65536 × 8192 = 536,870,912. Lower batch and raise accumulate"],
  ["data: a.h5\nmodel: diffwave\nvalidation: { batch: 65536 }", "validation.batch × network.segmentNotes must be at most 262,144 notes in one pass, got 65536 × 200 = 13,107,200. Lower validation.batch"],
  ["data: a.h5\nmodel: unet\nbatch: 1000", "batch × network.segmentNotes × the network's width must be at most 536,870,912 values in one layer (2 GiB), got 1000 × 200 × 7,200 = 1,440,000,000"],
  ["data: a.h5\nbatch: 1024\nnotes: 8192", "batch × notes must be at most 262,144 notes in one pass, got 1024 × 8192 = 8,388,608. Lower one of them"],
  ["data: a.h5\nmodel: diffwave\nnetwork: { residualChannels: 8192, residualLayers: 256 }", "network must have at most 100,000,000 weights, or no saved state could be read again, got 138,641,048,581. Choose fewer"],
  ["data: a.h5\nmodel: unet\nnetwork: { dim: 4096 }", "network must have at most 100,000,000 weights"],
  ["data: a.h5\nencoder: { hidden: 1024, blocks: 16, kernel: 7, dilations: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }", "encoder and denoiser together must have at most 100,000,000 weights"],
  ["data: a.h5\nmodel: diffwave\nschedule: { betaStart: 0 }", "schedule.betaStart must be above 0 and below 1 in single precision, got 0"],
  ["data: a.h5\nmodel: diffwave\nschedule: { betaEnd: 1 }", "schedule.betaEnd must be above 0 and below 1 in single precision, got 1"],
  ["data: a.h5\nmodel: unet\nnetwork: { outDim: 2 }", "U-Net: outDim must be 1 or null"],
  ["data: a.h5\nmodel: unet\nnetwork: { channels: 3 }", "U-Net: channels must be 1"],
  ["data: a.h5\nmodel: unet\nnetwork: { dim: 30 }", "U-Net: dim must be divisible by 4 for 3 levels, got 30"],
  ["data: a.h5\nmodel: unet\nnetwork: { segmentNotes: 201 }", "network.segmentNotes must be a multiple of 4 (2^(levels − 1)), got 201"],
])("a wrong configuration is told in one line: %j", async (text, message) => {
  const error = await read(text).catch((caught: Error) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain("\n");
});

test("what a checkpoint to go on from decides is not judged by the defaults", async () => {
  const config = await read("data: a.h5\nmodel: unet\ninitial: shallow\nnetwork: { segmentNotes: 30 }\nschedule: { steps: 2000 }\n");
  expect(resolvedConfig(config)).toMatchObject({ network: { kind: "unet", segmentNotes: 30 }, schedule: { steps: 2000 } });
});

test("key=value replaces what the file says, deep and whole, in YAML", async () => {
  const path = join(folder, "over.yaml");
  await writeFile(path, "data: a.h5\nmodel: diffwave\noptimizer: { learningRate: 0.1, warmup: 3 }\n");
  const config = await readFitConfig(path, ["network.residualChannels=8", "optimizer.learningRate=1e-4", "data=[b.h5, c.h5]", "ema=null", "name=one=two"]);
  expect(config).toMatchObject({
    model: "diffwave", name: "one=two", data: [join(folder, "b.h5"), join(folder, "c.h5")],
    training: { network: { kind: "diffwave", residualChannels: 8 }, optimizer: { learningRate: 1e-4, warmup: 3 }, ema: null },
  });
  expect(resolvedConfig(config)).toMatchObject({ engine: "auto", batch: 16, network: { residualChannels: 8, residualLayers: 12 }, optimizer: { kind: "adam" } });
});

test.each([
  ["network.residualChannel=8", 'network.residualChannel=8: unknown key "network.residualChannel". Did you mean "residualChannels"?'],
  ["steps=-1", "steps=-1: steps must be a whole number from 1"],
  ["steps", "expected key=value"],
  ["__proto__.x=1", "expected key=value"],
  ["data=[", "data: the value is not YAML"],
])("a wrong replacement is named: %s", async (text, message) => {
  const path = join(folder, "over.yaml");
  await writeFile(path, "data: a.h5\nmodel: diffwave\n");
  await expect(readFitConfig(path, [text])).rejects.toThrow(message);
});

test("what --print-config shows of a base run is a configuration again", async () => {
  const path = join(folder, "again.yaml");
  await writeFile(path, "data: a.h5\nsampling: { steps: 4, guidance: 1.75, temperature: [0.8, 0.9, 1, 0.8, 0.8, 0.7] }\n");
  const { engine, threads, ...shown } = resolvedConfig(await readFitConfig(path));
  expect([engine, threads]).toEqual(["auto", "all"]);
  await writeFile(path, JSON.stringify(shown));
  expect(resolvedConfig(await readFitConfig(path))).toMatchObject({ ...shown, sampling: { steps: 4, guidance: 1.75, slowTempoFactor: 0.3 } });
});

test("the schema for editors is the one that is checked", async () => {
  const published = JSON.parse(await readFile(new URL("../fit.schema.json", import.meta.url), "utf8")) as unknown;
  expect(published).toEqual(JSON.parse(JSON.stringify(FIT_SCHEMA)));
});

test("a configuration that is not there is named", async () => {
  await expect(readFitConfig(join(folder, "none.yaml"))).rejects.toThrow("none.yaml");
});

test("the examples are configurations", async () => {
  for (const [name, model] of [["base", "base"], ["diffwave", "diffwave"], ["unet", "unet"], ["smoke", "base"]]) {
    expect(await readFitConfig(fileURLToPath(new URL(`../configs/${name}.yaml`, import.meta.url)))).toMatchObject({ name, model });
  }
});
