import { describe, expect, test } from "@jest/globals";
import { onnx } from "onnx-proto";
import { chords, normals, testConfig, testWeights, toRows } from "../../test/random-model.js";
import { referenceEncoder } from "../../test/reference-network.js";
import { modelTensors, readCheckpoint, writeCheckpoint, type Checkpoint } from "../checkpoint.js";
import { standardize, unstandardize } from "../base/standardize.js";
import { exportOnnx } from "../onnx/networks.js";
import { ONSET_INPUTS } from "../onnx/stack.js";
import { webRuntime } from "../runtime.js";
import { TARGET_NAMES, type ModelConfig, type TargetName } from "./config.js";
import { withEnsemble } from "./ensemble.js";
import { createModel } from "./model.js";

const onsets = chords([1, 3, 1, 2, 5, 1, 1, 2, 1, 4, 1, 1]);
const notes = onsets.ofNote.length;
const raw = { data: normals(notes * 3).map((value) => 0.3 * value), shape: [notes, 3] as const };

function checkpoint(seed: number, change: Partial<ModelConfig> = {}): Checkpoint {
  const config = { ...testConfig(), ...change };
  return { config, weights: testWeights(config, seed) };
}

/** One whose features and targets are on scales of their own, and whose encoder is of another size. */
function stranger(seed: number): Checkpoint {
  const { features, targets } = testConfig();
  return checkpoint(seed, {
    features: { ...features, mean: [0.2, -0.1, 0.3], sd: [0.7, 1.4, 0.9] },
    targets: { ...targets, mean: [0.01, 0.02, 1, 0.1, -0.3, 0.5], sd: [0.3, 0.2, 8, 0.4, 1, 0.3] },
    encoder: { hidden: 6, blocks: 2, kernel: 3, dilations: [1, 3] },
    training: { seed, works: ["b", "c"], data: [{ corpora: ["x"] }] },
  });
}

/** The mean in the targets' own units, by the equations in float64. */
function expected({ config, weights }: Checkpoint): number[] {
  const { mean } = referenceEncoder(weights, config.encoder, toRows(standardize(raw, config.features).data, 3), Array.from(onsets.ofNote));
  return mean.flatMap((row) => row.map((value, p) => value * config.targets.sd[p] + config.targets.mean[p]));
}

/** That the mean of a model is `wanted` at each place of `[N · 6]`, in the targets' own units. */
async function expectMean(joint: Checkpoint, wanted: (i: number, channel: string) => number): Promise<void> {
  const run = await createModel(joint, await webRuntime());
  const { mean } = await run.encode(standardize(raw, joint.config.features), onsets);
  for (const [i, value] of unstandardize(mean, joint.config.targets).data.entries()) expect(value).toBeCloseTo(wanted(i, TARGET_NAMES[i % 6]), 3);
  await run.release();
}

