/**
 * @file The PyTorch trainer beside TensorFlow.js: the same loss, gradients and steps, on one process and on two.
 * Needs Python with torch (`DEXTER_PYTHON`, else `python3`).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { openSet, pairSet, setPairs, setSegments, writeSet } from "@dexter/alignment-datasets";
import type { BeatRecordings, PerformanceParameters } from "@dexter/codec";
import { classicLoss, noiseSchedule } from "@dexter/diffusion";
import {
  classicTrainingOptions, decayMask, denoiserLayout, denoiserNetwork, diffWaveNetwork, fromTensors, loadEngine,
  batchOnsetAverage, randomStream, timeEmbedding, trainBase, unetNetwork, weightedSquaredError,
  type BaseDelegate, type ClassicNetwork, type ClassicSegment, type ClassicTrainingOptions, type Layout, type NamedTensor, type TrainBaseInput, type Trainee, type TrainingPiece,
  type TrainingState,
} from "@dexter/diffusion/training";
import { findPython, nodeRankOf, torchEngine, type Torch, type TorchNetwork } from "../src/torch-engine.js";
import { DEMO_SET } from "./demo-nets.js";

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
const started = new Map<number, Torch>();
afterAll(() => Promise.all([...started.values()].map((torch) => torch.close())));
const folder = mkdtempSync(join(tmpdir(), "dexter-torch-"));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** PyTorch on so many processes. They are started once: to import torch takes longer than all that is tested. */
function start(processes: number): Torch {
  const torch = started.get(processes) ?? torchEngine({ processes, python: python!, threads: 1, device: "cpu", data: [DEMO_SET] });
  started.set(processes, torch);
  return torch;
}

function traineeOf(weights: Float32Array): Trainee {
  return { step: 0, weights: weights.slice(), first: new Float32Array(weights.length), second: new Float32Array(weights.length), average: weights.slice() };
}

/** How far mean and variance of normal numbers are from 0 and 1. */
const normalness = (values: Float32Array): number => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.max(Math.abs(mean), Math.abs(values.reduce((sum, x) => sum + x * x, 0) / values.length - 1));
};
const largest = (values: Float32Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const apart = (a: Float32Array, b: Float32Array): number => largest(a.map((x, i) => x - b[i]));

/** Gradients agree to 1e-5 of the largest value of each tensor's, or, where all but cancels, of the whole vector's. */
function expectGradient(layout: Layout, actual: Readonly<Record<string, NamedTensor>>, expected: Float32Array): void {
  expect(apart(fromTensors(layout, actual), expected) / largest(expected)).toBeLessThan(1e-5);
  expect(Object.keys(actual).sort()).toEqual(layout.tensors.map(({ name }) => name).sort());
}

// classic

const B = 4, N = 24, P = 5, S = 4, C = 7;
const PERCEPTUAL = ["melodiousness", "perceivedArticulation", "rhythmicComplexity", "rhythmicStability", "dissonance", "tonalStability", "minorness"];
type ClassicScale = NonNullable<ClassicTrainingOptions["scale"]>;
const SCALE = { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1] };
/** Adam turns the rounding of gradients that are all but 0 into whole steps; a larger epsilon leaves it what it is. */
const epsilon = 1e-4;
const common = { batch: B, accumulate: 1, ema: 0.9, optimizer: { kind: "adamw", learningRate: 1e-3, epsilon, weightDecay: 0.1, clipNorm: 0.5, warmup: 2, decay: "cosine" } } as const;
const ofDiffWave = classicTrainingOptions({ ...common, network: { kind: "diffwave", residualChannels: 8, residualLayers: 5, segmentNotes: N, film: true } });
const ofUnet = classicTrainingOptions({
  ...common, network: { kind: "unet", dim: 8, dimMults: [1, 2], segmentNotes: N, condition: "trainable_score", scoreNormalization: { low: 0, high: 1, mode: "rowwise" } },
});

