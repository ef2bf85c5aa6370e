import { describe, expect, test } from "@jest/globals";
import { onnx } from "onnx-proto";
import { chords, normals, testConfig, testWeights, toRows, withTestControls } from "../../test/random-model.js";
import { referenceDenoiser, referenceEncoder } from "../../test/reference-network.js";
import { denoiserLayout, encoderLayout, fromTensors } from "../base/layout.js";
import { denoiserNetwork, encoderNetwork, timeEmbedding } from "../base/network.js";
import { batchOnsetAverage } from "../base/onset-average.js";
import { loadEngine } from "../engine.js";
import { createModel } from "../model/model.js";
import { webRuntime } from "../runtime.js";
import { exportOnnx } from "./networks.js";

const config = testConfig();
const weights = testWeights(config);
const onsets = chords([1, 3, 1, 2, 5, 1, 1, 2, 1, 4, 1, 1]);
const notes = onsets.ofNote.length;
const onset = Array.from(onsets.ofNote);
const features = { data: normals(notes * 3), shape: [notes, 3] as const };
const noisy = { data: normals(2 * notes * 6, 5), shape: [2, notes, 6] as const };
const time = Float32Array.of(0.1, 0.7);

function largestDifference(actual: Float32Array, expected: readonly number[] | Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
}

