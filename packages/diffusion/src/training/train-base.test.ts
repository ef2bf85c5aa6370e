/**
 * @file Training as a whole, on a synthetic piece that a tiny net can learn.
 */
import { describe, expect, test } from "@jest/globals";
import type { PerformanceParameters } from "@dexter/codec";
import { randomStream } from "../base/random-stream.js";
import { loadEngine } from "../engine.js";
import { trainBase, type TrainBaseInput, type TrainingProgress } from "./train-base.js";
import { readCheckpoint, writeCheckpoint } from "../checkpoint.js";
import { withTrees } from "../trees/with-trees.js";
import type { TrainingPiece } from "./training-piece.js";
import type { TrainingState } from "./training-state.js";

const engine = await loadEngine({ engine: "wasm" });
const C = 4;

/** A piece whose loudness follows its first feature and whose articulation its second. */
function piece(name: string, seed: number, length = 48): TrainingPiece {
  const random = randomStream(seed);
  const features = Float32Array.from({ length: length * C }, () => random.normal());
  const onsetQuarter = Float64Array.from({ length }, (_, n) => Math.floor(n / 2) / 2);
  const performance = (): PerformanceParameters => ({
    length,
    beatPeriod: Float64Array.from({ length }, (_, n) => 0.5 * 2 ** (0.2 * Math.sin(Math.floor(n / 2)) + 0.02 * seed)),
    velocityNorm: Float64Array.from({ length }, (_, n) => (64 + 10 * Math.tanh(features[n * C]) + random.normal()) / 127),
    timingSec: Float64Array.from({ length }, () => 0.005 * random.normal()),
    articulationLog2: Float64Array.from({ length }, (_, n) => -0.5 + 0.5 * Math.tanh(features[n * C + 1])),
    pedalNorm: Float64Array.from({ length }, (_, n) => Math.floor(n / 8) % 2),
    mask: new Uint8Array(length).fill(1),
    release: "key",
  });
  return {
    name,
    notes: {
      length, onsetQuarter, onsetBeat: onsetQuarter, durationBeat: new Float64Array(length).fill(0.5),
      pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4), voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1),
    },
    features: { data: features, shape: [length, C] },
    performances: [performance(), performance()],
  };
}

const stack = { hidden: 8, blocks: 2, kernel: 3, dilations: [1, 2] };
const small: TrainBaseInput = {
  engine,
  pieces: [piece("a", 1), piece("b", 2), piece("c", 3)],
  columns: { set: "base", names: ["loud", "short", "pitch", "other"], perSemitone: { pitch: 1 } },
  options: {
    batch: 2, notes: 32, encoder: stack, denoiser: stack, saveEvery: 4, validateEvery: 100,
    mean: { steps: 6, warmup: 2 }, flow: { steps: 6, warmup: 2 },
  },
};

function run(changes: Partial<TrainBaseInput> = {}) {
  const losses: number[] = [];
  return trainBase({ ...small, ...changes, onProgress: ({ loss }) => losses.push(loss) }).then((model) => ({ ...model, losses }));
}

