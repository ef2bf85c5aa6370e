import { describe, expect, test } from "@jest/globals";
import { groupOnsets } from "@dexter/codec";
import { normals, testConfig, testWeights } from "../../test/random-model.js";
import { readCheckpoint, writeCheckpoint, type Checkpoint } from "../checkpoint.js";
import { createModel } from "../model/model.js";
import { formatModelCard } from "../model/card.js";
import { withEnsemble } from "../model/ensemble.js";
import { webRuntime } from "../runtime.js";
import { predictForest, type TreeForest } from "./tree-forest.js";
import { treeInputNames, treeInputs, type TreeNotes } from "./tree-inputs.js";
import { withTrees } from "./with-trees.js";

/** Two voices: an upper one of four quarters over a lower one of two halves, then a last chord of three in one voice. */
const notes: TreeNotes = {
  length: 9,
  pitch: Uint8Array.from([72, 48, 74, 76, 50, 72, 60, 64, 67]),
  onsetQuarter: Float64Array.from([0, 0, 1, 2, 2, 3, 4, 4, 4]),
  durationBeat: Float64Array.from([1, 2, 1, 1, 2, 1, 4, 4, 4]),
  voice: Int32Array.from([1, 5, 1, 1, 5, 1, 1, 1, 1]),
  staff: Int32Array.from([1, 2, 1, 1, 2, 1, 1, 1, 1]),
};
const NAMES = ["a", "accent", "c"];
const features = { data: normals(27, 4), shape: [9, 3] as const };
const inputs = treeInputs(features, NAMES, notes);
const columns = treeInputNames(NAMES);

/** A column of the inputs by its name. */
function column(name: string): number[] {
  const at = columns.indexOf(name);
  expect(at).toBeGreaterThanOrEqual(0);
  return Array.from({ length: 9 }, (_, n) => inputs.data[n * columns.length + at]);
}

/** One tree of three leaves that asks for the first feature, then for the second. */
function smallForest(values: readonly [number, number, number]): TreeForest {
  return {
    trees: 1, leaves: 3,
    feature: Float32Array.from([0, 1]), threshold: Float32Array.from([0, 0.5]),
    left: Float32Array.from([-1, -2]), right: Float32Array.from([1, -3]),
    value: Float32Array.from(values),
  };
}

/** What {@link smallForest} says of a note. */
function smallTree(values: readonly [number, number, number], n: number): number {
  const [first, second] = [features.data[n * 3], features.data[n * 3 + 1]];
  return first <= 0 ? values[0] : second <= 0.5 ? values[1] : values[2];
}

/** The note of a value of `[N, 3]`. */
const n3 = (i: number): number => Math.floor(i / 3);

function checkpoint(): Checkpoint {
  const config = testConfig(NAMES);
  return { config, weights: testWeights(config, 1) };
}

describe("what trees read of a note", () => {
  test("begins with its features", () => {
    expect(inputs.shape).toEqual([9, columns.length]);
    expect(column("c")).toEqual(Array.from({ length: 9 }, (_, n) => features.data[n * 3 + 2]));
    expect(new Set(columns).size).toBe(columns.length);
  });

  test("follows its voice and not its hand's neighbour", () => {
    expect(column("voice interval 1 after").slice(0, 5)).toEqual([2, 2, 2, -4, -99]);
    expect(column("voice distance 1 before").slice(0, 6)).toEqual([-99, -99, -1, -1, -2, -1]);
    expect(column("voice duration 2 after").slice(0, 3)).toEqual([1, -99, 1]);
  });

  test("takes the nearest note of a chord in the voice, and of two as near the higher", () => {
    // From 72 at quarter 3 the chord's 67 is nearest.
    expect(column("voice interval 1 after")[5]).toBe(-5);
    const twice = { ...notes, pitch: Uint8Array.from([72, 48, 74, 76, 50, 64, 60, 60, 68]) };
    const at = columns.indexOf("voice interval 1 after");
    expect(treeInputs(features, NAMES, twice).data[5 * columns.length + at]).toBe(4);
  });

  test("tells the upper and the lower line of the onsets around", () => {
    expect(column("onset top 1 after")).toEqual([2, 2, 2, -4, -4, -5, -99, -99, -99]);
    expect(column("onset bottom 1 before").slice(2, 6)).toEqual([-26, 24, 24, -22]);
    expect(column("onset size 2 after").slice(0, 3)).toEqual([2, 2, 1]);
    expect(column("onset distance 1 before")[3]).toBe(-1);
  });

  test("compares the upper line with its surroundings, and averages marks before and after", () => {
    const line = [72, 74, 76, 72, 67];
    const mean = line.reduce((a, b) => a + b) / 5;
    expect(column("line above mean 8")[0]).toBeCloseTo(72 - mean, 5);
    expect(column("line below peak 4")[8]).toBe(67 - 76);
    expect(column("line slope 4")[0]).toBeCloseTo(72 - mean, 5);
    const accents = Array.from({ length: 9 }, (_, n) => features.data[n * 3 + 1]);
    expect(column("accent after 16")[6]).toBeCloseTo((accents[6] + accents[7] + accents[8]) / 3, 5);
    expect(column("accent before 64")[1]).toBeCloseTo((accents[0] + accents[1]) / 2, 5);
  });

  test("is refused where notes and features differ in number", () => {
    expect(() => treeInputs({ data: new Float32Array(6), shape: [2, 3] }, NAMES, notes)).toThrow(/features must be \[9, 3\], got \[2, 3\]/);
  });
});

