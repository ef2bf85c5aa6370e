/**
 * @file Train a classic denoiser on segments; stoppable after any step.
 */
import { ShapeError } from "@dexter/codec";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { decayMask, toTensors, type NamedTensors } from "../../base/layout.js";
import { randomStream } from "../../base/random-stream.js";
import type { ClassicConfig } from "../../classic/config.js";
import type { LossTerm } from "../../classic/losses.js";
import type { ClassicNetwork } from "../../classic/network.js";
import type { Engine } from "../../engine.js";
import { eventLoop } from "../../sampling/event-loop.js";
import { noiseSchedule } from "../../sampling/noise-schedule.js";
import { adamwStep, DivergenceError, learningRate, type AdamOptions } from "../adamw.js";
import type { ClassicDelegate } from "../delegate.js";
import { fingerprintOf } from "../fingerprint.js";
import { MemoryLimitError, memoryUse, type MemoryUse } from "../memory-guard.js";
import { classicTrainingOptions, predictionOf, type ClassicTrainingOptions, type PartialClassicTraining } from "./classic-options.js";
import { beginRun, captureRun, restoreRun, type BestFigure, type ClassicRun, type ClassicTrainingState, type ClassicStepFigures } from "./classic-state.js";
import { sampledSegments, validateClassic, type ClassicFigures } from "./classic-validation.js";
import { denoisingQuestion, type QuestionKind } from "./denoising-question.js";
import { denoisingStep, lossOptions } from "./denoising-step.js";
import { checkSource, drawParts } from "./segment-draw.js";
import { segmentOrder } from "./segment-order.js";
import type { SegmentSource } from "./segment-source.js";

const STREAM = 0xc1a5;

/** Measures of drawn samples by name, as the app computes them. */
export type ClassicMeasures = Readonly<Record<string, number>>;

/** A validation's outcome. */
export interface ClassicValidated extends ClassicFigures {
  /** What `onValidate` answered with. */
  readonly measures: ClassicMeasures;
  /** Whether it is the best so far by the monitored figure. */
  readonly best: boolean;
}

/** A step taken, and a validation where one was due. */
export interface ClassicProgress extends ClassicStepFigures, MemoryUse {
  /** Steps taken. */
  readonly step: number;
  /** Steps it will take, unless it stops early. */
  readonly steps: number;
  /** Passes over the training segments so far. */
  readonly epoch: number;
  /** Notes of its segments per second, padding included. */
  readonly notesPerSecond: number;
  /** After every interval, and at the end. */
  readonly validation?: ClassicValidated;
}

/** A model in the middle of its training. */
export interface ClassicSnapshot {
  /** Steps taken. */
  readonly step: number;
  /** Passes over the training segments so far. */
  readonly epoch: number;
  /** Figures on the validation segments. */
  readonly figures: ClassicFigures;
  /** Numbers of the validation segments that are to be sampled (`validation.sampledFraction`). */
  readonly sampled: readonly number[];
  /** `config.json` of a checkpoint. */
  readonly config: ClassicConfig;
  /** Its tensors: copies of the averaged weights. */
  tensors(): NamedTensors;
}

/** A run between two steps. */
export interface ClassicMoment {
  /** The step just taken. */
  readonly progress: ClassicProgress;
  /** Save the state now, whatever `saveEvery` says. */
  save(): Promise<void>;
  /** The model as far as it has come, copied. */
  model(): TrainedClassic;
}