describe("the networks as ONNX", () => {
  test("agree with the equations in float64", async () => {
    const model = await createModel({ config, weights }, await webRuntime());
    const condition = await model.encode(features, onsets);
    const expected = referenceEncoder(weights, config.encoder, toRows(features.data, 3), onset);
    expect(largestDifference(condition.hidden.data, expected.hidden.flat())).toBeLessThan(2e-5);
    expect(largestDifference(condition.mean.data, expected.mean.flat())).toBeLessThan(2e-5);

    const velocity = await model.denoiser(onsets)(noisy, time, [condition, null]);
    const half = notes * 6;
    const conditioned = referenceDenoiser(weights, config.denoiser, toRows(noisy.data.subarray(0, half), 6), time[0], expected, onset);
    const unconditioned = referenceDenoiser(weights, config.denoiser, toRows(noisy.data.subarray(half), 6), time[1], null, onset);
    expect(largestDifference(velocity.data, [...conditioned.flat(), ...unconditioned.flat()])).toBeLessThan(5e-5);
    expect(Math.max(...velocity.data)).toBeGreaterThan(0.1);
  });

  test("with controls agree with the equations: told, not told, and without any condition", async () => {
    const told = withTestControls(config);
    const toldWeights = testWeights(told);
    const model = await createModel({ config: told, weights: toldWeights }, await webRuntime());
    const condition = await model.encode(features, onsets);
    const controls = { data: normals(notes * 4, 8), shape: [notes, 4] as const };
    const expected = { ...referenceEncoder(toldWeights, told.encoder, toRows(features.data, 3), onset) };
    const three = { data: normals(3 * notes * 6, 6), shape: [3, notes, 6] as const };
    const times = Float32Array.of(0.1, 0.7, 0.4);
    const velocity = await model.denoiser(onsets)(three, times, [{ ...condition, controls }, condition, null]);
    const conditions = [{ ...expected, controls: toRows(controls.data, 4) }, expected, null];
    const rows = conditions.flatMap((each, b) =>
      referenceDenoiser(toldWeights, told.denoiser, toRows(three.data.subarray(b * notes * 6, (b + 1) * notes * 6), 6), times[b], each, onset).flat(),
    );
    expect(largestDifference(velocity.data, rows)).toBeLessThan(5e-5);
    // Alone, each is what it is among the others.
    const alone = await model.denoiser(onsets)({ data: three.data.subarray(0, notes * 6), shape: [1, notes, 6] }, times.subarray(0, 1), [{ ...condition, controls }]);
    expect(largestDifference(alone.data, velocity.data.subarray(0, notes * 6))).toBeLessThan(2e-6);
    await model.release();
  });

  test("refuse controls of another width", async () => {
    const told = withTestControls(config);
    const model = await createModel({ config: told, weights: testWeights(told) }, await webRuntime());
    const condition = await model.encode(features, onsets);
    const controls = { data: normals(notes * 2), shape: [notes, 2] as const };
    await expect(model.denoiser(onsets)(noisy, time, [{ ...condition, controls }, null])).rejects.toThrow(`denoise: controls must be [${notes}, 4], got [${notes}, 2]`);
    await model.release();
  });

  test("agree with the TensorFlow.js forward pass that trains them", async () => {
    const model = await createModel({ config, weights }, await webRuntime());
    const condition = await model.encode(features, onsets);
    const velocity = await model.denoiser(onsets)(noisy, time, [condition, null]);

    const engine = await loadEngine({ engine: "cpu" });
    const { tf } = engine;
    const shape = (batch: number) => ({
      batch, notes, mask: null, dropout: null,
      onsets: batchOnsetAverage(tf, Int32Array.from(Array.from({ length: batch }, () => onset).flat()), batch, notes),
    });
    const encoderPlan = encoderLayout(3, config.encoder);
    const encoded = encoderNetwork(engine, encoderPlan, config.encoder).forward(tf.tensor1d(fromTensors(encoderPlan, weights)), {
      ...shape(1), features: tf.tensor2d(features.data, [notes, 3]),
    });
    expect(largestDifference(condition.hidden.data, await encoded.hidden.data<"float32">())).toBeLessThan(1e-4);
    expect(largestDifference(condition.mean.data, await encoded.prediction.data<"float32">())).toBeLessThan(1e-4);

    const denoiserPlan = denoiserLayout(config.encoder.hidden, config.denoiser);
    const rows = toRows(noisy.data, 6).map((row, r) => [...row, ...(r < notes ? condition.mean.data.subarray(r * 6, r * 6 + 6) : new Float32Array(6))]);
    const hidden = new Float32Array(2 * notes * config.encoder.hidden);
    hidden.set(condition.hidden.data);
    const denoised = denoiserNetwork(engine, denoiserPlan, config.denoiser).forward(tf.tensor1d(fromTensors(denoiserPlan, weights)), {
      ...shape(2),
      noisyAndMean: tf.tensor2d(rows),
      hidden: tf.tensor2d(hidden, [2 * notes, config.encoder.hidden]),
      dropped: tf.tensor2d([0, 1], [2, 1]),
      time: tf.tensor2d([...timeEmbedding(time[0]), ...timeEmbedding(time[1])], [2, 33]),
    });
    expect(largestDifference(velocity.data, await denoised.prediction.data<"float32">())).toBeLessThan(1e-4);
  });

  test("give the notes of an onset the very same tempo, slow tempo and pedal", async () => {
    const model = await createModel({ config, weights }, await webRuntime());
    const condition = await model.encode(features, onsets);
    const mean = toRows(condition.mean.data, 6);
    for (let n = 1; n < notes; n++) {
      if (onset[n] !== onset[n - 1]) continue;
      expect([mean[n][0], mean[n][1], mean[n][5]]).toEqual([mean[n - 1][0], mean[n - 1][1], mean[n - 1][5]]);
      expect(mean[n][2]).not.toBe(mean[n - 1][2]);
    }
  });

  test("are files that other programs read: opset 17, dynamic axes", () => {
    const { encoder, denoiser } = exportOnnx(config, weights);
    const model = onnx.ModelProto.decode(encoder);
    expect(Number(model.irVersion)).toBe(8);
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([["", 17]]);
    const shapeOf = (value: onnx.IValueInfoProto) =>
      value.type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue));
    expect(model.graph!.input!.map((value) => [value.name, shapeOf(value)])).toEqual([
      ["features", ["B", "N", 3]], ["onset_of_note", ["N", 1]], ["onset_inverse_count", ["M", 1, 1]],
    ]);
    expect(model.graph!.output!.map((value) => [value.name, shapeOf(value)])).toEqual([["hidden", ["B", "N", 8]], ["mean", ["B", "N", 6]]]);
    const stored = model.graph!.initializer!.find(({ name }) => name === "encoder.input.weight")!;
    expect(stored.dims!.map(Number)).toEqual([3, 8]);
    const { data } = weights["encoder.input.weight"]; // [8, 3]
    expect(new Float32Array(stored.rawData!.slice().buffer)[1]).toBe(data[3]);
    expect(onnx.ModelProto.decode(denoiser).graph!.input!.map(({ name }) => name)).toEqual([
      "noisy", "time", "hidden", "mean", "conditioned", "onset_of_note", "onset_inverse_count",
    ]);
  });
});