/** A network on TensorFlow.js with weights of no meaning. */
function someNetwork(options: ClassicTrainingOptions): { readonly options: ClassicTrainingOptions; readonly network: ClassicNetwork; readonly weights: Float32Array } {
  const network = options.network.kind === "unet" ? unetNetwork(engine, options.network) : diffWaveNetwork(engine, options.network);
  return { options, network, weights: normals(network.layout.size, 0.2) };
}
const diffWave = someNetwork(ofDiffWave);
const unet = someNetwork(ofUnet);
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

function classicNetwork(torch: Torch, { options, network: { layout }, weights }: typeof diffWave) {
  return torch.classic.begin({ trainee: traineeOf(weights), layout, decay: decayMask(layout), options, steps: 10, scale: SCALE });
}

/** Loss and gradient on TensorFlow.js. */
function classicExpected({ options, network, weights }: typeof diffWave, of: Omit<typeof given, "perceptual"> & { readonly perceptual: Float32Array | null }) {
  const { tf } = engine;
  const bars = noiseSchedule(options.schedule).alphaBars;
  const alphaBar = Array.from(of.step, (step) => bars[step]);
  const batch = alphaBar.length;
  const notes = of.mask.length / batch;
  const noisy = of.clean.map((x, i) => {
    const bar = alphaBar[Math.floor(i / (notes * P))];
    return Math.sqrt(bar) * x + Math.sqrt(1 - bar) * of.noise[i];
  });
  return tf.tidy(() => {
    const forward = network.forward(tf.tensor1d(weights), { batch, notes, noisy, ...of });
    const { kind, terms, weights: ofTerms, reconstructionWeight, bound } = options.loss;
    const loss = classicLoss(
      { shape: [batch, notes, P], prediction: forward.prediction.dataSync() as Float32Array, clean: of.clean, noise: of.noise, noisy, alphaBar, mask: of.mask },
      { kind: "noise", loss: kind, terms, weights: ofTerms, reconstructionWeight, bound },
    );
    return { total: loss.total, gradient: forward.backward(tf.tensor3d(loss.gradient, [batch, notes, P])).dataSync() as Float32Array };
  }) as unknown as { total: number; gradient: Float32Array };
}

/** A segment as the network is asked of it: its parameters standardized, 0 where nothing was played. */
function segmentAsAsked({ parameters, score, perceptual, mask }: ClassicSegment, { mean, sd }: ClassicScale) {
  const clean = Float32Array.from(parameters, (x, i) => (mask[Math.floor(i / P)] ? (x - mean[i % P]) / sd[i % P] : 0));
  return { clean, score, mask, perceptual: perceptual ?? new Float32Array(mask.length * C) };
}

/** Two pieces for training and one for validation, three performances each: their numbers tell them apart. */
async function storeSet(path: string, title: string, controlNames: readonly string[]): Promise<void> {
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["pitch"], release: "sound", seed: 1, validation: 0, controlNames });
  const Q = controlNames.length;
  for (const [s, split] of (["train", "train", "validation"] as const).entries()) {
    const length = 2 * N + 5;
    const times = Float64Array.from({ length }, (_, n) => n);
    const whole = Int32Array.from(times);
    const score = writer.addScore({
      description: { corpus: title, piece: `${s}`, work: `${title} ${s}`, composer: "", title: "", split, scorePath: "", licence: "" },
      notes: {
        length, id: Array.from(times, (n) => `n${n}`), onsetBeat: times, durationBeat: times, onsetQuarter: times, durationQuarter: times, onsetDiv: whole, durationDiv: whole,
        divsPerQuarter: whole, voice: whole.map(() => s + title.length), staff: whole, measure: whole, beats: whole, beatType: whole, pitch: Uint8Array.from(whole, (n) => 40 + n), grace: new Uint8Array(length),
      },
      features: { data: Float32Array.from(times), shape: [length, 1] },
    });
    for (let k = 0; k < 3; k++) {
      const column = (): Float64Array => Float64Array.from({ length }, () => 0.5 + 0.1 * random.normal());
      const controls = {
        values: { data: Float32Array.from({ length: length * Q }, (_, i) => (i % 11 === 3 ? 0 : 5 + random.normal())), shape: [length, Q] as const },
        mask: Uint8Array.from({ length: length * Q }, (_, i) => (i % 11 === 3 ? 0 : 1)),
      };
      score.add({ id: `p${k}`, performer: "", source: "", matchRatio: 1 }, {
        length, beatPeriod: column(), velocityNorm: column(), timingSec: column(), articulationLog2: column(), pedalNorm: column(),
        mask: Uint8Array.from(times, (n) => (n % 7 === k ? 0 : 1)), release: "sound",
      }, Q > 0 ? controls : undefined);
    }
    score.finish();
  }
  await writer.finish();
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
      pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4), voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1),
    },
    features: { data: Float32Array.from({ length: length * 3 }, () => of.normal()), shape: [length, 3] },
    performances: [performance(), performance()],
  };
}

