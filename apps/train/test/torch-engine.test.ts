/**
 * @file The PyTorch trainer beside TensorFlow.js: the same loss, gradients and steps, on one process and on two.
 * Needs Python with torch (`DEXTER_PYTHON`, else `python3`).
 */
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import type { PerformanceParameters } from "@dexter/codec";
import { classicLoss, noiseSchedule } from "@dexter/diffusion";
import {
  classicTrainingOptions, decayMask, denoiserLayout, denoiserNetwork, diffWaveNetwork, fromTensors, loadEngine,
  batchOnsetAverage, randomStream, timeEmbedding, trainBase, weightedSquaredError,
  type BaseDelegate, type Layout, type NamedTensor, type TrainBaseInput, type Trainee, type TrainingPiece, type TrainingState,
} from "@dexter/diffusion/training";
import { findPython, nodeRankOf, torchEngine, type Torch, type TorchNetwork } from "../src/torch-engine.js";

jest.setTimeout(600_000);
const python = ((): string | null => {
  try {
    return findPython().python;
  } catch (error) {
    process.stderr.write(`Skipped: tests of the PyTorch trainer (${(error as Error).message})\n`);
    return null;
  }
})();
const withTorch = python ? describe : describe.skip;
const engine = await loadEngine({ engine: "wasm" });
const random = randomStream(3);
const normals = (length: number, scale = 1): Float32Array => Float32Array.from({ length }, () => scale * random.normal());
const tensor = (data: Float32Array, ...shape: number[]): NamedTensor => ({ shape, data });
const started: Torch[] = [];
afterAll(() => Promise.all(started.map((torch) => torch.close())));

function start(processes: number): Torch {
  const torch = torchEngine({ processes, python: python!, threads: 1, device: "cpu" });
  started.push(torch);
  return torch;
}

function traineeOf(weights: Float32Array): Trainee {
  return { step: 0, weights: weights.slice(), first: new Float32Array(weights.length), second: new Float32Array(weights.length), average: weights.slice() };
}

const largest = (values: Float32Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const apart = (a: Float32Array, b: Float32Array): number => largest(a.map((x, i) => x - b[i]));

/** Gradients agree to 1e-5 of the largest value of each tensor's, or, where all but cancels, of the whole vector's. */
function expectGradient(layout: Layout, actual: Readonly<Record<string, NamedTensor>>, expected: Float32Array): void {
  expect(apart(fromTensors(layout, actual), expected) / largest(expected)).toBeLessThan(1e-5);
  expect(Object.keys(actual).sort()).toEqual(layout.tensors.map(({ name }) => name).sort());
}

// DiffWave

const B = 4, N = 24, P = 5, S = 4, C = 7;
const classic = classicTrainingOptions({
  network: { kind: "diffwave", residualChannels: 8, residualLayers: 5, segmentNotes: N, film: true },
  batch: B, accumulate: 1, ema: 0.9, optimizer: { kind: "adamw", learningRate: 1e-3, weightDecay: 0.1, clipNorm: 0.5, warmup: 2, decay: "cosine" },
});
if (classic.network.kind !== "diffwave") throw new Error("a DiffWave was asked for");
const diffWave = diffWaveNetwork(engine, classic.network);
const diffWaveWeights = normals(diffWave.layout.size, 0.2);
const given = {
  clean: normals(B * N * P), noise: normals(B * N * P), score: normals(B * N * S, 20), perceptual: normals(B * N * C),
  step: Float32Array.from([3, 250, 600, 940]), dropped: Uint8Array.from([0, 1, 0, 0]),
  mask: Uint8Array.from({ length: B * N }, (_, i) => (i % 7 === 3 || i > B * N - 9 ? 0 : 1)),
};
const classicBatch = {
  clean: tensor(given.clean, B, N, P), noise: tensor(given.noise, B, N, P), score: tensor(given.score, B, N, S),
  perceptual: tensor(given.perceptual, B, N, C), step: tensor(given.step, B), dropped: tensor(Float32Array.from(given.dropped), B),
  mask: tensor(Float32Array.from(given.mask), B, N),
};

function classicNetwork(torch: Torch, weights = diffWaveWeights) {
  return torch.classic.begin({
    trainee: traineeOf(weights), layout: diffWave.layout, decay: decayMask(diffWave.layout), options: classic, steps: 10,
    scale: { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1] },
  });
}