/** What {@link trainClassic} works on. */
export interface TrainClassicInput {
  /** The engine (see `loadEngine`). One run at a time on each. */
  readonly engine: Engine;
  /** The denoiser on that engine; its config is the run's, whatever `options.network` says. */
  readonly network: ClassicNetwork;
  /** The weights to begin with, in the order of the network's layout. */
  readonly initial: Float32Array;
  /** Training segments. */
  readonly source: SegmentSource;
  /** Segments that are never trained on. */
  readonly validation?: SegmentSource;
  /** Options that differ from the defaults. */
  readonly options?: Omit<PartialClassicTraining, "network">;
  /** Takes the steps in other processes; engine and network then only lend their names and shapes. */
  readonly delegate?: ClassicDelegate;
  /** What the checkpoint shall say of its training, beside options and figures. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Stops the run after the current step, or after the current pass where several make a step, and within a validation, which is then made anew; its state is saved. */
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onProgress?: (progress: ClassicProgress) => void;
  /** Called and awaited between two steps: it may save, look at the model, wait, or end the training by `"finish"`. */
  readonly between?: (moment: ClassicMoment) => "finish" | void | Promise<"finish" | void>;
  /**
   * Called at every validation: the place to draw samples and compare them with people. What it answers with may be monitored. It may throw
   * an `AbortError` once the signal has come: the run stops as within the validation.
   */
  readonly onValidate?: (snapshot: ClassicSnapshot) => ClassicMeasures | void | Promise<ClassicMeasures | void>;
  /** Called when a validation was the best so far. */
  readonly onBest?: (snapshot: ClassicSnapshot) => void | Promise<void>;
  /** Called with the state every `saveEvery` steps, at the end and on a stop. Copy or write it before returning. */
  readonly saveState?: (state: ClassicTrainingState) => void | Promise<void>;
  /** A saved state to go on from. */
  readonly resume?: ClassicTrainingState;
}

/** The outcome of {@link trainClassic}. */
export interface TrainedClassic {
  /** False when the signal stopped the run before its end: the weights are then as far as they came. */
  readonly finished: boolean;
  /** True when early stopping ended it. */
  readonly stoppedEarly: boolean;
  /** Steps taken. */
  readonly step: number;
  /** The best validation, if there was any. */
  readonly best: BestFigure | null;
  /** `config.json` of the checkpoint. */
  readonly config: ClassicConfig;
  /** The weights of the best validation; without one, the last. */
  readonly tensors: NamedTensors;
  /** The last weights, averaged where `ema` is on. */
  readonly last: NamedTensors;
}

/**
 * Train a classic denoiser.
 *
 * The same input, options and engine give the same weights, whether or not the
 * run was stopped and resumed on the way.
 *
 * @throws ShapeError when data, network and options do not fit one another, or a resumed state not the run
 * @throws DivergenceError when the loss or its gradient is no longer finite; the last saved state is good
 * @throws MemoryLimitError past `memoryLimitMB`, after the state was saved
 * @throws EngineError when the engine can no longer be trusted
 */