describe("a forest", () => {
  test("adds up the leaves that a row comes to", () => {
    const [one, other] = [[1, 10, 100], [0.5, -2, 4]] as [[number, number, number], [number, number, number]];
    const [a, b] = [smallForest(one), smallForest(other)];
    const two: TreeForest = {
      trees: 2, leaves: 3,
      ...Object.fromEntries((["feature", "threshold", "left", "right", "value"] as const).map((name) => [name, Float32Array.from([...a[name], ...b[name]])])) as Pick<TreeForest, "feature" | "threshold" | "left" | "right" | "value">,
    };
    const said = predictForest(two, inputs);
    for (let n = 0; n < 9; n++) expect(said[n]).toBeCloseTo(smallTree(one, n) + smallTree(other, n), 5);
    expect(new Set(said).size).toBeGreaterThan(1);
  });

  test("that leads nowhere, backwards or to no column is refused", () => {
    const broken: [Partial<TreeForest>, RegExp][] = [
      [{ right: Float32Array.from([0, -3]) }, /node 0 leads to 0/],
      [{ left: Float32Array.from([-1, 1]) }, /node 1 leads to 1/],
      [{ right: Float32Array.from([2, -3]) }, /leads to 2/],
      [{ left: Float32Array.from([-4, -2]) }, /leads to -4/],
      [{ feature: Float32Array.from([0, 4096]) }, /asks about input 4096/],
      [{ feature: Float32Array.from([0.5, 1]) }, /asks about input 0.5/],
      [{ value: Float32Array.from([1, 2]) }, /not 1 × 3 leaves/],
      [{ value: Float32Array.from([1, Infinity, 2]) }, /no finite number/],
      [{ threshold: Float32Array.from([Number.NaN, 0]) }, /no finite number/],
    ];
    for (const [change, message] of broken) {
      expect(() => withTrees(checkpoint(), { velocity: { forest: { ...smallForest([1, 2, 3]), ...change }, share: 0.5 } }, {})).toThrow(message);
    }
  });
});