/** Weights after steps on the same batch. */
async function stepped<F>(network: TorchNetwork<F>, layout: Layout, steps: number, batch: Readonly<Record<string, NamedTensor>>): Promise<Float32Array[]> {
  const trainee = traineeOf(new Float32Array(layout.size));
  const all: Float32Array[] = [];
  for (let i = 0; i < steps; i++) {
    await network.inject(batch);
    await network.step(trainee);
    await network.pull(trainee);
    all.push(trainee.weights.slice(), trainee.average.slice());
  }
  expect(trainee.step).toBe(steps);
  return all;
}

// base

function piece(name: string, seed: number, length: number): TrainingPiece {
  const of = randomStream(seed);
  const fill = (value: (n: number) => number): Float64Array => Float64Array.from({ length }, (_, n) => value(n));
  const onsetQuarter = fill((n) => Math.floor(n / 2) / 2);
  const performance = (): PerformanceParameters => ({
    length, release: "key", mask: Uint8Array.from({ length }, (_, n) => (n % 9 === 4 ? 0 : 1)),
    beatPeriod: fill((n) => 0.5 * 2 ** (0.2 * Math.sin(Math.floor(n / 2)) + 0.02 * of.normal())),
    velocityNorm: fill(() => (64 + 8 * of.normal()) / 127),
    timingSec: fill(() => 0.01 * of.normal()),
    articulationLog2: fill(() => -0.5 + 0.3 * of.normal()),
    pedalNorm: fill((n) => Math.floor(n / 8) % 2),
  });
  return {
    name,
    notes: {
      length, onsetQuarter, onsetBeat: onsetQuarter, durationBeat: new Float64Array(length).fill(0.5),
      pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4),
    },
    features: { data: Float32Array.from({ length: length * 3 }, () => of.normal()), shape: [length, 3] },
    performances: [performance(), performance()],
  };
}

const stack = { hidden: 8, blocks: 4, kernel: 3, dilations: [1, 2, 4, 8] };
/** Whole pieces, each once a step, nothing left to chance: both trainers see the same in the first stage. */
const certain: Omit<TrainBaseInput, "engine"> = {
  pieces: [piece("a", 1, 40), piece("b", 2, 28)],
  validation: [piece("v", 3, 30)],
  columns: { set: "base", names: ["one", "two", "three"] },
  options: {
    batch: 2, notes: 64, encoder: stack, denoiser: stack, saveEvery: 1, validateEvery: 3,
    mean: { steps: 3, warmup: 1, dropout: 0, featureDropout: 0, transpose: 0, learningRate: 1e-3 },
    flow: { steps: 0 },
  },
};

/** The states after every step, and what is told of the steps. */
async function trained(input: TrainBaseInput) {
  const states: TrainingState[] = [];
  const losses: number[] = [];
  const model = await trainBase({ ...input, saveState: (state) => void states.push(structuredClone(state)), onProgress: ({ loss }) => void losses.push(loss) });
  return { model, states, losses };
}