/** The same piece, also or only known by beats, and with what a teacher expects of it. */
function told(of: TrainingPiece, seed: number, only = false): TrainingPiece {
  const from = randomStream(seed);
  const { length } = of.notes;
  const beats = Math.ceil(length / 4) + 1;
  const recordings: BeatRecordings = {
    recordings: ["x", "y"],
    onsetQuarter: Float64Array.from({ length: beats }, (_, k) => k),
    timeSec: Float64Array.from({ length: 2 * beats }, (_, i) => (i % beats === 3 && i < beats ? NaN : 0.6 * (i % beats) + 0.05 * from.normal())),
    loudnessSone: Float64Array.from({ length: 2 * beats }, () => 5 + from.uniform()),
  };
  return {
    ...of, beats: recordings,
    ...(only ? { performances: [] } : { teacher: { data: Float32Array.from({ length: length * 6 }, () => 0.1 * from.normal()), shape: [length, 6] } }),
  };
}

const stack = { hidden: 8, blocks: 4, kernel: 3, dilations: [1, 2, 4, 8] };
/** Whole pieces, each once a step, nothing left to chance: both trainers see the same in the first stage. */
const certain: Omit<TrainBaseInput, "engine"> = {
  pieces: [piece("a", 1, 40), told(piece("b", 2, 28), 5), told(piece("c", 4, 72), 6, true)],
  validation: [told(piece("v", 3, 30), 7)],
  columns: { set: "base", names: ["one", "two", "three"] },
  options: {
    batch: 3, notes: 96, encoder: stack, denoiser: stack, saveEvery: 1, validateEvery: 3,
    mean: { steps: 3, warmup: 1, dropout: 0, featureDropout: 0, transpose: 0, learningRate: 1e-3, beatShare: 1 / 3, teacherWeight: 0.5 },
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
  test.each([["DiffWave", diffWave], ["the U-Net", unet]] as const)("%s: the loss and gradients of TensorFlow.js", async (_, of) => {
    const expected = classicExpected(of, given);
    const network = await classicNetwork(start(1), of);
    await network.inject(classicBatch);
    const { loss, gradient } = await network.gradient();
    expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
    expectGradient(of.network.layout, gradient, expected.gradient);
  });

  test.each([["DiffWave", diffWave], ["the U-Net", unet]] as const)("%s: two processes take the steps of one with the joint batch", async (_, of) => {
    const { layout } = of.network;
    const [one, two] = await Promise.all([1, 2].map(async (processes) => {
      const network = await classicNetwork(start(processes), of);
      await network.inject(classicBatch);
      const { loss, gradient } = await network.gradient();
      return { loss, gradient: fromTensors(layout, gradient), weights: await stepped(network, layout, 3, classicBatch) };
    }));
    expect(Math.abs(two.loss / one.loss - 1)).toBeLessThan(1e-6);
    expect(apart(two.gradient, one.gradient) / largest(one.gradient)).toBeLessThan(1e-5);
    expect(apart(one.weights[0], of.weights)).toBeGreaterThan(1e-4);
    for (const [i, weights] of one.weights.entries()) expect(apart(two.weights[i], weights)).toBeLessThan(1e-6);
  });

  test("segments of a set: what TensorFlow.js reads, and its loss of them", async () => {
    const set = await openSet(DEMO_SET);
    const segments = setSegments(set, { split: "train", notes: N, release: "any" });
    const of = { ...diffWave, options: { ...ofDiffWave, batch: 6 } };
    const { layout } = of.network;
    const network = await start(1).classic.begin({ trainee: traineeOf(of.weights), layout, decay: decayMask(layout), options: of.options, steps: 10, scale: segments.scale });
    const drawn = await network.batch();
    const { clean, noise, score, step, dropped, mask, perceptual } = drawn;
    expect(clean.shape).toEqual([6, N, P]);
    const rows = (values: Float32Array, b: number): Float32Array => values.subarray((b * values.length) / 6, ((b + 1) * values.length) / 6);
    const all = Array.from({ length: segments.length }, (_, i) => segmentAsAsked(segments.read(i), segments.scale));
    set.close();
    const found = Array.from({ length: 6 }, (_, b) => all.findIndex((one) => apart(one.score, rows(score.data, b)) === 0 && apart(one.clean, rows(clean.data, b)) < 1e-5));
    expect(new Set(found).size).toBe(6);
    found.forEach((index, b) => {
      expect([...rows(mask.data, b)]).toEqual([...all[index].mask]);
      expect(apart(all[index].perceptual, rows(perceptual.data, b))).toBeLessThan(1e-5);
    });
    const expected = classicExpected(of, {
      clean: clean.data, noise: noise.data, score: score.data, perceptual: perceptual.data, step: Float32Array.from(step.data), dropped: Uint8Array.from(dropped.data), mask: Uint8Array.from(mask.data),
    });
    const { loss } = await network.step(traineeOf(of.weights));
    expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
    expect(normalness(noise.data)).toBeLessThan(0.1);
  });

  test("segments of which some lack perceptual features have 0 there, as on TensorFlow.js", async () => {
    const paths = [inFolder("told.h5"), inFolder("untold.h5")];
    await storeSet(paths[0], "told", ["tempo", ...PERCEPTUAL]);
    await storeSet(paths[1], "untold", []);
    const sets = await Promise.all(paths.map((path) => openSet(path)));
    const loaders = sets.map((set) => setSegments(set, { split: "train", notes: N }));
    const { scale } = loaders[0];
    const all = loaders.map((segments) => Array.from({ length: segments.length }, (_, i) => segmentAsAsked(segments.read(i), scale)));
    for (const set of sets) set.close();
    const of = { ...diffWave, options: { ...ofDiffWave, batch: 12 } };
    const { layout } = of.network;
    const torch = torchEngine({ processes: 1, python: python!, threads: 1, device: "cpu", data: paths });
    try {
      const network = await torch.classic.begin({ trainee: traineeOf(of.weights), layout, decay: decayMask(layout), options: of.options, steps: 10, scale });
      const { clean, noise, score, step, dropped, mask, perceptual } = await network.batch();
      const rows = (values: Float32Array, b: number): Float32Array => values.subarray((b * values.length) / 12, ((b + 1) * values.length) / 12);
      const counts = all.map((segments) => segments.filter((one) => Array.from({ length: 12 }, (_, b) => b).some((b) => {
        if (apart(one.clean, rows(clean.data, b)) > 1e-5) return false;
        expect(apart(one.perceptual, rows(perceptual.data, b))).toBeLessThan(1e-5);
        return true;
      })).length);
      expect(counts[0] + counts[1]).toBe(12);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(largest(perceptual.data)).toBeGreaterThan(1);
      const expected = classicExpected(of, {
        clean: clean.data, noise: noise.data, score: score.data, perceptual: perceptual.data, step: Float32Array.from(step.data), dropped: Uint8Array.from(dropped.data), mask: Uint8Array.from(mask.data),
      });
      const { loss, gradient } = await network.gradient();
      expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
      expectGradient(layout, gradient, expected.gradient);
    } finally {
      await torch.close();
    }
  });

  test("transfer learns from the pairs that a set holds, each once an epoch", async () => {
    const path = inFolder("paired.h5");
    await storeSet(path, "paired", PERCEPTUAL);
    await pairSet(path, { k: 8, notes: N });
    const set = await openSet(path);
    const stored = setPairs(set, { split: "train" });
    const { scale } = stored;
    const pairs = Array.from({ length: stored.length }, (_, i) => {
      const { source, target } = stored.read(i);
      const [from, to] = [segmentAsAsked(source, scale), segmentAsAsked(target, scale)];
      return { clean: to.clean, noise: from.clean, mask: Float32Array.from(to.mask, (m, n) => m & from.mask[n]), perceptual: to.perceptual.map((x, i) => x - from.perceptual[i]) };
    });
    set.close();
    expect(pairs).toHaveLength(8);
    const options = classicTrainingOptions({ ...ofDiffWave, batch: 8, target: "transfer", augmentation: { mixup: 1 }, validation: { draws: 1, batch: 8 } });
    const { layout } = diffWave.network;
    const torch = torchEngine({ processes: 1, python: python!, threads: 1, device: "cpu", data: [path] });
    try {
      const network = await torch.classic.begin({ trainee: traineeOf(diffWave.weights), layout, decay: decayMask(layout), options, steps: 10, scale });
      const drawn = await network.batch();
      const found = Array.from({ length: 8 }, (_, b) => pairs.findIndex((pair) =>
        (["clean", "noise", "mask", "perceptual"] as const).every((name) => {
          const { data } = drawn[name];
          return apart(pair[name], Float32Array.from(data.subarray((b * data.length) / 8, ((b + 1) * data.length) / 8))) < 1e-5;
        })));
      expect(found.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect((await network.validate()).loss).toBeGreaterThan(0);
    } finally {
      await torch.close();
    }
  });

  test("segments of a set: two processes take the steps of one, and tell the same of unseen ones", async () => {
    const options = classicTrainingOptions({
      ...ofDiffWave, batch: 4, accumulate: 2, target: "generate", augmentation: { mixup: 0.5, transpose: 3, tempoScale: 0.2, dynamicsScale: 0.2, loudnessShift: 5 },
      validation: { segments: 5, draws: 2, batch: 3 },
    });
    const { layout } = diffWave.network;
    const [one, two] = await Promise.all([1, 2].map(async (processes) => {
      const trainee = traineeOf(diffWave.weights);
      const network = await start(processes).classic.begin({ trainee, layout, decay: decayMask(layout), options, steps: 10, scale: SCALE });
      for (let step = 0; step < 3; step++) await network.step(trainee);
      const figures = await network.validate();
      await network.pull(trainee);
      return { figures, trainee };
    }));
    expect(apart(one.trainee.weights, two.trainee.weights)).toBeLessThan(1e-6);
    expect(Math.abs(two.figures.loss / one.figures.loss - 1)).toBeLessThan(1e-5);
    expect(Object.keys(one.figures.terms)).toEqual(["diffusion", "tempo", "velocity", "timing", "duration", "pedal"]);
  });

  test("base, first stage: the steps, losses and figures of TensorFlow.js", async () => {
    const ours = await trained({ ...certain, engine });
    expect(ours.losses).toHaveLength(3);
    const torch = start(1);
    const theirs = await trained({ ...certain, engine: torch.engine, delegate: torch.base });
    theirs.losses.forEach((loss, i) => expect(Math.abs(loss / ours.losses[i] - 1)).toBeLessThan(1e-5));
    // After one step the first moment is a tenth of the (clipped) gradient.
    const [a, b] = [ours.states[0].arrays["mean.first"], theirs.states[0].arrays["mean.first"]];
    expect(apart(a, b) / largest(a)).toBeLessThan(1e-5);
    for (const i of [0, 2]) expect(apart(ours.states[i].arrays["mean.weights"], theirs.states[i].arrays["mean.weights"])).toBeLessThan(1e-5);
    const figures = (run: typeof ours) => (run.model.config.training["validation"] as { mean: Record<string, number[]> }).mean;
    for (const name of ["channels", "explained", "correlation", "beats"]) {
      figures(ours)[name].forEach((value, c) => expect(figures(theirs)[name][c]).toBeCloseTo(value, 4));
    }
    expect(theirs.model.config).toMatchObject({ features: ours.model.config.features, targets: ours.model.config.targets, training: { engine: "torch" } });
  });

  test.each([0, 2])("base, second stage with %d controls: the loss and gradients of TensorFlow.js", async (controls) => {
    const { tf } = engine;
    const [T, crops] = [24, 2];
    const layout = denoiserLayout(stack.hidden, stack, controls);
    const inputs = 12 + 2 * controls;
    const weights = normals(layout.size, 0.2);
    const onset = Int32Array.from({ length: crops * T }, (_, i) => (i >= crops * T - 4 ? -1 : Math.floor((i % T) / 3)));
    const mask = Float32Array.from(onset, (o) => (o < 0 ? 0 : 1));
    const rows = (width: number) => normals(crops * T * width).map((x, i) => x * mask[Math.floor(i / width)]);
    const [noisyAndMean, velocity] = [rows(inputs), rows(6)];
    const hidden = rows(stack.hidden).map((x, i) => (i < T * stack.hidden ? x : 0));
    const valueWeights = Float32Array.from({ length: mask.length * 6 }, (_, i) => mask[Math.floor(i / 6)] * (i % 5 === 0 ? 0 : 0.5 + (i % 3)));
    const time = Float32Array.from([0.3, 0.8].flatMap((t) => [...timeEmbedding(t)]));
    const dropout = stack.dilations.map(() => Float32Array.from({ length: crops * T * stack.hidden }, () => (random.uniform() < 0.3 ? 0 : 1 / 0.7)));
    const channelWeights = [1, 0.05, 1, 1, 1, 0.5];
    const expected = tf.tidy(() => {
      const forward = denoiserNetwork(engine, layout, stack).forward(tf.tensor1d(weights), {
        batch: crops, notes: T, mask: tf.tensor2d(mask, [crops * T, 1]), onsets: batchOnsetAverage(tf, onset, crops, T),
        dropout: dropout.map((values) => tf.tensor2d(values, [crops * T, stack.hidden])),
        noisyAndMean: tf.tensor2d(noisyAndMean, [crops * T, inputs]), hidden: tf.tensor2d(hidden, [crops * T, stack.hidden]),
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
      noisyAndMean: tensor(noisyAndMean, crops, T, inputs), hidden: tensor(hidden, crops, T, stack.hidden), dropped: tensor(Float32Array.from([0, 1]), crops, 1),
      time: tensor(time, crops, 33), velocity: tensor(velocity, crops, T, 6), weights: tensor(valueWeights, crops, T, 6),
      onset: tensor(Float32Array.from(onset), crops, T), dropout: tensor(masks, crops, dropout.length, T, stack.hidden),
    };
    const torch = start(1);
    const begun = await beginFlow(torch, layout, weights, controls);
    await begun.inject(batch);
    const { loss, gradient } = await begun.gradient();
    expect(Math.abs(loss / expected.total - 1)).toBeLessThan(1e-5);
    expectGradient(layout, gradient, expected.gradient);
  });

  test("base: two processes take the steps of one, dropout, noise, controls and all", async () => {
    const options = { ...certain.options, batch: 4, notes: 16, mean: { steps: 3, warmup: 1, learningRate: 1e-3 }, flow: { steps: 3, warmup: 1, learningRate: 1e-3 } };
    const [one, two] = await Promise.all([1, 2].map(async (processes) => {
      const torch = start(processes);
      return trained({
        ...certain, pieces: certain.pieces.map(measured), validation: certain.validation!.map(measured), controls: ["loud", "short"],
        options, engine: torch.engine, delegate: torch.base,
      });
    }));
    expect(one.states).toHaveLength(6);
    for (const [i, state] of one.states.entries()) {
      for (const [name, values] of Object.entries(state.arrays)) {
        if (name.endsWith("weights") || name.endsWith("average")) expect([name, apart(two.states[i].arrays[name], values) < 1e-6]).toEqual([name, true]);
      }
    }
    two.losses.forEach((loss, i) => expect(Math.abs(loss / one.losses[i] - 1)).toBeLessThan(1e-5));
    const { flow } = one.model.config.training["validation"] as { flow: { channels: number[]; controlled: number[] } };
    expect(flow.controlled).toHaveLength(6);
    expect(flow.controlled).not.toEqual(flow.channels);
  });
});

/** A piece with two controls of each performance: its loudness and its articulation, note by note. */
function measured(of: TrainingPiece): TrainingPiece {
  const controls = of.performances.map(({ velocityNorm, articulationLog2, length }) => ({
    values: { data: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? 127 * velocityNorm[i >> 1] : articulationLog2[i >> 1])), shape: [length, 2] as const },
    plain: { data: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? 64 : 0)), shape: [length, 2] as const },
    mask: new Uint8Array(2 * length).fill(1),
  }));
  return { ...of, controls };
}

