import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { testConfig, testWeights } from "../../test/random-model.js";
import { CheckpointError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { exportOnnx } from "../onnx/networks.js";
import { webRuntime } from "../runtime.js";
import { readSafetensors, writeSafetensors } from "../safetensors.js";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-folder.js";

const config = testConfig();
const weights = testWeights(config);
const card = "# A model\n";
let root: string;
let saved: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dexter-checkpoint-"));
  saved = join(root, "saved");
  await saveCheckpoint(saved, { config, weights, card }, { onnx: true });
});
afterAll(() => rm(root, { recursive: true }));

/** A copy of the saved checkpoint to spoil. */
async function copy(name: string): Promise<string> {
  const folder = join(root, name);
  await cp(saved, folder, { recursive: true });
  return folder;
}

describe("a checkpoint folder", () => {
  test("comes back as it was saved", async () => {
    const loaded = await loadCheckpoint(saved);
    expect(loaded.config).toEqual(config);
    expect(loaded.card).toBe(card);
    expect(Object.keys(loaded.weights)).toEqual(Object.keys(weights));
    for (const [name, tensor] of Object.entries(weights)) expect(loaded.weights[name]).toEqual(tensor);
  });

  test("holds weights, configuration, card and the ONNX models that were asked for, nothing else", async () => {
    expect((await readdir(saved)).sort()).toEqual(["README.md", "config.json", "denoiser.onnx", "encoder.onnx", "model.safetensors"]);
    expect(onnx.ModelProto.decode(await readFile(join(saved, "encoder.onnx"))).graph!.name).toBe("encoder");
  });

  test("saved twice has the same bytes, and leaves other files alone", async () => {
    const folder = await copy("twice");
    await writeFile(join(folder, "log.txt"), "kept");
    await saveCheckpoint(folder, { config, weights, card });
    expect(await readFile(join(folder, "model.safetensors"))).toEqual(await readFile(join(saved, "model.safetensors")));
    expect(await readFile(join(folder, "log.txt"), "utf8")).toBe("kept");
  });

  test("in half precision has half the size, stays so when it is saved again, and its ONNX models hold the same numbers", async () => {
    const folder = join(root, "half");
    await saveCheckpoint(folder, { config, weights, card, half: true }, { onnx: true });
    const size = async (of: string, name: string): Promise<number> => (await readFile(join(of, name))).length;
    const values = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
    expect((await size(saved, "model.safetensors")) - (await size(folder, "model.safetensors"))).toBeGreaterThan(1.9 * values);
    const loaded = await loadCheckpoint(folder);
    expect(loaded.half).toBe(true);
    expect((await loadCheckpoint(saved)).half).toBe(false);
    for (const [name, { data }] of Object.entries(weights)) {
      for (const [i, value] of data.entries()) expect(Math.abs(loaded.weights[name].data[i] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
    }
    const files = ["model.safetensors", "encoder.onnx", "denoiser.onnx"];
    const before = await Promise.all(files.map((name) => readFile(join(folder, name))));
    await saveCheckpoint(folder, { ...loaded, card: "# Another\n" });
    expect(await Promise.all(files.map((name) => readFile(join(folder, name))))).toEqual(before);
    const { initializer } = onnx.ModelProto.decode(before[1]).graph!;
    expect(initializer!.filter(({ dataType }) => dataType === onnx.TensorProto.DataType.FLOAT16).map(({ name }) => name)).toContain("encoder.input.weight");
    const onsets = { onset_of_note: { data: BigInt64Array.of(0n, 0n, 1n), shape: [3, 1] }, onset_inverse_count: { data: Float32Array.of(0.5, 1), shape: [2, 1, 1] } };
    const features = { data: Float32Array.of(1, -0.5, 0.3, 0.2, 0.7, -1, 0, 1, 2), shape: [1, 3, 3] };
    const runtime = await webRuntime();
    const means = await Promise.all([before[1], exportOnnx(loaded.config, loaded.weights).encoder].map(async (bytes) => (await (await runtime.open(bytes)).run({ features, ...onsets }))["mean"]));
    for (const [i, value] of means[0].entries()) expect(value).toBeCloseTo(means[1][i], 6);
  });

  test("that is not there, or lacks a file, says what is expected", async () => {
    await expect(loadCheckpoint(join(root, "none"))).rejects.toThrow("config.json is missing in");
    const folder = await copy("headless");
    await rm(join(folder, "model.safetensors"));
    await expect(loadCheckpoint(folder)).rejects.toThrow("model.safetensors is missing in");
  });

  test("with truncated weights says how many bytes are there", async () => {
    const folder = await copy("truncated");
    const size = (await readFile(join(folder, "model.safetensors"))).length;
    await truncate(join(folder, "model.safetensors"), 8000);
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      new CheckpointError("model.safetensors", `is truncated: 8,000 of ${size.toLocaleString("en-US")} bytes. Download it again.`),
    );
  });

  test("with the weights of another model is refused", async () => {
    const folder = await copy("foreign");
    await writeFile(join(folder, "model.safetensors"), writeSafetensors([["bert.weight", { dtype: "F32", shape: [1], data: Float32Array.of(1) }]]));
    await expect(loadCheckpoint(folder)).rejects.toThrow(/lacks \d+ of \d+ tensors of config.json, the first "encoder.input.weight"/);
    const wider = await copy("wider");
    await writeFile(join(wider, "config.json"), JSON.stringify({ ...config, encoder: { ...config.encoder, hidden: 9 } }));
    await expect(loadCheckpoint(wider)).rejects.toThrow('model.safetensors has a tensor "encoder.input.weight" that must be [9, 3] by config.json, got [8, 3].');
  });

  test("with a tensor too many, or one that is not a number, is refused", async () => {
    const { tensors } = readSafetensors(await readFile(join(saved, "model.safetensors")));
    const extra = await copy("extra");
    await writeFile(join(extra, "model.safetensors"), writeSafetensors([...tensors, ["spy", { dtype: "U8", shape: [1], data: new Uint8Array(1) }]]));
    await expect(loadCheckpoint(extra)).rejects.toThrow('has a tensor "spy" that config.json does not know.');
    const broken = await copy("nan");
    tensors.get("denoiser.null")!.data[2] = Number.NaN;
    await writeFile(join(broken, "model.safetensors"), writeSafetensors(tensors));
    await expect(loadCheckpoint(broken)).rejects.toThrow('tensor "denoiser.null" holds NaN or infinity.');
  });

  test.each<[string, (config: Record<string, never>) => unknown, string]>([
    ["another format", (c) => ({ ...c, format: "gpt" }), 'format must be "dexter-base", got "gpt".'],
    ["a later version", (c) => ({ ...c, version: 2 }), "version must be 1, got 2."],
    ["a missing part", (c) => ({ ...c, targets: undefined }), "targets must be an object, got nothing."],
    ["a mean too few", (c) => ({ ...c, features: { ...(c as unknown as ModelConfig).features, mean: [0] } }), "features.mean must be a list of 3, got [0]."],
    ["a deviation of zero", (c) => ({ ...c, features: { ...(c as unknown as ModelConfig).features, sd: [1, 0, 1] } }), "features.sd[1] must be a number ≥ 1e-12, got 0."],
    ["a feature told twice", (c) => ({ ...c, features: { ...(c as unknown as ModelConfig).features, names: ["a", "b", "a"] } }), 'features.names[2] must be a name that is not in the list yet, got "a".'],
    ["a huge network", (c) => ({ ...c, encoder: { ...(c as unknown as ModelConfig).encoder, hidden: 1e9 } }), "encoder.hidden must be an integer from 1 to 4096, got 1000000000."],
    ["an even kernel", (c) => ({ ...c, denoiser: { ...(c as unknown as ModelConfig).denoiser, kernel: 4 } }), "denoiser.kernel must be an odd integer, got 4."],
    ["dilations that do not match", (c) => ({ ...c, denoiser: { ...(c as unknown as ModelConfig).denoiser, blocks: 5 } }), "denoiser.dilations must be a list of 5, got [1,2,4,8]."],
    ["a list", () => [], "as a whole must be an object, got []."],
  ])("with %s in its configuration is refused", async (name, change, message) => {
    const folder = await copy(name.replaceAll(" ", "-"));
    await writeFile(join(folder, "config.json"), JSON.stringify(change(config as unknown as Record<string, never>)));
    await expect(loadCheckpoint(folder)).rejects.toThrow(new CheckpointError("config.json", message));
  });

  test("with a configuration that is not JSON is refused", async () => {
    const folder = await copy("garbage");
    await writeFile(join(folder, "config.json"), "{");
    await expect(loadCheckpoint(folder)).rejects.toThrow("config.json is not JSON.");
  });
});
