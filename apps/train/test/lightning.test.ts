/**
 * @file Checkpoints of the Python DExter to folders and back: `lightning-check.py` makes and converts them, the folders are
 * read and run here. Needs Python with torch (`DEXTER_PYTHON`, else `python3`).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { readSafetensors } from "@dexter/diffusion";
import { loadClassicCheckpoint } from "@dexter/diffusion/node";
import { diffWaveNetwork, fromTensors, loadEngine } from "@dexter/diffusion/training";
import { sharedPath } from "../../../tools/shared-data.mjs";
import { findPython } from "../src/torch-engine.js";

jest.setTimeout(300_000);
const python = ((): string | null => {
  try {
    return findPython().python;
  } catch (error) {
    process.stderr.write(`Skipped: tests of Lightning's checkpoints (${(error as Error).message})\n`);
    return null;
  }
})();
const original = sharedPath("golden", "diffusion", "denoiser_diffwave_weights.safetensors");
const values = sharedPath("golden", "diffusion", "denoiser_diffwave.safetensors");
const folder = mkdtempSync(join(tmpdir(), "dexter-lightning-"));
afterAll(() => rmSync(folder, { recursive: true }));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Told {
  readonly same: Readonly<Record<string, boolean>>;
  readonly refused: Readonly<Record<string, string>>;
  readonly back: Readonly<Record<string, string>>;
  readonly ran: boolean;
  readonly written: boolean;
}

(python ? describe : describe.skip)("checkpoints of the Python DExter", () => {
  const run = python && spawnSync(python, [here("lightning-check.py"), folder, ...(original ? [original] : [])], {
    encoding: "utf8", env: { ...process.env, PYTHONPATH: here("../torch"), PYTHONDONTWRITEBYTECODE: "1" },
  });
  const line = run ? /^RESULT (.*)$/m.exec(run.stdout)?.[1] : undefined;
  const told = line === undefined ? null : (JSON.parse(line) as Told);

  test("there and back every bit and every option is the same", () => {
    expect(run && run.stderr.includes("Error") ? run.stderr : "").toBe("");
    expect(told?.same).toEqual({ diffwave: true, "diffwave config": true, unet: true, "unet config": true });
  });

  test("options that Lightning and OmegaConf wrapped are read", async () => {
    const { config } = await loadClassicCheckpoint(join(folder, "diffwave"));
    expect(config).toMatchObject({
      network: { kind: "diffwave", residualChannels: 16, residualLayers: 4, segmentNotes: 100, film: false, normalization: { low: 0, high: 1, mode: "rowwise" } },
      prediction: "noise", schedule: { kind: "linear", steps: 1000, betaStart: 1e-4, betaEnd: 0.02 }, scale: null, nullCondition: "original",
      training: { hyperParameters: { training: { mode: "ex_0" } } },
    });
    const unet = await loadClassicCheckpoint(join(folder, "unet"));
    expect(unet.config).toMatchObject({ network: { kind: "unet", dim: 8, dimMults: [1, 2], scoreNormalization: null }, prediction: "x0" });
  });

  test("a pickle that wants to run something is refused and runs nothing; so are other files", () => {
    const { hostile, broken, other, foreign, missing, mode } = told!.refused;
    expect(hostile).toMatch(/hostile\.ckpt: refused: .*it asks for \w+\.system/);
    expect(broken).toMatch(/broken\.ckpt: refused: .*damaged/);
    expect(other).toContain('expected a Lightning checkpoint with a "state_dict"');
    expect(foreign).toContain("neither those of ClassifierFreeDenoiser nor of DenoiserUnet");
    expect(missing).toContain("no such file");
    expect(mode).toBe("mode.ckpt: training.mode must be epsilon, x_0, ex_0, got 'score'.");
    expect([told!.ran, told!.written]).toEqual([false, false]);
  });

  test("what the Python DExter cannot express, and folders that are damaged, are refused in words", () => {
    const expected: Readonly<Record<string, string>> = {
      v: 'it predicts "v"; the first DExter knows noise and x0 alone.',
      flow: 'it predicts "flow"; the first DExter knows noise and x0 alone.',
      cosine: "its schedule is cosine; the first DExter trains and samples with a linear one alone.",
      normalized: "its score features are normalized, which the first DExter's U-Net does not do.",
      learned: "its condition is learned, which the first DExter's U-Net cannot run with.",
      torn: "config.json: is not JSON: it is damaged or another kind of file.",
      list: "config.json: as a whole must be an object, got [1, 2].",
      base: 'config.json: format must be "dexter-classic", got "dexter-base".',
      nameless: "config.json: network.parameters must be an integer from 1 to 1024, got nothing.",
      text: 'config.json: schedule.steps must be an integer from 1 to 100000, got "many".',
      layers: 'model.safetensors: tensor "residual_layers.3.conditioner_projection.bias" must be none by config.json, got [32]: they belong to different models.',
      cut: "model.safetensors: is damaged or no safetensors file: ",
      empty: "model.safetensors: is damaged or no safetensors file: ",
      other: 'model.safetensors: tensor "init_conv.weight" must be [8, 1, 7, 7] by config.json, got none: they belong to different models.',
      missing: "config.json: no such file.",
      unwritable: "1: [Errno 2] No such file or directory: ",
      written: "False",
    };
    const { back } = told!;
    expect(Object.keys(back).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, words] of Object.entries(expected)) expect(back[name]).toContain(words);
  });

  (original && values ? test : test.skip)("the converted model predicts what the Python DExter predicts", async () => {
    const { config, tensors } = await loadClassicCheckpoint(join(folder, "diffwave"));
    if (config.network.kind !== "diffwave") throw new Error("expected a DiffWave");
    const { tensors: golden } = readSafetensors(readFileSync(values!), { file: values! });
    const of = (name: string): Float32Array => golden.get(name)!.data as Float32Array;
    const engine = await loadEngine({ engine: "wasm" });
    const { tf } = engine;
    const network = diffWaveNetwork(engine, config.network);
    const prediction = tf.tidy(() =>
      network.forward(tf.tensor1d(fromTensors(network.layout, tensors)), {
        batch: 2, notes: 100, noisy: of("in/100/x"), step: Float32Array.of(0, 999), score: of("in/100/s"), perceptual: null, dropped: Uint8Array.of(0, 0),
      }).prediction.dataSync(),
    ) as unknown as Float32Array;
    const expected = of("out/100/t0_999/cond");
    expect(prediction.length).toBe(expected.length);
    expect(prediction.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0)).toBeLessThan(1e-5);
    expect(expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBeGreaterThan(0.1);
  });
});
