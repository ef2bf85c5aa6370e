/**
 * @file Training a classic denoiser as a whole, on segments that a tiny net can learn.
 */
import { describe, expect, test } from "@jest/globals";
import { differingTensors } from "../../../test/differing-tensors.js";
import { toTensors } from "../../base/layout.js";
import { randomStream } from "../../base/random-stream.js";
import { DEFAULT_DIFFWAVE, DEFAULT_UNET, type DiffWaveConfig, type UnetConfig } from "../../classic/config.js";
import { diffWaveNetwork } from "../../classic/diffwave.js";
import { initialDiffWave } from "../../classic/diffwave-layout.js";
import { unetNetwork } from "../../classic/unet.js";
import { initialUnet } from "../../classic/unet-tensors.js";
import { loadEngine } from "../../engine.js";
import { DivergenceError } from "../adamw.js";
import { MemoryLimitError } from "../memory-guard.js";
import { CLASSIC_OBJECTIVES } from "./classic-options.js";
import type { ClassicTrainingState } from "./classic-state.js";
import type { ClassicSegment, SegmentSource } from "./segment-source.js";
import { trainClassic, type ClassicProgress, type TrainClassicInput, type TrainedClassic } from "./train-classic.js";

const engine = await loadEngine({ engine: "wasm" });
const N = 12;
const config: DiffWaveConfig = {
  ...DEFAULT_DIFFWAVE, residualChannels: 8, residualLayers: 2, segmentNotes: N, film: false, diffusionSteps: 20,
};
const network = diffWaveNetwork(engine, config);
const initial = initialDiffWave(network.layout, randomStream(7));
const untrained = toTensors(network.layout, initial);
const schedule = { steps: 20, betaEnd: 0.4 };

/** A segment whose loudness follows its pitch. The last two notes are padding, one was not played. */
function segment(seed: number): ClassicSegment {
  const random = randomStream(seed, 0x5e9);
  const score = Float32Array.from({ length: N * 4 }, (_, i) => [12 * Math.floor(i / 4), 12, 40 + random.below(40), 1][i % 4]);
  const mask = Uint8Array.from({ length: N }, (_, n) => (n === 4 || n >= N - 2 ? 0 : 1));
  const parameters = Float32Array.from({ length: N * 5 }, (_, i) => {
    const n = Math.floor(i / 5);
    return mask[n] ? [0.5, score[n * 4 + 2] / 127, 0.01, -0.5, n % 2][i % 5] + 0.01 * random.normal() : 0;
  });
  return { parameters, score, perceptual: null, mask };
}

/** Passages of two performances each. */
function source(length: number, seed = 1): SegmentSource {
  const segments = Array.from({ length }, (_, i) => segment(seed * 100 + Math.floor(i / 2)));
  return {
    length, notes: N, fingerprint: `${length}/${seed}`,
    scale: { mean: [0.5, 0.5, 0.01, -0.5, 0.5], sd: [0.1, 0.1, 0.01, 0.1, 0.5] },
    read: (index) => segments[index],
    passage: (index) => [index - (index % 2), index - (index % 2) + 1],
    mix: ([first, ...others], [weight]) => ({
      ...segments[first],
      parameters: segments[first].parameters.map((value, i) => weight * value + (1 - weight) * segments[others[0]].parameters[i]),
    }),
  };
}

const small: TrainClassicInput = {
  engine, network, initial, source: source(6), validation: source(4, 2),
  options: {
    schedule, steps: 6, batch: 2, accumulate: 2, ema: 0.9, saveEvery: 100,
    augmentation: { mixup: 0.5, transpose: 3, tempoScale: 0.2, dynamicsScale: 0.3, loudnessShift: 5 },
    optimizer: { kind: "adamw", learningRate: 2e-3, weightDecay: 0.01, warmup: 2, decay: "cosine", clipNorm: 1 },
    validation: { everySteps: 2, batch: 4, draws: 2, sampledFraction: 0.5 },
  },
};

async function run(changes: Partial<TrainClassicInput> = {}) {
  const progress: ClassicProgress[] = [];
  const model = await trainClassic({ ...small, ...changes, onProgress: (step) => progress.push(step) });
  return { model, progress, losses: progress.map(({ loss }) => loss) };
}

/** What two runs ended with beside their weights, which {@link differingTensors} compares. */
const outcome = ({ tensors: _tensors, last: _last, ...rest }: TrainedClassic) => rest;