export async function trainClassic(input: TrainClassicInput): Promise<TrainedClassic> {
  const { engine, network, source, validation: held, signal } = input;
  const { tf } = engine;
  const options = classicTrainingOptions({ ...input.options, network: network.config });
  checkSource(source, options, "the training set");
  if (held) checkSource(held, { ...options, augmentation: { ...options.augmentation, mixup: 0 } }, "the validation set");
  if (input.initial.length !== network.layout.size) {
    throw new ShapeError(`trainClassic: initial must have ${network.layout.size} weights, got ${input.initial.length}.`);
  }
  const kind: QuestionKind = {
    network: network.config, schedule: noiseSchedule(options.schedule), objective: options.objective,
    scale: options.scale ?? source.scale, dropPerceptual: options.dropPerceptual,
  };
  const plan = runPlan(options, source.length);
  // How often a state is saved and how much memory there is change nothing in the result.
  const fingerprint = fingerprintOf({
    options: { ...options, saveEvery: null, memoryLimitMB: null }, data: [source.fingerprint, source.length], scale: kind.scale,
    validation: held ? [held.fingerprint, held.length] : null,
  });
  const run = input.resume ? restoreRun(input.resume, fingerprint, network.layout.size) : beginRun(input.initial);
  const { trainee } = run;
  const order = segmentOrder(source.length, options.seed);
  const adam = adamOptions(options, plan.steps);
  const decay = decayMask(network.layout);
  const settings = lossOptions(options);
  const { batch, accumulate } = options;
  const away = await input.delegate?.begin({ trainee, layout: network.layout, decay, options, steps: plan.steps, scale: kind.scale });
  const save = async (): Promise<void> => {
    await away?.pull(trainee);
    await input.saveState?.(captureRun(run, fingerprint));
  };
  const averaged = (): Float32Array => (options.ema === null ? trainee.weights : trainee.average);
  const stale = (): boolean => options.earlyStopping.patience !== null && run.stale >= options.earlyStopping.patience;
  const configNow = (): ClassicConfig => classicConfig(input, options, kind, run);

  /** Mean loss and gradient of the passes that make a step; `null` when the run shall stop before the last of them. */
  const gradientAt = async (step: number) => {
    const vector = tf.tensor1d(trainee.weights) as Tensor1D;
    try {
      let gradient: Float32Array | null = null;
      let loss = 0;
      const terms: Partial<Record<LossTerm, number>> = {};
      for (let pass = 0; pass < accumulate; pass++) {
        engine.check();
        if (pass > 0) await eventLoop(); // a signal comes in only there
        if (pass > 0 && signal?.aborted) return null;
        const random = randomStream(options.seed, STREAM, step, pass);
        const parts = drawParts(source, options, order.from((step * accumulate + pass) * batch, batch), random);
        const part = await denoisingStep(engine, network, vector, denoisingQuestion(kind, parts, random), settings, true);
        if (!Number.isFinite(part.loss)) throw new DivergenceError(step, "the loss");
        loss += part.loss / accumulate;
        for (const [term, value] of Object.entries(part.terms) as [LossTerm, number][]) terms[term] = (terms[term] ?? 0) + value / accumulate;
        gradient = addGradient(gradient, part.gradient!, accumulate);
        const used = memoryUse(engine).processMB;
        if (options.memoryLimitMB !== null && used !== null && used > options.memoryLimitMB) {
          await save();
          throw new MemoryLimitError(step, used, options.memoryLimitMB);
        }
      }
      return { loss, terms: terms as Record<LossTerm, number>, gradient: gradient! };
    } finally {
      vector.dispose();
    }
  };

  /** Figures on unseen segments; `null` when the run shall stop before they are complete. */
  const validate = async (unseen: SegmentSource): Promise<ClassicValidated | null> => {
    try {
      signal?.throwIfAborted();
      return await figuresOn(unseen);
    } catch (error) {
      if (signal?.aborted && (error as Error).name === "AbortError") return null;
      throw error;
    }
  };
  const figuresOn = async (unseen: SegmentSource): Promise<ClassicValidated> => {
    const { step } = trainee;
    await away?.pull(trainee);
    const figures = away ? await away.validate() : await validateClassic(engine, network, averaged(), unseen, kind, options, signal);
    const snapshot: ClassicSnapshot = {
      step, epoch: plan.epochOf(step), figures, sampled: sampledSegments(unseen.length, step, options), config: configNow(),
      tensors: () => toTensors(network.layout, averaged()),
    };
    const measures = (await input.onValidate?.(snapshot)) ?? {};
    const value = monitored(options, figures, measures);
    const best = isBetter(value, run.best, options);
    if (best) {
      run.best = { step, value };
      run.bestWeights = averaged().slice();
      run.stale = 0;
      await input.onBest?.({ ...snapshot, config: configNow() });
    } else run.stale++;
    return { ...figures, measures, best };
  };

  let ended = false;
  const model = (): TrainedClassic => {
    const stoppedEarly = stale() && trainee.step < plan.steps;
    const last = toTensors(network.layout, averaged());
    return {
      finished: ended || stoppedEarly || (trainee.step >= plan.steps && !run.unvalidated),
      stoppedEarly, step: trainee.step, best: run.best, config: configNow(),
      tensors: run.bestWeights ? toTensors(network.layout, run.bestWeights) : last,
      last,
    };
  };
  const take = async (): Promise<Pick<ClassicStepFigures, "loss" | "terms" | "gradientNorm"> | null> => {
    if (away) {
      const { terms, ...taken } = await away.step(trainee);
      return { ...taken, terms: terms as Readonly<Record<LossTerm, number>> };
    }
    const found = await gradientAt(trainee.step);
    if (!found) return null;
    const { gradient, ...asked } = found;
    return { ...asked, gradientNorm: adamwStep(trainee, gradient, decay, adam) };
  };
  const takeTimed = async (): Promise<ClassicStepFigures | null> => {
    const started = performance.now();
    const rate = learningRate(trainee.step, adam);
    const taken = await take();
    return taken && { ...taken, learningRate: rate, milliseconds: performance.now() - started };
  };

  while ((run.unvalidated || trainee.step < plan.steps) && !stale() && !ended && !signal?.aborted) {
    const taken = run.unvalidated ?? (await takeTimed());
    if (!taken) break;
    const { step } = trainee;
    let validation: ClassicValidated | null = null;
    if (held && (step % plan.validateEvery === 0 || step === plan.steps)) {
      validation = await validate(held);
      run.unvalidated = validation ? null : taken;
      if (!validation) break;
    }
    const progress: ClassicProgress = {
      step, steps: plan.steps, epoch: plan.epochOf(step), ...taken,
      notesPerSecond: (1000 * batch * accumulate * source.notes) / taken.milliseconds, ...memoryUse(engine),
      ...(validation ? { validation } : {}),
    };
    input.onProgress?.(progress);
    // What it does belongs to the step: a state that has the step comes after it.
    if ((await input.between?.({ progress, save, model })) === "finish") ended = true;
    if (step % options.saveEvery === 0 || step === plan.steps || stale()) await save();
    await eventLoop();
  }
  await away?.pull(trainee);
  const outcome = model();
  if (!outcome.finished || ended) await save();
  return outcome;
}