/** A flow stage with these weights. */
async function beginFlow(torch: Torch, layout: Layout, weights: Float32Array, controls = 0): Promise<TorchNetwork<unknown>> {
  let network: TorchNetwork<unknown> | undefined;
  const enough = new Error("enough");
  const delegate: BaseDelegate = {
    begin: async (of) => {
      if (of.stage !== "flow") return torch.base.begin({ ...of, controls });
      network = await torch.base.begin({ ...of, controls, layout, trainee: traineeOf(weights) });
      throw enough;
    },
  };
  await trainBase({ ...certain, engine: torch.engine, delegate, options: { ...certain.options, mean: { ...certain.options!.mean, steps: 0 }, flow: { steps: 5, warmup: 1 } } }).catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  return network!;
}

withTorch("the processes", () => {
  test("when they end, the run is told why", async () => {
    const torch = torchEngine({ processes: 1, python: python!, threads: 1, device: "cpu", data: ["/nowhere/set.h5"] });
    await expect(classicNetwork(torch, diffWave)).rejects.toThrow(/^engine torch: .*\/nowhere\/set\.h5/s);
    await torch.close();
  });

  test("a loss that is not finite ends the run as on TensorFlow.js", async () => {
    const network = await classicNetwork(start(2), diffWave);
    const trainee = traineeOf(diffWave.weights);
    await network.inject({ ...classicBatch, clean: tensor(given.clean.map((x, i) => (i === 7 ? NaN : x)), B, N, P) });
    await expect(network.step(trainee)).rejects.toMatchObject({ name: "DivergenceError", message: expect.stringContaining("diverged after step 0: the loss is not finite") });
    await expect(network.validate()).rejects.toThrow("diverged");
  });

  test("a batch with less than one example a process is refused before anything is started", async () => {
    const torch = torchEngine({ processes: 5, python: python! });
    await expect(classicNetwork(torch, diffWave)).rejects.toThrow("batch must hold an example for each of 5 processes, got 4. Set batch=5 or more");
    await expect(trainBase({ ...certain, engine: torch.engine, delegate: torch.base })).rejects.toThrow("each of 5 processes, got 3");
  });
});

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