describe("a model with an ensemble", () => {
  test("expects the average of what its members expect, each on its own scale", async () => {
    const model = checkpoint(1, { training: { works: ["a", "b"], seed: 1 } });
    const members = [checkpoint(2), stranger(3), stranger(4)];
    const joint = withEnsemble(model, members);
    const run = await createModel(joint, await webRuntime());
    const { mean, hidden } = await run.encode(standardize(raw, joint.config.features), onsets);
    const means = members.map(expected);
    const { data } = unstandardize(mean, joint.config.targets);
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo((means[0][i] + means[1][i] + means[2][i]) / 3, 3);
    // The hidden condition is the model's own.
    const own = referenceEncoder(model.weights, model.config.encoder, toRows(raw.data, 3), Array.from(onsets.ofNote)).hidden.flat();
    for (const [i, value] of hidden.data.entries()) expect(value).toBeCloseTo(own[i], 4);
    await run.release();
  });

  test("is a network like any other: two examples at once, each as alone", async () => {
    const joint = withEnsemble(checkpoint(1), [checkpoint(2), stranger(3), checkpoint(4)]);
    const session = await (await webRuntime()).open(exportOnnx(joint.config, joint.weights).encoder);
    const inputs = { [ONSET_INPUTS.ofNote]: { data: BigInt64Array.from(onsets.ofNote, BigInt), shape: [notes, 1] }, [ONSET_INPUTS.inverseCount]: { data: Float32Array.from({ length: onsets.count }, (_, k) => 1 / (onsets.start[k + 1] - onsets.start[k])), shape: [onsets.count, 1, 1] } };
    const both = Float32Array.from([...raw.data, ...raw.data.map((value) => -value)]);
    const meanOf = async (data: Float32Array, examples: number) => (await session.run({ features: { data, shape: [examples, notes, 3] }, ...inputs }))["mean"];
    const together = await meanOf(both, 2);
    const alone = [...(await meanOf(both.slice(0, notes * 3), 1)), ...(await meanOf(both.slice(notes * 3), 1))];
    for (const [i, value] of together.entries()) expect(value).toBeCloseTo(alone[i], 5);
    await session.release();
  });

  test("is one graph that writes the shape of its notes once for each width, the same bytes each time", () => {
    const joint = withEnsemble(checkpoint(1), [checkpoint(2), stranger(3), checkpoint(4)]);
    const { encoder } = exportOnnx(joint.config, joint.weights);
    const { node } = onnx.ModelProto.decode(encoder).graph!;
    expect(node!.filter(({ opType, input }) => opType === "Shape" && input![0] === ONSET_INPUTS.ofNote)).toHaveLength(1);
    const shapes = node!.filter(({ opType, output }) => opType === "Concat" && node!.some((user) => user.opType === "Reshape" && user.input![1] === output![0]));
    const widths = shapes.map(({ input }) => input!.join());
    expect(widths.length).toBeGreaterThan(2);
    expect(new Set(widths).size).toBe(widths.length);
    expect(exportOnnx(joint.config, joint.weights).encoder).toEqual(encoder);
  });

  test("is the same in windows as in one piece, where a member looks further than the encoder", async () => {
    const near = { hidden: 4, blocks: 1, kernel: 3, dilations: [1] };
    const joint = withEnsemble(checkpoint(1, { encoder: near }), [checkpoint(2)]);
    const runtime = await webRuntime();
    const features = standardize(raw, joint.config.features);
    const [whole, cut] = [await createModel(joint, runtime), await createModel(joint, runtime, { windowNotes: 4 })];
    const [a, b] = [(await whole.encode(features, onsets)).mean.data, (await cut.encode(features, onsets)).mean.data];
    for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 5);
  });

  test("reads the features of all, and each net only its own", async () => {
    const level = (bias: number) => ({ weights: [0.1, 0.2], bias, range: [-9, 9] as const, r2: 0.5 });
    const narrow = testConfig(["b", "a"]);
    const model = checkpoint(1, { features: narrow.features, pieceLevel: { featureMean: [1, 2], log2SecPerQuarter: level(1), meanVelocity: level(60) } });
    const wide = stranger(3);
    const joint = withEnsemble(model, [wide, checkpoint(4, { features: narrow.features })]);
    expect(joint.config.features).toMatchObject({ names: ["b", "a", "c"], mean: [0, 0, 0.3], sd: [1, 1, 0.9] });
    expect(joint.config.pieceLevel).toMatchObject({ featureMean: [1, 2, 0], meanVelocity: { weights: [0.1, 0.2, 0], bias: 60 } });
    const pick = (columns: readonly number[]) => ({ data: Float32Array.from({ length: notes * columns.length }, (_, i) => raw.data[Math.floor(i / columns.length) * 3 + columns[i % columns.length]]), shape: [notes, columns.length] as const });
    const run = await createModel(readCheckpoint(writeCheckpoint(joint)), await webRuntime());
    const { mean, hidden } = await run.encode(standardize(pick([1, 0, 2]), joint.config.features), onsets);
    const alone = await createModel(model, await webRuntime());
    const own = await alone.encode(standardize(pick([1, 0]), narrow.features), onsets);
    for (const [i, value] of hidden.data.entries()) expect(value).toBeCloseTo(own.hidden.data[i], 4);
    const other = await createModel(checkpoint(4, { features: narrow.features }), await webRuntime());
    const second = unstandardize((await other.encode(standardize(pick([1, 0]), narrow.features), onsets)).mean, narrow.targets).data;
    const first = expected(wide);
    for (const [i, value] of unstandardize(mean, joint.config.targets).data.entries()) expect(value).toBeCloseTo((first[i] + second[i]) / 2, 3);
    await Promise.all([run, alone, other].map((each) => each.release()));
  });

  test("stored in half precision is the same in ONNX as in its own weights: norms are in the layers already", async () => {
    const joint = readCheckpoint(writeCheckpoint({ ...withEnsemble(checkpoint(1), [checkpoint(2), stranger(3), checkpoint(4)]), half: true }));
    for (const [name, { data }] of Object.entries(joint.weights)) if (/^ensemble.*norm.weight$/.test(name)) expect(new Set(data)).toEqual(new Set([1]));
    const inputs = { [ONSET_INPUTS.ofNote]: { data: BigInt64Array.from(onsets.ofNote, BigInt), shape: [notes, 1] }, [ONSET_INPUTS.inverseCount]: { data: Float32Array.from({ length: onsets.count }, (_, k) => 1 / (onsets.start[k + 1] - onsets.start[k])), shape: [onsets.count, 1, 1] }, features: { data: raw.data, shape: [1, notes, 3] } };
    const runtime = await webRuntime();
    const meanOf = async (half: boolean): Promise<Float32Array> => {
      const session = await runtime.open(exportOnnx(joint.config, joint.weights, { half }).encoder);
      const { mean } = await session.run(inputs);
      await session.release();
      return mean;
    };
    const [full, half] = [await meanOf(false), await meanOf(true)];
    for (const [i, value] of full.entries()) expect(half[i]).toBeCloseTo(value, 6);
  });

  test("asks members that speak for some channels about those alone", async () => {
    const [a, b, c] = [checkpoint(2), stranger(3), checkpoint(4)];
    const joint = withEnsemble(checkpoint(1), [a, { ...b, channels: ["articulation", "velocity"] }, { ...c, channels: ["articulation"] }]);
    const [x, y, z] = [a, b, c].map(expected);
    await expectMean(joint, (i, channel) => (channel === "articulation" ? (x[i] + y[i] + z[i]) / 3 : channel === "velocity" ? (x[i] + y[i]) / 2 : x[i]));
    expect(joint.config.training["ensemble"]).toMatchObject([{}, { seed: 3, channels: ["articulation", "velocity"] }, { channels: ["articulation"] }]);
  });

  test("taken as a member beside others, is encoders that go on speaking for what they spoke for", async () => {
    const everything = ["tempo", "slowTempo", "velocity", "timing", "articulation", "pedal"] as const;
    const [a, b, c] = [stranger(2), checkpoint(3), checkpoint(4)];
    const joint = withEnsemble(checkpoint(1), [{ ...a, channels: everything.filter((name) => name !== "velocity") }, { ...b, channels: ["velocity"] }]);
    const again = withEnsemble(stranger(5), [joint, { ...c, channels: ["velocity", "articulation"] }]);
    const [x, y, z] = [a, b, c].map(expected);
    await expectMean(again, (i, channel) => (channel === "velocity" ? (y[i] + z[i]) / 2 : channel === "articulation" ? (x[i] + z[i]) / 2 : x[i]));
  });

  test("refuses channels that there are not, and a channel that nobody speaks for", () => {
    expect(() => withEnsemble(checkpoint(1), [{ ...checkpoint(2), channels: ["artic" as TargetName] }])).toThrow('member 1 speaks for "artic", expected some of tempo, slowTempo, velocity, timing, articulation, pedal.');
    expect(() => withEnsemble(checkpoint(1), [{ ...checkpoint(2), channels: ["tempo", "slowTempo", "velocity", "timing"] }])).toThrow("the members: nobody speaks for articulation, pedal. Let one speak for everything.");
    expect(() => withEnsemble(checkpoint(1), [checkpoint(2), { ...checkpoint(3), channels: [] }])).toThrow("member 2 speaks for nothing");
  });

  test("survives being written and read, and remembers what its members were trained on", () => {
    const joint = withEnsemble(checkpoint(1, { training: { works: ["a", "b"], seed: 1 } }), [stranger(3)]);
    const read = readCheckpoint(writeCheckpoint(joint));
    expect(read.config.ensemble).toEqual([{ hidden: 6, blocks: 2, kernel: 3, dilations: [1, 3] }]);
    expect(Object.keys(read.weights)).toEqual(expect.arrayContaining(["encoder.head.bias", "ensemble.0.head.bias", "denoiser.head.bias"]));
    expect(read.config.training).toEqual({ works: ["a", "b", "c"], seed: 1, ensemble: [{ seed: 3, data: [{ corpora: ["x"] }] }] });
  });

  test("takes an ensemble's encoders as members, and lets go of those that it had", () => {
    const both = withEnsemble(checkpoint(1), [checkpoint(2), stranger(3)]);
    const again = withEnsemble(withEnsemble(checkpoint(1), [checkpoint(5)]), [both]);
    expect(again.config.ensemble).toEqual(both.config.ensemble);
    expect(again.weights["ensemble.1.head.bias"].data).toEqual(both.weights["ensemble.1.head.bias"].data);
    expect(readCheckpoint(writeCheckpoint(again)).config.ensemble).toEqual(both.config.ensemble);
    expect(Object.keys(again.weights).sort()).toEqual(modelTensors(again.config).map(({ name }) => name).sort());
  });

  test("refuses members of other features or targets, and none at all", () => {
    const model = checkpoint(1);
    expect(() => withEnsemble(model, [])).toThrow("needs at least one member");
    expect(() => withEnsemble(model, [checkpoint(2), checkpoint(3, { features: { ...testConfig().features, set: "classic" } })])).toThrow('member 2 reads features of set "classic", the model of "base"');
    const targets = { ...testConfig().targets, slowTempoBeats: 8 };
    expect(() => withEnsemble(model, [checkpoint(2, { targets })])).toThrow("targets.slowTempoBeats 8, the model with 12");
  });
});