describe("training", () => {
  test("a tiny net learns one piece, in both stages", async () => {
    const before = engine.tf.memory().numTensors;
    const progress: TrainingProgress[] = [];
    await trainBase({
      ...small,
      pieces: [piece("a", 1, 32)],
      validation: [piece("a", 1, 32)],
      options: {
        ...small.options, validateEvery: 1000,
        mean: { steps: 120, warmup: 10, learningRate: 0.02, dropout: 0, featureDropout: 0, transpose: 0, weightDecay: 0, ema: 0.9 },
        flow: { steps: 60, warmup: 5, learningRate: 0.01, dropout: 0, weightDecay: 0, conditionDropout: 0.1 },
      },
      onProgress: (step) => progress.push(step),
    });
    const end = progress.filter(({ stage }) => stage === "mean").at(-1)!;
    expect(end.validation!.explained![2]).toBeGreaterThan(0.9);
    expect(end.validation!.correlation![4]).toBeGreaterThan(0.9);
    const flow = progress.filter(({ stage }) => stage === "flow").map(({ loss }) => loss);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(flow.slice(-15))).toBeLessThan(0.75 * mean(flow.slice(0, 5)));
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  test("the same seed gives the same weights, another seed others", async () => {
    const [first, again, other] = [await run(), await run(), await run({ options: { ...small.options, seed: 2 } })];
    expect(again.tensors).toEqual(first.tensors);
    expect(again.losses).toEqual(first.losses);
    expect(other.losses[0]).not.toBe(first.losses[0]);
  });

  test.each([3, 8])("a run that is stopped after %d steps and resumed ends with the same weights", async (stopAfter) => {
    const validation = [piece("v", 4)];
    const whole = await run({ validation });
    const controller = new AbortController();
    let saved: TrainingState | undefined;
    let taken = 0;
    const stopped = await trainBase({
      ...small,
      validation,
      signal: controller.signal,
      saveState: (state) => void (saved = structuredClone(state)),
      onProgress: () => ++taken === stopAfter && controller.abort(),
    });
    expect(stopped.finished).toBe(false);
    expect(saved!.steps.mean + saved!.steps.flow).toBe(stopAfter);
    const resumed = await run({ validation, resume: saved });
    expect(resumed.finished).toBe(true);
    expect(resumed.losses).toEqual(whole.losses.slice(stopAfter));
    expect(resumed.tensors).toEqual(whole.tensors);
    // The record of the run, too: also of a stage that was finished before.
    expect(Object.keys(whole.config.training.validation as object)).toEqual(["mean", "flow"]);
    expect(resumed.config).toEqual(whole.config);
  });

  test("a state of another run is refused", async () => {
    let saved: TrainingState | undefined;
    await run({ saveState: (state) => void (saved = structuredClone(state)) });
    await expect(run({ resume: saved, options: { ...small.options, seed: 9 } })).rejects.toThrow("other options or data");
  });

  test("the checkpoint says what it is", async () => {
    const { config, tensors } = await run();
    expect(config.format).toBe("dexter-base");
    expect(config.features.names).toEqual(small.columns.names);
    expect(config.targets.names).toHaveLength(6);
    expect(config.targets.sd.every((sd) => sd > 0)).toBe(true);
    expect(config.pieceLevel!.log2SecPerQuarter.weights).toHaveLength(C);
    expect(tensors["encoder.input.weight"].shape).toEqual([8, C]);
    expect(tensors["denoiser.blocks.1.onset.weight"].shape).toEqual([16, 8]);
    expect(config.training).toMatchObject({ seed: 1, steps: { mean: 6, flow: 6 }, pieces: 3, performances: 6 });
  });

  test("features of another width are refused by name", async () => {
    await expect(run({ columns: { set: "base", names: ["one"] } })).rejects.toThrow("a: features must have 1 columns, got 4");
  });
});

describe("training with controls from a checkpoint", () => {
  const names = ["loud"];
  /** How loud each note is, measured as it is. */
  const withLoudness = (plain: TrainingPiece): TrainingPiece => ({
    ...plain,
    controls: plain.performances.map(({ velocityNorm, length }) => ({
      values: { data: Float32Array.from(velocityNorm, (v) => 127 * v), shape: [length, 1] as const },
      plain: { data: new Float32Array(length).fill(64), shape: [length, 1] as const },
      mask: new Uint8Array(length).fill(1),
    })),
  });
  const pieces = small.pieces.map(withLoudness);
  const start = run();

  test("takes its encoder, statistics and piece level over, and learns what the controls tell", async () => {
    const { config, tensors: weights } = await start;
    const flow = { steps: 200, warmup: 5, learningRate: 0.02, dropout: 0, weightDecay: 0, ema: 0.9, controlDropout: 0.1 };
    const options = { batch: 2, notes: 32, saveEvery: 100, validateEvery: 1000, mean: { steps: 0 }, flow };
    const told = await run({ pieces, validation: [withLoudness(piece("v", 4))], controls: names, initial: { config, weights }, options });
    expect(told.config.features).toEqual(config.features);
    expect(told.config.targets).toEqual(config.targets);
    expect(told.config.pieceLevel).toEqual(config.pieceLevel);
    expect(told.tensors["encoder.head.weight"]).toEqual(weights["encoder.head.weight"]);
    expect(told.tensors["denoiser.input.weight"].shape).toEqual([8, 14]);
    expect(told.config.controls!.names).toEqual(names);
    const { flow: { channels, controlled } } = told.config.training["validation"] as { flow: { channels: number[]; controlled: number[] } };
    expect(controlled[2]).toBeLessThan(0.8 * channels[2]); // the velocity is told
    expect(told.config.training["initial"]).toEqual(config.training);
  });

  test("begins with controls that have no effect", async () => {
    const { config, tensors: weights } = await start;
    const still = { ...small.options, encoder: undefined, denoiser: undefined, mean: { steps: 0 }, flow: { steps: 0 } };
    const { tensors } = await run({ pieces, controls: names, initial: { config, weights }, options: still });
    const { data } = tensors["denoiser.input.weight"];
    for (let row = 0; row < 8; row++) {
      expect([...data.subarray(row * 14 + 12, row * 14 + 14)]).toEqual([0, 0]);
      expect([...data.subarray(row * 14, row * 14 + 12)]).toEqual([...weights["denoiser.input.weight"].data.subarray(row * 12, row * 12 + 12)]);
    }
  });

  test("keeps the trees of its mean, and is refused where the encoder beside them would move", async () => {
    const { config, tensors } = await start;
    const one = (...values: readonly number[]): Float32Array => Float32Array.from(values);
    const forest = { trees: 1, leaves: 2, feature: one(0), threshold: one(0), left: one(-1), right: one(-2), value: one(-1, 1) };
    const initial = withTrees({ config, weights: tensors }, { velocity: { forest, share: 0.5 } }, { seed: 4 });
    const options = { ...small.options, encoder: undefined, denoiser: undefined, mean: { steps: 0 }, flow: { steps: 1, warmup: 1 } };
    const on = await run({ initial, options });
    expect(on.config.trees).toEqual(initial.config.trees);
    expect(on.tensors["trees.velocity.value"]).toEqual(initial.weights["trees.velocity.value"]);
    expect(readCheckpoint(writeCheckpoint({ config: on.config, weights: on.tensors })).config.trees).toEqual(initial.config.trees);
    await expect(run({ initial, options: { ...options, mean: { steps: 100_000 } } })).rejects.toThrow("has trees in its mean, which no training moves: expected mean.steps 0, got 100000");
  });

  test("is refused with other stacks, other features, other controls, or pieces without them", async () => {
    const { config, tensors: weights } = await start;
    const initial = { config, weights };
    await expect(run({ initial, options: { encoder: { ...stack, hidden: 9 } } })).rejects.toThrow(/encoder is .* in the checkpoint to go on from/);
    await expect(run({ initial, columns: { ...small.columns, set: "other" } })).rejects.toThrow('reads 4 features of set "base"');
    await expect(run({ controls: names })).rejects.toThrow("a: controls must be those of 2 performances, got none");
    const controlled = { ...config, controls: { names: ["slow"], mean: [0], sd: [1], spread: [1], offset: { plain: [0], mean: [0], sd: [1] }, clip: 4 } };
    await expect(run({ pieces, controls: names, initial: { config: controlled, weights } })).rejects.toThrow("has the controls slow, got loud");
  });
});
