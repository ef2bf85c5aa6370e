import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "../base/random-stream.js";
import { classicTensors } from "../classic/checkpoint.js";
import { readClassicConfig, writeClassicConfig } from "../classic/config-file.js";
import { DEFAULT_DIFFWAVE, DEFAULT_NOISE_SCHEDULE, DEFAULT_UNET, type ClassicConfig, type ClassicNetworkConfig } from "../classic/config.js";
import { isClassicFolder, loadClassicCheckpoint, saveClassicCheckpoint } from "./classic-folder.js";

const network: ClassicNetworkConfig = { ...DEFAULT_DIFFWAVE, residualChannels: 4, residualLayers: 2, segmentNotes: 12, diffusionSteps: 10 };
const config: ClassicConfig = {
  format: "dexter-classic", version: 1, network, prediction: "v", schedule: { ...DEFAULT_NOISE_SCHEDULE, steps: 10 }, scale: null, nullCondition: "consistent", training: {},
};
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dexter-classic-"));
});
afterAll(() => rm(root, { recursive: true }));

test("a classic checkpoint comes back as it was saved, and its folder is known by its configuration", async () => {
  const random = randomStream(1);
  const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) =>
    [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) }]));
  const folder = join(root, "saved");
  await saveClassicCheckpoint(folder, { config, tensors, card: "# A model\n" });
  const loaded = await loadClassicCheckpoint(folder);
  expect(loaded.config).toEqual(config);
  expect(loaded.card).toBe("# A model\n");
  for (const [name, { data }] of Object.entries(tensors)) expect(loaded.tensors[name].data).toEqual(data);
  expect(await isClassicFolder(folder)).toBe(true);
});

test("other folders are not classic: of another format, empty, or with a folder in the file's place", async () => {
  await mkdir(join(root, "base"));
  await writeFile(join(root, "base", "config.json"), '{"format": "dexter-base", "note": "not dexter-classic"}');
  await mkdir(join(root, "odd", "config.json"), { recursive: true });
  for (const name of ["base", "odd", "none"]) expect(await isClassicFolder(join(root, name))).toBe(false);
});

test.each<[name: string, network: ClassicNetworkConfig, message: string]>([
  ["a U-Net's range without a mode", { ...DEFAULT_UNET, scoreNormalization: { low: 0, high: 1, mode: "all" as "rowwise" } }, "network.scoreNormalization.mode must be"],
  ["an even kernel", { ...DEFAULT_DIFFWAVE, kernelSize: 4 }, "network.kernelSize must be an odd integer, got 4."],
  ["a huge dilation", { ...DEFAULT_DIFFWAVE, residualLayers: 30, dilationBound: 20 }, "network.dilationBound must be so that no dilation exceeds 65536, got 20."],
])("a configuration with %s is refused", (_, wrong, message) => {
  expect(() => readClassicConfig(writeClassicConfig({ ...config, network: wrong }))).toThrow(message);
});