withTorch("the PyTorch trainer", () => {
  test("DiffWave: the loss and gradients of TensorFlow.js", async () => {
    const { tf } = engine;
    const bars = noiseSchedule(classic.schedule).alphaBars;
    const alphaBar = Array.from(given.step, (step) => bars[step]);
    const noisy = given.clean.map((x, i) => Math.sqrt(alphaBar[Math.floor(i / (N * P))]) * x + Math.sqrt(1 - alphaBar[Math.floor(i / (N * P))]) * given.noise[i]);
    const expected = tf.tidy(() => {
      const forward = diffWave.forward(tf.tensor1d(diffWaveWeights), { batch: B, notes: N, noisy, ...given });
      const { kind, terms, weights, reconstructionWeight, bound } = classic.loss;
      const loss = classicLoss(
        { shape: [B, N, P], prediction: forward.prediction.dataSync() as Float32Array, clean: given.clean, noise: given.noise, noisy, alphaBar, mask: given.mask },
        { kind: "noise", loss: kind, terms, weights, reconstructionWeight, bound },
      );
      return { total: loss.total, gradient: forward.backward(tf.tensor3d(loss.gradient, [B, N, P])).dataSync() as Float32Array };
    }) as unknown as { total: number; gradient: Float32Array };
    const network = await classicNetwork(start(1));
    await network.inject(classicBatch);
    const { loss, gradient } = await network.gradient();
    expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
    expectGradient(diffWave.layout, gradient, expected.gradient);
  });

  test("DiffWave: two processes take the steps of one with the joint batch", async () => {
    const one = await stepped(await classicNetwork(start(1)), diffWave.layout, 3, classicBatch);
    const two = await stepped(await classicNetwork(start(2)), diffWave.layout, 3, classicBatch);
    expect(apart(one[0], diffWaveWeights)).toBeGreaterThan(1e-4);
    for (const [i, weights] of one.entries()) expect(apart(two[i], weights)).toBeLessThan(1e-6);
  });

  test("base, first stage: the steps, losses and figures of TensorFlow.js", async () => {
    const ours = await trained({ ...certain, engine });
    const torch = start(1);
    const theirs = await trained({ ...certain, engine: torch.engine, delegate: torch.base });
    theirs.losses.forEach((loss, i) => expect(Math.abs(loss / ours.losses[i] - 1)).toBeLessThan(1e-5));
    // After one step the first moment is a tenth of the (clipped) gradient.
    const [a, b] = [ours.states[0].arrays["mean.first"], theirs.states[0].arrays["mean.first"]];
    expect(apart(a, b) / largest(a)).toBeLessThan(1e-5);
    for (const i of [0, 2]) expect(apart(ours.states[i].arrays["mean.weights"], theirs.states[i].arrays["mean.weights"])).toBeLessThan(1e-5);
    const figures = (run: typeof ours) => (run.model.config.training["validation"] as { mean: Record<string, number[]> }).mean;
    for (const name of ["channels", "explained", "correlation"]) {
      figures(ours)[name].forEach((value, c) => expect(figures(theirs)[name][c]).toBeCloseTo(value, 4));
    }
    expect(theirs.model.config).toMatchObject({ features: ours.model.config.features, targets: ours.model.config.targets, training: { engine: "torch" } });
  });

  test("base, second stage: the loss and gradients of TensorFlow.js", async () => {
    const { tf } = engine;
    const [T, crops] = [24, 2];
    const layout = denoiserLayout(stack.hidden, stack);
    const weights = normals(layout.size, 0.2);
    const onset = Int32Array.from({ length: crops * T }, (_, i) => (i >= crops * T - 4 ? -1 : Math.floor((i % T) / 3)));
    const mask = Float32Array.from(onset, (o) => (o < 0 ? 0 : 1));
    const rows = (width: number) => normals(crops * T * width).map((x, i) => x * mask[Math.floor(i / width)]);
    const [noisyAndMean, velocity] = [rows(12), rows(6)];
    const hidden = rows(stack.hidden).map((x, i) => (i < T * stack.hidden ? x : 0));
    const valueWeights = Float32Array.from({ length: mask.length * 6 }, (_, i) => mask[Math.floor(i / 6)] * (i % 5 === 0 ? 0 : 0.5 + (i % 3)));
    const time = Float32Array.from([0.3, 0.8].flatMap((t) => [...timeEmbedding(t)]));
    const dropout = stack.dilations.map(() => Float32Array.from({ length: crops * T * stack.hidden }, () => (random.uniform() < 0.3 ? 0 : 1 / 0.7)));
    const channelWeights = [1, 0.05, 1, 1, 1, 0.5];
    const expected = tf.tidy(() => {
      const forward = denoiserNetwork(engine, layout, stack).forward(tf.tensor1d(weights), {
        batch: crops, notes: T, mask: tf.tensor2d(mask, [crops * T, 1]), onsets: batchOnsetAverage(tf, onset, crops, T),
        dropout: dropout.map((values) => tf.tensor2d(values, [crops * T, stack.hidden])),
        noisyAndMean: tf.tensor2d(noisyAndMean, [crops * T, 12]), hidden: tf.tensor2d(hidden, [crops * T, stack.hidden]),
        dropped: tf.tensor2d([0, 1], [crops, 1]), time: tf.tensor2d(time, [crops, 33]),
      });
      const loss = weightedSquaredError(forward.prediction.dataSync() as Float32Array, velocity, valueWeights, channelWeights);
      return { total: loss.total, gradient: forward.backward(tf.tensor2d(loss.gradient, [crops * T, 6])).dataSync() as Float32Array };
    }) as unknown as { total: number; gradient: Float32Array };
    // [blocks, B, T, H] → [B, blocks, T, H], as examples are shared out.
    const size = T * stack.hidden;
    const masks = new Float32Array(crops * dropout.length * size);
    dropout.forEach((values, i) => {
      for (let b = 0; b < crops; b++) masks.set(values.subarray(b * size, (b + 1) * size), (b * dropout.length + i) * size);
    });
    const batch = {
      noisyAndMean: tensor(noisyAndMean, crops, T, 12), hidden: tensor(hidden, crops, T, stack.hidden), dropped: tensor(Float32Array.from([0, 1]), crops, 1),
      time: tensor(time, crops, 33), velocity: tensor(velocity, crops, T, 6), weights: tensor(valueWeights, crops, T, 6),
      onset: tensor(Float32Array.from(onset), crops, T), dropout: tensor(masks, crops, dropout.length, T, stack.hidden),
    };
    const torch = start(1);
    const begun = await beginFlow(torch, layout, weights);
    await begun.inject(batch);
    const { loss, gradient } = await begun.gradient();
    expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
    expectGradient(layout, gradient, expected.gradient);
  });

  test("base: two processes take the steps of one, dropout, noise and all", async () => {
    const options = { ...certain.options, batch: 4, notes: 16, mean: { steps: 3, warmup: 1, learningRate: 1e-3 }, flow: { steps: 3, warmup: 1, learningRate: 1e-3 } };
    const [one, two] = await Promise.all([1, 2].map(async (processes) => {
      const torch = start(processes);
      return trained({ ...certain, options, engine: torch.engine, delegate: torch.base });
    }));
    expect(one.states).toHaveLength(6);
    for (const [i, state] of one.states.entries()) {
      for (const [name, values] of Object.entries(state.arrays)) {
        if (name.endsWith("weights") || name.endsWith("average")) expect([name, apart(two.states[i].arrays[name], values) < 1e-6]).toEqual([name, true]);
      }
    }
    two.losses.forEach((loss, i) => expect(Math.abs(loss / one.losses[i] - 1)).toBeLessThan(1e-5));
  });
});