describe("a model with trees", () => {
  const values = [0.25, -1, 2] as const;
  const grown = { velocity: { forest: smallForest(values), share: 0.25 }, tempo: { forest: smallForest(values), share: 0.5 } };
  const joint = withTrees(checkpoint(), grown, { engine: "lightgbm 4", seed: 7, pieces: 3 });
  const onsets = groupOnsets(notes);
  /** How far the encoders' mean of a channel lies above the trees', over this short piece. */
  const level = (mean: Float32Array, channel: number): number => {
    let sum = 0;
    for (let n = 0; n < 9; n++) sum += (mean[n * 6 + channel] - smallTree(values, n)) / 9;
    return sum;
  };

  test("leaves to the encoders what a long passage is as a whole", async () => {
    const length = 1200;
    const every = (value: number) => new Int32Array(length).fill(value);
    const long: TreeNotes = {
      length, pitch: new Uint8Array(length).fill(60), onsetQuarter: Float64Array.from({ length }, (_, n) => n), durationBeat: new Float64Array(length).fill(1), voice: every(1), staff: every(1),
    };
    // The encoders see which half it is; trees, in their other feature, nothing but alternation.
    const data = Float32Array.from({ length: length * 3 }, (_, i) => [n3(i) < 600 ? -1 : 1, 0, n3(i) % 2 ? 1 : -1][i % 3]);
    const forest = { ...smallForest([0, 0, 0]), feature: Float32Array.from([2, 2]), left: Float32Array.from([-1, -1]), right: Float32Array.from([-2, -2]), value: Float32Array.from([-1, 1, 0]) };
    const whole = withTrees(checkpoint(), { velocity: { forest, share: 1 } }, {});
    const [run, plain] = [await createModel(whole, await webRuntime()), await createModel(checkpoint(), await webRuntime())];
    const given = [{ data, shape: [length, 3] as const }, groupOnsets(long)] as const;
    const [mine, alone] = [(await run.encode(...given, long)).mean.data, (await plain.encode(...given)).mean.data];
    const average = (mean: Float32Array, from: number, to: number): number => {
      let sum = 0;
      for (let n = from; n < to; n++) sum += mean[n * 6 + 2] / (to - from);
      return sum;
    };
    expect(Math.abs(average(alone, 0, 300) - average(alone, 900, 1200))).toBeGreaterThan(0.05);
    for (const [from, to] of [[0, 300], [900, 1200]]) expect(average(mine, from, to)).toBeCloseTo(average(alone, from, to), 2);
    expect(mine[301 * 6 + 2] - mine[300 * 6 + 2]).toBeCloseTo(2, 1);
    await run.release();
    await plain.release();
  });

  test("expects what encoders and trees say, by their shares", async () => {
    const [run, plain] = [await createModel(joint, await webRuntime()), await createModel(checkpoint(), await webRuntime())];
    const { mean, hidden } = await run.encode(features, onsets, notes);
    const alone = await plain.encode(features, onsets);
    expect(hidden).toEqual(alone.hidden);
    for (let n = 0; n < 9; n++) {
      expect(mean.data[n * 6 + 2]).toBeCloseTo(0.75 * alone.mean.data[n * 6 + 2] + 0.25 * (smallTree(values, n) + level(alone.mean.data, 2)), 5);
      expect(mean.data[n * 6 + 4]).toBe(alone.mean.data[n * 6 + 4]);
    }
    // What belongs to the onset is said once for all its notes.
    const chord = [6, 7, 8].map((n) => smallTree(values, n)).reduce((a, b) => a + b) / 3;
    for (const n of [6, 7, 8]) expect(mean.data[n * 6]).toBeCloseTo(0.5 * alone.mean.data[n * 6] + 0.5 * (chord + level(alone.mean.data, 0)), 5);
    await run.release();
    await plain.release();
  });

  test("asks for the notes", async () => {
    const run = await createModel(joint, await webRuntime());
    await expect(run.encode(features, onsets)).rejects.toThrow(/third argument/);
    await run.release();
  });

  test("is read back as it was written, in 16-bit floats, too", () => {
    for (const half of [false, true]) {
      const files = writeCheckpoint({ ...joint, half });
      const back = readCheckpoint(files);
      expect(back.config).toEqual(joint.config);
      expect(back.weights["trees.velocity.left"].data).toEqual(joint.weights["trees.velocity.left"].data);
    }
  });

  test("whose trees were tampered with is refused when it is read", () => {
    const weights = { ...joint.weights, "trees.velocity.right": { shape: [1, 2], data: Float32Array.from([0, -3]) } };
    const files = writeCheckpoint({ ...joint, weights });
    expect(() => readCheckpoint(files)).toThrow(/model\.safetensors.*node 0 leads to 0/s);
    const change = (trees: unknown) => () => readCheckpoint({ ...writeCheckpoint(joint), config: JSON.stringify({ ...joint.config, trees }) });
    const channels = joint.config.trees!.channels;
    expect(change({ features: ["a", "b"], channels })).toThrow(/trees\.features must be names of the model's features/);
    expect(change({ features: NAMES, channels: { loudness: channels.velocity } })).toThrow(/trees\.channels\.loudness must be one of the channels/);
    expect(change({ features: NAMES, channels: { velocity: { trees: 1, leaves: 3, share: 1.5 } } })).toThrow(/share must be a number from 0 to 1/);
    expect(change({ features: NAMES, channels: { velocity: { trees: 50_000, leaves: 2000, share: 0.5 } } })).toThrow(/trees\.channels\.velocity must be a forest of at most 262144 leaves/);
    expect(change({ features: NAMES, channels: { velocity: { trees: 1e9, leaves: 3, share: 0.5 } } })).toThrow(/trees\.channels\.velocity\.trees must be an integer/);
  });

  test("keeps its trees in an ensemble that reads more features, and says the same by them", async () => {
    const wide = testConfig(["b", "c", "a", "accent"]);
    const stranger: Checkpoint = { config: wide, weights: testWeights(wide, 5) };
    const members = withEnsemble(joint, [checkpoint(), stranger]);
    const bare = withEnsemble(checkpoint(), [checkpoint(), stranger]);
    expect(members.config.features.names).toEqual([...NAMES, "b"]);
    const more = { data: Float32Array.from({ length: 36 }, (_, i) => (i % 4 < 3 ? features.data[Math.floor(i / 4) * 3 + (i % 4)] : 0.3)), shape: [9, 4] as const };
    const [run, plain] = [await createModel(members, await webRuntime()), await createModel(bare, await webRuntime())];
    const { mean } = await run.encode(more, onsets, notes);
    const alone = await plain.encode(more, onsets);
    for (let n = 0; n < 9; n++) expect(mean.data[n * 6 + 2]).toBeCloseTo(0.75 * alone.mean.data[n * 6 + 2] + 0.25 * (smallTree(values, n) + level(alone.mean.data, 2)), 5);
    await run.release();
    await plain.release();
  });

  test("is told of in its card, and without them it is what it was", () => {
    expect(formatModelCard(joint.config)).toMatch(/regression trees.*0\.25 of velocity \(1 trees of up to 3 leaves\).*lightgbm 4, seed 7, 3 scores/);
    const without = withTrees(joint, {}, {});
    expect(without.config).toEqual(checkpoint().config);
    expect(Object.keys(without.weights)).toEqual(Object.keys(checkpoint().weights));
  });

  test("with a share out of range is refused", () => {
    expect(() => withTrees(checkpoint(), { pedal: { forest: smallForest(values), share: 1.2 } }, {})).toThrow(/trees of pedal: have a share of 1\.2, expected 0 to 1/);
  });
});
