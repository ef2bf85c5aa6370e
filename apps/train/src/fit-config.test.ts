import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFitConfig } from "./fit-config.js";

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
    data: [join(folder, "sets/asap.h5")], output: join(folder, "runs/trial"), engine: undefined, threads: undefined, training: {},
  });
});

test("options of training go through by name", async () => {
  const { data, output, training } = await read("data: [a.h5, /b.h5]\noutput: out\nseed: 7\nmean: { steps: 10, dropout: 0.3 }\nflow: { ema: 0.99 }\n");
  expect(data).toEqual([join(folder, "a.h5"), "/b.h5"]);
  expect(output).toBe(join(folder, "out"));
  expect(training).toEqual({ seed: 7, mean: { steps: 10, dropout: 0.3 }, flow: { ema: 0.99 } });
});

test.each([
  ["", "must be object"],
  ["seed: 1", "must have required property 'data'"],
  ["data: a.h5\nstepz: 3", 'must NOT have additional properties "stepz"'],
  ["data: a.h5\nmean: { steps: -1 }", "mean.steps must be >= 0"],
  ["data: a.h5\nengine: abacus", "engine must be equal to one of the allowed values (tfjs-node-gpu"],
  ["data: a.h5\nencoder: { hidden: 8, blocks: 2, kernel: 3, dilations: [1] }", "encoder: expected a dilation for each of 2 blocks, got 1"],
  ["data: [a.h5", "not YAML"],
])("a wrong configuration is told in one line: %j", async (text, message) => {
  const error = await read(text).catch((caught: Error) => caught);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain("\n");
});

test("a configuration that is not there is named", async () => {
  await expect(readFitConfig(join(folder, "none.yaml"))).rejects.toThrow("none.yaml");
});
