/**
 * @file `dexter-train fit` with teachers: each leaves a fold out, and an encoder learns what they expect; then ONNX beside the model.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, jest, test } from "@jest/globals";
import { readSafetensors, withTrees } from "@dexter/diffusion";
import { loadCheckpoint, saveCheckpoint } from "@dexter/diffusion/node";
import { DEMO_NETS } from "./demo-nets.js";
import { dexterTrain, type Outcome } from "./dexter-train.js";

jest.setTimeout(240_000);
const folder = mkdtempSync(join(tmpdir(), "dexter-teachers-"));
const inFolder = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => rmSync(folder, { recursive: true }));

const SHIPPED = fileURLToPath(new URL("../../../data/models/base", import.meta.url));

async function fit(name: string, config: string, ...more: string[]): Promise<Outcome> {
  writeFileSync(inFolder(`${name}.yaml`), DEMO_NETS + config);
  return dexterTrain("fit", inFolder(`${name}.yaml`), "-o", inFolder(name), ...more);
}

const weights = (name: string): Buffer => readFileSync(inFolder(name, "model", "model.safetensors"));
const training = (name: string) => (JSON.parse(readFileSync(inFolder(name, "model", "config.json"), "utf8")) as { training: Record<string, unknown> }).training;

test("an encoder with teachers is another one than without, and says so; each teacher names its fold", async () => {
  const teacher = "mean: { steps: 3 }\nflow: { steps: 0 }\n";
  const runs = await Promise.all([
    fit("t0", `${teacher}fold: { index: 0, of: 2 }\n`),
    fit("t1", `${teacher}fold: { index: 1, of: 2 }\n`),
    fit("alone", "mean: { steps: 3 }\nflow: { steps: 1 }\n"),
  ]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect([training("t0")["fold"], training("t1")["fold"]]).toEqual([{ index: 0, of: 2 }, { index: 1, of: 2 }]);
  // What one fold leaves out, the other has.
  const pieces = [training("t0")["pieces"], training("t1")["pieces"]] as number[];
  expect(pieces[0] + pieces[1]).toBe(training("alone")["pieces"]);

  const taught = await fit("taught", "teachers: [t0/model, t1/model]\nmean: { steps: 3, teacherWeight: 0.8 }\nflow: { steps: 1 }\n");
  expect(taught.code).toBe(0);
  expect(weights("taught").equals(weights("alone"))).toBe(false);
  expect(training("taught")["data"]).toContainEqual({ teachers: 2 });

  const onnx = await dexterTrain("onnx", inFolder("taught", "model"));
  expect(onnx.code).toBe(0);
  for (const file of ["encoder.onnx", "denoiser.onnx"]) expect(existsSync(inFolder("taught", "model", file))).toBe(true);
});

test.each([
  ["a teacher that is not there", "teachers: [nowhere]", "teachers: config.json is missing in NOWHERE: expected a model folder with config.json and model.safetensors."],
  ["a checkpoint that is not there", "initial: nowhere", "initial: config.json is missing in NOWHERE: expected a model folder with config.json and model.safetensors."],
  ["another network than the checkpoint's", `initial: ${SHIPPED}\ncontrols: true`, /^initial: \S+base\/?: encoder is .* in the checkpoint to go on from, got .*\. Leave it out\.$/],
])("%s is told before data are read, and no folder is made", async (_, config, reason) => {
  // There is no such set either: that would be told later.
  const { code, stderr } = await fit("orphan", `${config}\n`, "data=absent.h5");
  const said = stderr.trimEnd().replace(/^dexter-train: /, "").replace(inFolder("nowhere"), "NOWHERE");
  expect([code, said]).toEqual([2, typeof reason === "string" ? reason : expect.stringMatching(reason)]);
  expect(existsSync(inFolder("orphan"))).toBe(false);
});

test("a checkpoint of other features or controls is told before a folder is made", async () => {
  expect((await fit("known", "mean: { steps: 1 }\nflow: { steps: 1 }\ncontrols: [rubato]\n")).code).toBe(0);
  const other = await fit("stranger", "initial: known/model\ncontrols: [pedal]\n");
  expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/^dexter-train: initial: \S+known\/model: the checkpoint to go on from has the controls rubato, got pedal\.\n$/)]);
  const path = inFolder("known", "model", "config.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"set": "base"', '"set": "other"'));
  const foreign = await fit("stranger", "initial: known/model\ncontrols: [rubato]\n");
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringMatching(/^dexter-train: initial: \S+known\/model: the checkpoint to go on from reads 140 features of set "other", the pieces have 140 of "base"\.\n$/)]);
  expect(existsSync(inFolder("stranger"))).toBe(false);
});

test("a run goes on from a checkpoint with controls: its encoder and statistics stay, the denoiser reads what is asked for", async () => {
  expect((await fit("before", "mean: { steps: 2 }\nflow: { steps: 1 }\n")).code).toBe(0);
  const after = await fit("after", "initial: before/model\ncontrols: [rubato, pedal, minorness]\nmean: { steps: 0 }\nflow: { steps: 2 }\nvalidateEvery: 2\n");
  expect([after.code, after.stderr]).toEqual([0, expect.stringContaining("with controls")]);
  const config = (name: string) => JSON.parse(readFileSync(inFolder(name, "model", "config.json"), "utf8")) as Record<string, { names: string[]; spread: number[] }>;
  expect(config("after")["features"]).toEqual(config("before")["features"]);
  expect(config("after")["targets"]).toEqual(config("before")["targets"]);
  expect(config("after")["controls"].names).toEqual(["rubato", "pedal", "minorness"]);
  expect(config("after")["controls"].spread.every((spread) => spread > 0)).toBe(true);
  expect(readFileSync(inFolder("after", "model", "README.md"), "utf8")).toMatch(/## Controls[\s\S]*\| minorness \|/);
  const { tensors } = readSafetensors(weights("after"), { file: "model.safetensors" });
  expect(tensors.get("denoiser.input.weight")!.shape).toEqual([4, 18]);
  expect(tensors.get("encoder.head.weight")!.data).toEqual(readSafetensors(weights("before"), { file: "model.safetensors" }).tensors.get("encoder.head.weight")!.data);
});

test("encoders are averaged into a model, which a flow is trained on from but no encoder", async () => {
  for (const [name, seed] of [["e1", 1], ["e2", 2]] as const) expect((await fit(name, `mean: { steps: 2 }\nflow: { steps: 1 }\nseed: ${seed}\n`)).code).toBe(0);
  const model = (name: string): string => inFolder(name, "model");
  const joined = await dexterTrain("ensemble", model("e1"), model("e1"), model("e2"), "-o", model("joined"), "--onnx", "--json");
  await dexterTrain("ensemble", model("e1"), model("e1"), model("e2"), "-o", model("half"), "--half");
  const types = (name: string) => new Set([...readSafetensors(weights(name)).tensors.values()].map(({ dtype }) => dtype));
  expect([types("joined"), types("half")]).toEqual([new Set(["F32"]), new Set(["F16"])]);
  expect(JSON.parse(joined.stdout)).toEqual({ model: model("joined"), encoders: 2, treesLeftOut: [] });
  expect(existsSync(join(model("joined"), "encoder.onnx"))).toBe(true);
  expect(readFileSync(join(model("joined"), "README.md"), "utf8")).toMatch(/mean: the average of 2 encoders of their own: 2 steps, seed 1/);

  const parts = await dexterTrain("ensemble", model("e1"), `${model("e1")}=tempo,slowTempo,timing,pedal`, `${model("e2")}=velocity,articulation`, "-o", model("parts"), "--json");
  expect(JSON.parse(parts.stdout)).toEqual({ model: model("parts"), encoders: 2, treesLeftOut: [] });
  expect(readFileSync(join(model("parts"), "README.md"), "utf8")).toMatch(/speaks for velocity, articulation/);
  const misspelt = await dexterTrain("ensemble", model("e1"), `${model("e1")}=tempi`, "-o", inFolder("misspelt"));
  expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining('"tempi" is no channel. Choose some of tempo, slowTempo')]);
  const silent = await dexterTrain("ensemble", model("e1"), `${model("e1")}=tempo,slowTempo,velocity,timing`, "-o", inFolder("silent"));
  expect([silent.code, silent.stderr]).toEqual([2, expect.stringContaining("nobody speaks for articulation, pedal. Give one member without channels")]);
  const again16 = await dexterTrain("ensemble", model("half"), model("e2"), "-o", model("again16"));
  expect([again16.code, types("again16")]).toEqual([0, new Set(["F16"])]);

  const stump = { trees: 1, leaves: 2, feature: Float32Array.of(0), threshold: Float32Array.of(0), left: Float32Array.of(-1), right: Float32Array.of(-2), value: Float32Array.of(0, 1) };
  await saveCheckpoint(model("treed"), withTrees(await loadCheckpoint(model("e2")), { velocity: { forest: stump, share: 0.5 } }, {}));
  const felled = await dexterTrain("ensemble", model("e1"), model("e1"), model("treed"), "-o", model("felled"));
  expect(felled).toMatchObject({ code: 0, stdout: expect.stringContaining(`the trees of ${model("treed")} are left out`) });
  expect((await loadCheckpoint(model("felled"))).config.trees).toBeUndefined();

  const again = await dexterTrain("ensemble", model("e1"), model("e2"), "-o", model("joined"));
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("is not empty. Choose another folder")]);
  const missing = await dexterTrain("ensemble", model("e1"), inFolder("nowhere"), "-o", inFolder("foreign"));
  expect([missing.code, existsSync(inFolder("foreign"))]).toEqual([1, false]);
  expect(missing.stderr).toContain("nowhere");

  writeFileSync(inFolder("on.yaml"), `${DEMO_NETS.replace(/^(encoder|denoiser).*\n/gm, "")}initial: ${model("joined")}\nmean: { steps: 0 }\nflow: { steps: 1 }\n`);
  expect((await dexterTrain("fit", inFolder("on.yaml"), "-o", inFolder("on"))).code).toBe(0);
  const tensors = (name: string) => readSafetensors(weights(name)).tensors;
  expect(tensors("on").get("ensemble.1.head.bias")).toEqual(tensors("joined").get("ensemble.1.head.bias"));
  expect(tensors("on").get("denoiser.head.bias")).not.toEqual(tensors("joined").get("denoiser.head.bias"));

  const moved = await dexterTrain("fit", inFolder("on.yaml"), "-o", inFolder("moved"), "mean.steps=1");
  expect([moved.code, moved.stderr]).toEqual([expect.any(Number), expect.stringContaining("average of 2 further encoders")]);
  expect(moved.code).not.toBe(0);
  expect(existsSync(inFolder("moved"))).toBe(false);
});
