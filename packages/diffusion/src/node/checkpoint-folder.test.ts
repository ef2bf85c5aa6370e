import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { testConfig, testWeights } from "../../test/random-model.js";
import { CheckpointError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { exportOnnx } from "../onnx/networks.js";
import { webRuntime, type RuntimeSession } from "../runtime.js";
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

/** A safetensors file's header, and where its data begin. */
function headerOf(bytes: Uint8Array<ArrayBuffer>): { header: Record<string, unknown>; start: number } {
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<string, unknown>, start };
}

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
    const floats = (...shape: number[]) => ({ data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + 1)), shape });
    const denoising = { noisy: floats(1, 3, 6), time: floats(1), hidden: floats(1, 3, config.encoder.hidden), mean: floats(1, 3, 6), conditioned: floats(1) };
    const runtime = await webRuntime();
    const answer = async (bytes: Uint8Array, inputs: Parameters<RuntimeSession["run"]>[0], output: string): Promise<Float32Array> => {
      const session = await runtime.open(bytes);
      const outputs = await session.run({ ...inputs, ...onsets });
      await session.release();
      return outputs[output];
    };
    const own = exportOnnx(loaded.config, loaded.weights);
    for (const [stored, full, inputs, output] of [[before[1], own.encoder, { features }, "mean"], [before[2], own.denoiser, denoising, "velocity"]] as const) {
      const [a, b] = [await answer(stored, inputs, output), await answer(full, inputs, output)];
      expect(a.length).toBe(18);
      for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i], 5);
    }
  });

  test("with some tensors in half precision is none of half precision, and infinity in them is refused", async () => {
    const { tensors } = readSafetensors(await readFile(join(saved, "model.safetensors")));
    const mixed = await copy("mixed");
    const head = tensors.get("encoder.head.bias")!;
    const bytes = writeSafetensors([...tensors].map(([name, tensor]) => [name, tensor === head ? { ...tensor, dtype: "F16" as const } : tensor]));
    await writeFile(join(mixed, "model.safetensors"), bytes);
    expect((await loadCheckpoint(mixed)).half).toBe(false);
    const { header, start } = headerOf(bytes);
    const at = start + (header["encoder.head.bias"] as { data_offsets: number[] }).data_offsets[0];
    for (const bits of [0x7c00, 0xfc00, 0x7e00]) {
      new DataView(bytes.buffer).setUint16(at, bits, true);
      await writeFile(join(mixed, "model.safetensors"), bytes);
      await expect(loadCheckpoint(mixed)).rejects.toThrow('tensor "encoder.head.bias" holds NaN or infinity.');
    }
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
    ["five shares", (c) => ({ ...c, sampling: { ...(c as unknown as ModelConfig).sampling, recentre: [0, 0, 1, 0, 0] } }), "sampling.recentre must be a list of 6, got [0,0,1,0,0]."],
    ["a share above 1", (c) => ({ ...c, sampling: { ...(c as unknown as ModelConfig).sampling, recentre: [0, 0, 1.5, 0, 0, 0] } }), "sampling.recentre[2] must be a number from 0 to 1, got 1.5."],
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