describe("training a classic denoiser", () => {
  test("a tiny net learns one segment and leaves no tensor behind", async () => {
    const before = engine.tf.memory().numTensors;
    const wider = diffWaveNetwork(engine, { ...config, residualChannels: 16, conditionDropout: 0 });
    const { losses, progress } = await run({
      source: source(1), validation: undefined, network: wider, initial: initialDiffWave(wider.layout, randomStream(7)),
      options: {
        schedule, objective: "x0", loss: { kind: "l2", terms: ["diffusion"] }, steps: 100, batch: 8, accumulate: 1, optimizer: { learningRate: 3e-3 },
      },
    });
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.25 * mean(losses.slice(0, 5)));
    expect(engine.tf.memory().numTensors).toBe(before);
    expect(progress.at(-1)).toMatchObject({ step: 100, steps: 100, epoch: 800, learningRate: 3e-3, tensors: before });
  });

  test("the same seed gives the same weights, another seed others", async () => {
    const [first, again, other] = [await run(), await run(), await run({ options: { ...small.options, seed: 2 } })];
    expect(again.losses).toEqual(first.losses);
    expect(differingTensors(again.model.tensors, first.model.tensors)).toEqual([]);
    expect(other.losses[0]).not.toBe(first.losses[0]);
  });

  let uninterrupted: ReturnType<typeof run> | undefined;

  test.each([1, 4])("a run on interpolations that is stopped after %d steps and resumed ends with the same weights", async (stopAfter) => {
    const { losses, model } = await (uninterrupted ??= run());
    const controller = new AbortController();
    let saved: ClassicTrainingState | undefined;
    const stopped = await trainClassic({
      ...small, signal: controller.signal,
      saveState: (state) => void (saved = structuredClone(state)),
      onProgress: ({ step }) => step === stopAfter && controller.abort(),
    });
    expect(stopped.finished).toBe(false);
    expect(saved!.step).toBe(stopAfter);
    const resumed = await run({ resume: saved });
    expect(resumed.losses).toEqual(losses.slice(stopAfter));
    expect(outcome(resumed.model)).toEqual(outcome(model));
    expect(differingTensors(resumed.model.tensors, model.tensors)).toEqual([]);
    expect(differingTensors(resumed.model.last, model.last)).toEqual([]);
  });

  test("a run of many passes a step stops within a step, which is taken anew when it goes on", async () => {
    const options = { ...small.options, steps: 2, accumulate: 20, augmentation: { mixup: 0 }, validation: { everySteps: 2, draws: 1 } };
    const whole = await run({ options });
    const controller = new AbortController();
    let reads = 0;
    let saved: ClassicTrainingState | undefined;
    const counting: SegmentSource = {
      ...small.source,
      read(index) {
        // As a signal to the process comes in: when the event loop is at it. A step reads 40 segments.
        if (++reads === 60) setImmediate(() => controller.abort());
        return small.source.read(index);
      },
    };
    const stopped = await trainClassic({ ...small, options, source: counting, signal: controller.signal, saveState: (state) => void (saved = structuredClone(state)) });
    expect([stopped.finished, stopped.step, saved!.step]).toEqual([false, 1, 1]);
    expect(reads).toBeLessThan(75);
    expect(differingTensors((await run({ options, resume: saved })).model.tensors, whole.model.tensors)).toEqual([]);
  });

  test.each([2, 6])("a run that is stopped within the validation of step %d stops there, and goes on with it", async (stopAt) => {
    const { losses, model, progress } = await (uninterrupted ??= run());
    const controller = new AbortController();
    let reads = 0;
    let saved: ClassicTrainingState | undefined;
    const counting: SegmentSource = {
      ...small.validation!,
      read(index) {
        // A validation reads four segments twice; the first of a source is looked at before.
        if (++reads === 2 + (stopAt / 2 - 1) * 8) setImmediate(() => controller.abort());
        return small.validation!.read(index);
      },
    };
    const seen: number[] = [];
    const stopped = await trainClassic({
      ...small, validation: counting, signal: controller.signal, onProgress: ({ step }) => void seen.push(step),
      saveState: (state) => void (saved = { ...structuredClone(state), unvalidated: JSON.parse(JSON.stringify(state.unvalidated)) as ClassicTrainingState["unvalidated"] }),
    });
    expect([stopped.finished, saved!.step, seen.at(-1)]).toEqual([false, stopAt, stopAt - 1]);
    expect(reads).toBe(5 + (stopAt / 2 - 1) * 8);
    const resumed = await run({ resume: saved });
    expect(resumed.losses).toEqual(losses.slice(stopAt - 1));
    expect(resumed.progress.map(({ validation }) => validation)).toEqual(progress.slice(stopAt - 1).map(({ validation }) => validation));
    expect(outcome(resumed.model)).toEqual(outcome(model));
    expect(differingTensors(resumed.model.tensors, model.tensors)).toEqual([]);
    expect(differingTensors(resumed.model.last, model.last)).toEqual([]);
  });

  test.each(CLASSIC_OBJECTIVES.flatMap((objective) => (["generate", "transfer"] as const).map((target) => [objective, target] as const)))(
    "the objective %s moves every layer's weights on the target %s",
    async (objective, target) => {
      const options = { ...small.options, objective, target, steps: 3, accumulate: 1, ema: null, augmentation: { mixup: 0 } };
      const { losses, model, progress } = await run({ options, validation: undefined });
      expect(losses.every((loss) => loss > 0.01 && loss < 100)).toBe(true);
      expect(progress.every(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
      expect(model.config.prediction).toBe(objective === "x0-from-noise" ? "noise" : objective);
      expect(differingTensors(model.tensors, untrained).length).toBe(network.layout.tensors.length);
    },
  );

  test("a tiny U-Net trains, stops and resumes as the other does", async () => {
    const unet: UnetConfig = { ...DEFAULT_UNET, dim: 4, dimMults: [1, 2], segmentNotes: N };
    const net = unetNetwork(engine, unet);
    const changes = { network: net, initial: initialUnet(net.layout, randomStream(3)), options: { ...small.options, steps: 3, accumulate: 1, validation: { everySteps: 3, draws: 1 } } };
    const before = engine.tf.memory().numTensors;
    const { losses, model } = await run(changes);
    expect(engine.tf.memory().numTensors).toBe(before);
    expect(model).toMatchObject({ finished: true, step: 3, config: { network: unet, prediction: "noise" } });
    let saved: ClassicTrainingState | undefined;
    await run({ ...changes, saveState: (state) => void (saved = structuredClone(state)), between: ({ progress }) => (progress.step === 1 ? "finish" : undefined) });
    const resumed = await run({ ...changes, resume: saved });
    expect(resumed.losses).toEqual(losses.slice(1));
    expect(differingTensors(resumed.model.last, model.last)).toEqual([]);
  });

  test("the best validation is kept, and patience ends the run", async () => {
    const figures = [3, 1, 2, 5, 4, 9];
    let count = 0;
    const best: number[] = [];
    const { model, progress } = await run({
      options: { ...small.options, steps: 40, monitor: { name: "agreement", mode: "min" }, earlyStopping: { patience: 3 }, validation: { everySteps: 1, draws: 1 } },
      onValidate: ({ sampled }) => {
        expect(sampled.length).toBeGreaterThan(0);
        return { agreement: figures[count++] };
      },
      onBest: ({ step }) => void best.push(step),
    });
    expect(best).toEqual([1, 2]);
    expect(model).toMatchObject({ finished: true, stoppedEarly: true, step: 5, best: { step: 2, value: 1 } });
    expect(differingTensors(model.tensors, model.last).length).toBeGreaterThan(0);
    expect(progress.at(-1)!.validation!.measures).toEqual({ agreement: 4 });
  });

  test("a figure that nobody computes cannot be monitored", async () => {
    const options = { ...small.options, monitor: { name: "agrement", mode: "max" as const } };
    await expect(run({ options })).rejects.toThrow('monitor.name "agrement" is not among the validation\'s figures: loss, diffusion, tempo');
  });

  test("a loss that is not a number stops the run and spoils no weight", async () => {
    let poisoned = false;
    const clean = source(6);
    const states: ClassicTrainingState[] = [];
    const poison: SegmentSource = {
      ...clean, read: (index) => (poisoned ? { ...clean.read(index), parameters: new Float32Array(N * 5).fill(NaN) } : clean.read(index)),
    };
    const attempt = run({
      source: poison, options: { ...small.options, saveEvery: 1, augmentation: { mixup: 0 } },
      saveState: (state) => void states.push(state), between: ({ progress }) => void (poisoned = progress.step === 3),
    });
    await expect(attempt).rejects.toThrow(DivergenceError);
    // The states share the run's arrays: these are its weights after the failure.
    expect(states.at(-1)!.step).toBe(3);
    expect(states.at(-1)!.arrays["weights"].every(Number.isFinite)).toBe(true);
  });

  test("past the memory limit the state is saved before the run ends", async () => {
    let saved = -1;
    const attempt = run({ options: { ...small.options, memoryLimitMB: 1 }, saveState: ({ step }) => void (saved = step) });
    await expect(attempt).rejects.toThrow(MemoryLimitError);
    expect(saved).toBe(0);
  });

  test("between two steps a caller may end the run", async () => {
    const { model } = await run({ between: ({ progress }) => (progress.step === 2 ? "finish" : undefined) });
    expect(model).toMatchObject({ finished: true, stoppedEarly: false, step: 2 });
  });

  test("what does not fit is refused in one line", async () => {
    await expect(run({ source: { ...source(2), notes: 200 } })).rejects.toThrow("segments of 200 notes, the network's are 12");
    await expect(run({ initial: new Float32Array(3) })).rejects.toThrow(`must have ${network.layout.size} weights, got 3`);
    await expect(run({ source: { ...source(2), mix: undefined } })).rejects.toThrow("Set augmentation.mixup to 0");
    await expect(run({ options: { ...small.options, optimizer: { beta1: 1 } } })).rejects.toThrow("optimizer.beta1 must be from 0 to 0.9999999, got 1");
    let saved: ClassicTrainingState | undefined;
    await run({ options: { ...small.options, steps: 1 }, saveState: (state) => void (saved = state) });
    await expect(run({ resume: saved, source: { ...source(6), fingerprint: "other" } })).rejects.toThrow("other options or data");
  });
});
