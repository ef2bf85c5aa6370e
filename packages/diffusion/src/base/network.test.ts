/**
 * @file The networks' gradients against central differences, on every engine
 * that is installed.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { installedEngines } from "../../test/engines.js";
import { loadEngine, type Engine } from "../engine.js";
import type { StackConfig } from "../model/config.js";
import { denoiserLayout, encoderLayout, fromTensors, initialize, toTensors, type Layout } from "./layout.js";
import { denoiserNetwork, encoderNetwork, timeEmbedding, type BatchShape, type Forward } from "./network.js";
import { batchOnsetAverage, pieceOnsetAverage } from "./onset-average.js";
import { fillDropout, randomStream } from "./random-stream.js";

const B = 2;
const T = 9;
const C = 5;
const STACK: StackConfig = { hidden: 6, blocks: 4, kernel: 3, dilations: [1, 2, 4, 16] };
const engines = await installedEngines();

const random = randomStream(7);
const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
/** Chords of one to three notes; the last two notes of the second crop are padding. */
const onset = Int32Array.from([0, 0, 1, 2, 2, 2, 3, 4, 4, 0, 1, 1, 2, 3, 3, 4, -1, -1]);
const maskValues = Float32Array.from(onset, (o) => (o < 0 ? 0 : 1));
const features = normals(B * T * C);
const noisyAndMean = normals(B * T * 12);
const hidden = normals(B * T * 6).map((x, i) => (i < T * 6 ? x : 0)); // the second crop has lost its condition
const dropoutMasks = STACK.dilations.map(() => fillDropout(new Float32Array(B * T * 6), 0.4, random));
const dPrediction = normals(B * T * 6).map((x, i) => x * maskValues[Math.floor(i / 6)]);
const times = [0.2, 0.9].map(timeEmbedding);

/** Weights whose blocks do something: outputs begin at zero otherwise. */
function weightsOf(layout: Layout): Float32Array {
  const vector = initialize(layout, random);
  return vector.map((w) => w + 0.2 * random.normal());
}

function shapeOf({ tf }: Engine): BatchShape {
  return {
    batch: B,
    notes: T,
    mask: tf.tensor2d(maskValues, [B * T, 1]),
    onsets: batchOnsetAverage(tf, onset, B, T),
    dropout: dropoutMasks.map((mask) => tf.tensor2d(mask, [B * T, 6])),
  };
}

const encoderPlan = encoderLayout(C, STACK);
const denoiserPlan = denoiserLayout(6, STACK);
const encoderWeights = weightsOf(encoderPlan);
const denoiserWeights = weightsOf(denoiserPlan);

/** With three controls: values and flags behind the rest, which the second crop has lost. */
const controlledPlan = denoiserLayout(6, STACK, 3);
const controlledWeights = weightsOf(controlledPlan);
const controlledRows = normals(B * T * 18).map((x, i) => (i < T * 18 || i % 18 < 6 ? x : 0));

function encode(engine: Engine, vector: Tensor1D): Forward {
  return encoderNetwork(engine, encoderPlan, STACK).forward(vector, {
    ...shapeOf(engine), features: engine.tf.tensor2d(features, [B * T, C]),
  });
}

function denoise(engine: Engine, vector: Tensor1D): Forward {
  const { tf } = engine;
  return denoiserNetwork(engine, denoiserPlan, STACK).forward(vector, {
    ...shapeOf(engine),
    noisyAndMean: tf.tensor2d(noisyAndMean, [B * T, 12]),
    hidden: tf.tensor2d(hidden, [B * T, 6]),
    dropped: tf.tensor2d([0, 1], [B, 1]),
    time: tf.tensor2d([...times[0], ...times[1]], [B, 33]),
  });
}

function denoiseControlled(engine: Engine, vector: Tensor1D): Forward {
  const { tf } = engine;
  return denoiserNetwork(engine, controlledPlan, STACK).forward(vector, {
    ...shapeOf(engine),
    noisyAndMean: tf.tensor2d(controlledRows, [B * T, 18]),
    hidden: tf.tensor2d(hidden, [B * T, 6]),
    dropped: tf.tensor2d([0, 1], [B, 1]),
    time: tf.tensor2d([...times[0], ...times[1]], [B, 33]),
  });
}

type Net = (engine: Engine, vector: Tensor1D) => Forward;

function gradient(engine: Engine, net: Net, weights: Float32Array): Float32Array {
  const { tf } = engine;
  return tf.tidy(() =>
    net(engine, tf.tensor1d(weights)).backward(tf.tensor2d(dPrediction, [B * T, 6])).dataSync(),
  ) as unknown as Float32Array;
}

/** The loss whose gradient {@link gradient} is, summed in float64. */
function loss(engine: Engine, net: Net, weights: Float32Array): number {
  const { tf } = engine;
  const prediction = tf.tidy(() => net(engine, tf.tensor1d(weights)).prediction.dataSync()) as unknown as Float32Array;
  return prediction.reduce((sum, p, i) => sum + p * dPrediction[i], 0);
}

