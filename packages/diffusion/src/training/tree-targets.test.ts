import { describe, expect, test } from "@jest/globals";
import { normals, testConfig } from "../../test/random-model.js";
import { treeExamples } from "./tree-examples.js";
import { treeTargets } from "./tree-targets.js";
import type { PreparedPiece } from "./training-piece.js";

const P = 6;

/** A piece of single notes, its performances given by one channel. */
function piece(length: number, channel: number, curves: readonly (readonly number[])[], onset = Int32Array.from({ length }, (_, n) => n)): PreparedPiece {
  const performances = curves.map((curve) => {
    const [values, weights] = [new Float32Array(length * P), new Float32Array(length * P)];
    curve.forEach((value, n) => {
      values[n * P + channel] = Number.isNaN(value) ? 0 : value;
      weights[n * P + channel] = Number.isNaN(value) ? 0 : 1;
    });
    return { values, weights };
  });
  return {
    name: "p", group: "p", length, weight: 1, onset, features: new Float32Array(length), performances,
    mean: new Float32Array(length * P), meanWeights: new Float32Array(length * P), levels: [],
  };
}

describe("what trees learn", () => {
  const wave = Array.from({ length: 20 }, (_, n) => Math.sin(n));

  test("is the same for a pianist who plays louder and with twice the contrast", () => {
    const { target } = treeTargets(piece(20, 2, [wave, wave.map((x) => 3 + 2 * x)]), "velocity");
    const mean = wave.reduce((a, b) => a + b) / 20;
    // Both say the same curve; its size is the mean of theirs.
    for (const [n, value] of target.entries()) expect(value).toBeCloseTo(1.5 * (wave[n] - mean), 4);
  });

  test("weighs n performances √n, and errors by the deviation of the passage", () => {
    const once = treeTargets(piece(20, 2, [wave]), "velocity").weight;
    const twice = treeTargets(piece(20, 2, [wave, wave]), "velocity").weight;
    const larger = treeTargets(piece(20, 2, [wave.map((x) => 3 * x)]), "velocity").weight;
    for (let n = 0; n < 20; n++) {
      expect(twice[n] / once[n]).toBeCloseTo(Math.SQRT2, 5);
      expect(once[n] / larger[n]).toBeCloseTo(9, 3);
    }
  });

  test("is nothing where nobody plays, and a performance with a handful of notes is not heard", () => {
    const holes = wave.map((x, n) => (n === 4 ? Number.NaN : x));
    const few = wave.map((x, n) => (n < 8 ? 50 * x : Number.NaN));
    const { target, weight } = treeTargets(piece(20, 2, [holes, few]), "velocity");
    expect(weight[4]).toBe(0);
    expect(target[4]).toBe(0);
    const alone = treeTargets(piece(20, 2, [holes]), "velocity").target;
    expect(Array.from(target)).toEqual(Array.from(alone));
  });

  test("counts a channel of the onset once an onset", () => {
    const onset = Int32Array.from({ length: 40 }, (_, n) => Math.floor(n / 2));
    const doubled = wave.flatMap((x) => [x, x]);
    const { target, weight } = treeTargets(piece(40, 0, [doubled], onset), "tempo");
    const single = treeTargets(piece(20, 0, [wave]), "tempo");
    for (let n = 0; n < 40; n++) {
      expect(target[n]).toBeCloseTo(single.target[n >> 1], 5);
      expect(weight[n]).toBeCloseTo(single.weight[n >> 1] / 2, 5);
    }
  });

  test("is taken passage by passage", () => {
    const curve = Array.from({ length: 800 }, (_, n) => (n < 400 ? 0 : 100) + wave[n % 20]);
    const { target } = treeTargets(piece(800, 2, [curve]), "velocity");
    expect(Math.max(...target)).toBeLessThan(2);
  });

  test("of a piece known by its beats is what its recordings have there, on average 0", () => {
    const terms = {
      channel: Uint8Array.from([2, 0, 2]), begin: Int32Array.from([0, 1, 2, 4]), row: Int32Array.from([0, 1, 2, 3]), share: Float32Array.from([1, 1, 0.5, 0.5]),
      target: Float32Array.from([1, 7, -1]), weight: Float32Array.from([2, 3, 2]),
    };
    const { target, weight } = treeTargets({ ...piece(5, 2, []), beats: terms }, "velocity");
    expect(Array.from(target)).toEqual([1, 0, -1, -1, 0]);
    expect(Array.from(weight)).toEqual([2, 0, 1, 1, 0]);
  });

  test("comes from a set's piece with the model's own columns, in its order", () => {
    const config = testConfig(["b", "a"]);
    const length = 12;
    const every = (value: number) => new Float64Array(length).fill(value);
    const notes = {
      length, onsetBeat: Float64Array.from({ length }, (_, n) => n), onsetQuarter: Float64Array.from({ length }, (_, n) => n), durationBeat: every(1),
      pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4), voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1),
    };
    const performance = {
      length, release: "key" as const, mask: new Uint8Array(length).fill(1), beatPeriod: every(0.5), timingSec: new Float64Array(length),
      velocityNorm: Float64Array.from({ length }, (_, n) => 0.4 + 0.02 * n), articulationLog2: new Float64Array(length), pedalNorm: new Float64Array(length),
    };
    const data = normals(length * 3).map((x) => 0.3 * x);
    const made = treeExamples({ name: "x", notes, features: { data, shape: [length, 3] }, performances: [performance] }, ["a", "z", "b"], config, ["velocity"]);
    expect(made.inputs.data.slice(0, 2)).toEqual(Float32Array.from([data[2], data[0]]));
    expect(made.targets[0].target[11]).toBeGreaterThan(made.targets[0].target[0]);
    expect(() => treeExamples({ name: "x", notes, features: { data, shape: [length, 3] }, performances: [performance] }, ["a", "z", "y"], config, ["velocity"])).toThrow(/feature "b" that its set lacks/);
    expect(() => treeExamples({ name: "x", notes, features: { data, shape: [length, 3] }, performances: [] }, ["a", "z", "b"], config, ["velocity"])).toThrow(/needs a performance/);
  });
});