/** A flow stage with these weights. */
async function beginFlow(torch: Torch, layout: Layout, weights: Float32Array): Promise<TorchNetwork<unknown>> {
  let network: TorchNetwork<unknown> | undefined;
  const enough = new Error("enough");
  const delegate: BaseDelegate = {
    begin: async (of) => {
      if (of.stage !== "flow") return torch.base.begin(of);
      network = await torch.base.begin({ ...of, layout, trainee: traineeOf(weights) });
      throw enough;
    },
  };
  await trainBase({ ...certain, engine: torch.engine, delegate, options: { ...certain.options, mean: { ...certain.options!.mean, steps: 0 }, flow: { steps: 5, warmup: 1 } } }).catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  return network!;
}

describe("finding Python", () => {
  test("a program that is not there, or lacks torch, is told in one line with what to do", () => {
    expect(() => findPython("/nowhere/python3")).toThrow(/"\/nowhere\/python3" cannot be started \(ENOENT\)\. Install Python 3\.10/);
  });

  test("machines are numbered by Slurm or Kubernetes", () => {
    expect(nodeRankOf({ SLURM_NODEID: "3" })).toBe(3);
    expect(nodeRankOf({ JOB_COMPLETION_INDEX: "1" })).toBe(1);
    expect(nodeRankOf({})).toBe(0);
  });
});