describe.each(engines.map((engine) => [engine.name, engine] as const))("networks on %s", (_, engine) => {
  beforeAll(() => engine.select());

  test.each([
    ["encoder", encode, encoderPlan, encoderWeights],
    ["denoiser", denoise, denoiserPlan, denoiserWeights],
    ["denoiser with controls", denoiseControlled, controlledPlan, controlledWeights],
  ] as const)("%s: the gradient agrees with central differences", (_name, net, plan, weights) => {
    const analytic = gradient(engine, net, weights);
    expect(analytic.length).toBe(plan.size);
    const step = 5e-3;
    for (const { name, offset, shape } of plan.tensors) {
      const size = shape.reduce((a, b) => a * b, 1);
      // A random direction within the tensor: its derivative is the gradient's projection.
      const direction = randomStream(offset, 3);
      const along = Float32Array.from({ length: size }, () => direction.normal());
      const norm = Math.sqrt(along.reduce((s, x) => s + x * x, 0));
      const at = (sign: number) => {
        const moved = Float32Array.from(weights);
        for (let i = 0; i < size; i++) moved[offset + i] += (sign * step * along[i]) / norm;
        return loss(engine, net, moved);
      };
      const numeric = (8 * (at(0.5) - at(-0.5)) - (at(1) - at(-1))) / (6 * step);
      let projected = 0;
      let magnitude = 0;
      for (let i = 0; i < size; i++) {
        projected += (analytic[offset + i] * along[i]) / norm;
        magnitude += analytic[offset + i] ** 2;
      }
      const tolerance = 3e-3 * Math.sqrt(magnitude) + 2e-3;
      if (Math.abs(projected - numeric) > tolerance) throw new Error(`${name}: gradient ${projected}, differences ${numeric}`);
      expect(Math.sqrt(magnitude)).toBeGreaterThan(0);
    }
  });

  test("padding and the other crop of a batch change nothing", () => {
    const { tf } = engine;
    tf.tidy(() => {
      const batch = (encodeWithout(engine).prediction.dataSync() as Float32Array).slice(0, T * 6);
      const plan = encoderNetwork(engine, encoderPlan, STACK);
      const alone = plan.forward(tf.tensor1d(encoderWeights), {
        batch: 1, notes: T, mask: null, dropout: null,
        onsets: pieceOnsetAverage(tf, onset.subarray(0, T)),
        features: tf.tensor2d(features.subarray(0, T * C), [T, C]),
      }).prediction.dataSync();
      batch.forEach((value, i) => expect(alone[i]).toBeCloseTo(value, 4));
    });
  });

  test("no tensor stays behind", () => {
    const before = engine.tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      gradient(engine, encode, encoderWeights);
      gradient(engine, denoise, denoiserWeights);
    }
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  test("both networks give the cpu engine's values", async () => {
    const cpu = await loadEngine({ engine: "cpu" });
    for (const [net, weights] of [[encode, encoderWeights], [denoise, denoiserWeights]] as const) {
      await engine.select();
      const ours = gradient(engine, net, weights);
      await cpu.select();
      gradient(cpu, net, weights).forEach((value, i) => expect(Math.abs(ours[i] - value)).toBeLessThan(2e-4 * (1 + Math.abs(value))));
    }
    await engine.select();
  });
});

function encodeWithout(engine: Engine): Forward {
  const { tf } = engine;
  return encoderNetwork(engine, encoderPlan, STACK).forward(tf.tensor1d(encoderWeights), {
    ...shapeOf(engine), dropout: null, features: tf.tensor2d(features, [B * T, C]),
  });
}

test("channels of the onset are equal for all its notes", () => {
  const [engine] = engines.slice(-1);
  const prediction = engine.tf.tidy(() => encodeWithout(engine).prediction.dataSync()) as unknown as Float32Array;
  const at = (note: number, channel: number) => prediction[note * 6 + channel];
  for (const channel of [0, 1, 5]) expect(at(3, channel)).toBeCloseTo(at(5, channel), 6);
  expect(Math.abs(at(3, 2) - at(5, 2))).toBeGreaterThan(1e-4);
});

test("weights become a checkpoint's tensors and come back", () => {
  for (const [plan, weights] of [[encoderPlan, encoderWeights], [denoiserPlan, denoiserWeights]] as const) {
    const tensors = toTensors(plan, weights);
    expect(Object.keys(tensors)).toEqual(plan.tensors.map(({ name }) => name));
    expect(fromTensors(plan, tensors)).toEqual(weights);
  }
  // conv[o, c, k] lies at row k·H + c, column o.
  const { offset } = encoderPlan.slots.get("encoder.blocks.0.conv.weight")!;
  const stored = toTensors(encoderPlan, encoderWeights)["encoder.blocks.0.conv.weight"];
  expect(stored.shape).toEqual([12, 6, 3]);
  expect(stored.data[(5 * 6 + 4) * 3 + 2]).toBe(encoderWeights[offset + (2 * 6 + 4) * 12 + 5]);
});