/** How long a run is. */
interface RunPlan {
  readonly steps: number;
  readonly validateEvery: number;
  epochOf(step: number): number;
}

function runPlan({ epochs, steps, batch, accumulate, validation }: ClassicTrainingOptions, segments: number): RunPlan {
  const perStep = batch * accumulate;
  return {
    steps: steps ?? Math.ceil((epochs * segments) / perStep),
    validateEvery: validation.everySteps ?? Math.max(1, Math.round((validation.everyEpochs * segments) / perStep)),
    epochOf: (step) => (step * perStep) / segments,
  };
}

function adamOptions({ optimizer, ema }: ClassicTrainingOptions, steps: number): AdamOptions {
  const { kind, clipNorm, ...rest } = optimizer;
  return { ...rest, steps, ema: ema ?? 0, clipNorm: clipNorm ?? Infinity, coupled: kind === "adam" };
}

/** Add a pass's gradient to the sum of its mean. */
function addGradient(sum: Float32Array | null, gradient: Float32Array, passes: number): Float32Array {
  if (passes === 1) return gradient;
  const total = sum ?? new Float32Array(gradient.length);
  for (let i = 0; i < total.length; i++) total[i] += gradient[i] / passes;
  return total;
}

function monitored({ monitor }: ClassicTrainingOptions, { loss, terms }: ClassicFigures, measures: ClassicMeasures): number {
  const known: Readonly<Record<string, number>> = { loss, ...terms, ...measures };
  const value = known[monitor.name];
  if (value === undefined) {
    throw new ShapeError(`training options: monitor.name "${monitor.name}" is not among the validation's figures: ${Object.keys(known).join(", ")}.`);
  }
  return value;
}

/** A figure that is not a number is never better. */
function isBetter(value: number, best: BestFigure | null, { monitor, earlyStopping }: ClassicTrainingOptions): boolean {
  if (Number.isNaN(value)) return false;
  if (!best) return true;
  const gain = monitor.mode === "min" ? best.value - value : value - best.value;
  return gain > earlyStopping.minImprovement;
}

function classicConfig(input: TrainClassicInput, options: ClassicTrainingOptions, { scale }: QuestionKind, run: ClassicRun): ClassicConfig {
  const { network, schedule } = options;
  return {
    format: "dexter-classic",
    version: 1,
    network,
    prediction: predictionOf(options.objective),
    schedule,
    scale: { mean: [...scale.mean], sd: [...scale.sd] },
    nullCondition: "consistent",
    training: {
      ...input.record,
      engine: input.engine.name,
      step: run.trainee.step,
      best: run.best,
      data: { segments: input.source.length, ...input.source.record },
      ...(input.validation ? { validationData: { segments: input.validation.length, ...input.validation.record } } : {}),
      // These stand above.
      options: { ...options, network: undefined, schedule: undefined, scale: undefined },
    },
  };
}
