/**
 * @file `fit` for the classic denoisers: segments of a set, DiffWave or the U-Net, the best and the last checkpoint kept.
 */
import { openSet, setSegments, type StoredSet } from "@dexter/alignment-datasets";
import { trainedWorks } from "@dexter/diffusion";
import { saveClassicCheckpoint } from "@dexter/diffusion/node";
import {
  checkSource, classicTrainingOptions, predictionOf, trainClassic,
  type ClassicProgress, type ClassicTrainingOptions, type ClassicTrainingState, type SegmentSource,
} from "@dexter/diffusion/training";
import { UsageError, usageFault } from "../errors.js";
import type { ClassicFitConfig } from "../fit-config.js";
import type { SavedState } from "../run-folder.js";
import { samplerOf } from "../sampler-choice.js";
import { beginNetwork, readClassicStart, type ClassicStart } from "./classic-initial.js";
import { classicSampler, unseenPieces, type SampleFigures } from "./classic-samples.js";
import type { StepLine, ValidationLine } from "./metrics-file.js";
import { agreementFigures, checkMonitor } from "./monitored-figure.js";
import { pairedSegments } from "./paired-segments.js";
import { residentMB } from "./resident-memory.js";
import type { SamplePiece } from "./sample-pieces.js";
import type { RunContext, RunOutcome, Trainer } from "./trainer.js";
import { longWarmUps } from "./warm-up.js";

const STATE_FORMAT = "dexter-training-state-classic";
const STAGE = "train";

interface ClassicData {
  readonly source: SegmentSource;
  readonly validation?: SegmentSource;
  /** Compositions that are trained on. */
  readonly works: readonly string[];
  /** Unseen pieces to draw samples of. */
  readonly samplePieces: readonly SamplePiece[];
}

/**
 * Open the data of a run. Segments are read when they are asked for.
 *
 * @throws UsageError for several sets, a set that the network cannot read, or a figure to keep by that there is not
 */
export async function openClassicTrainer(config: ClassicFitConfig): Promise<Trainer> {
  if (config.keep === "agreement") throw new UsageError(`keep: a ${config.model} run keeps by its monitor. Choose loss or last; monitor.name may be agreement.tempo and the like when sampleEvery is 1`);
  if (config.data.length > 1) throw new UsageError(`data: a ${config.model} run reads one set, got ${config.data.length}. Join them with dexter-train merge`);
  const start = await readClassicStart(config);
  const options = classicTrainingOptions(start.training);
  const { sampler, eta } = config.sampling;
  samplerOf(predictionOf(options.objective), { ...(sampler && { sampler }), ...(eta !== null && { eta }) }, "sampling.");
  const set = await openSet(config.data[0]);
  try {
    const data = { ...segmentsOf(set, options), samplePieces: config.sampleEvery > 0 ? unseenPieces(set) : [] };
    checkMonitor({ monitor: options.monitor, sampleEvery: config.sampleEvery, hasSamplePiece: data.samplePieces.length > 0 });
    usageFault(() => checkSource(data.source, options, "the training set"));
    const { batch, accumulate, epochs, optimizer: { warmup } } = options;
    const steps = options.steps ?? Math.ceil((epochs * data.source.length) / (batch * accumulate));
    return {
      stateFormat: STATE_FORMAT,
      data: `${data.source.length} training segments, ${data.validation?.length ?? 0} for validation`,
      warnings: longWarmUps([{ option: "optimizer.warmup", warmup, steps }]),
      stages: [[STAGE, steps]],
      train: (context) => train(config, start, options, data, { ...context, steps }).finally(() => set.close()),
    };
  } catch (error) {
    set.close();
    throw error;
  }
}

function segmentsOf(set: StoredSet, { network, target }: ClassicTrainingOptions): Omit<ClassicData, "samplePieces"> {
  const notes = network.segmentNotes;
  const segments = (split: "train" | "validation"): SegmentSource => {
    const all = setSegments(set, { split, notes });
    return (target === "transfer" ? pairedSegments(set, split, notes) : null) ?? all;
  };
  const source = segments("train");
  const { splits } = set.description.counts;
  const works = [...set.entries()].filter(({ description, performances }) => description.split === "train" && performances.length > 0).map(({ description }) => description.work);
  return { source, works, ...(splits.validation.performances > 0 ? { validation: segments("validation") } : {}) };
}

async function train(config: ClassicFitConfig, { checkpoint, training, weights }: ClassicStart, options: ClassicTrainingOptions, data: ClassicData, context: RunContext & { readonly steps: number }): Promise<RunOutcome> {
  const { source, validation, works, samplePieces } = data;
  const { folder, engine, signal, watch, progress, log, resume } = context;
  const { network, initial } = beginNetwork(engine, options, weights);
  const begun = resume?.steps[STAGE] ?? 0;
  const drawSample = classicSampler(config, samplePieces, context.steps, context);
  let sampled: SampleFigures = {};
  const outcome = await trainClassic({
    engine, network, initial, source,
    ...(validation ? { validation } : {}),
    options: training,
    delegate: context.torch?.classic,
    ...(resume ? { resume: classicState(resume) } : {}),
    record: { works: trainedWorks(works, checkpoint?.config.training["works"]) },
    signal,
    onValidate: async (snapshot) => {
      sampled = await drawSample(snapshot);
      return agreementFigures(sampled.agreement ?? {});
    },
    onBest: async (snapshot) => {
      if (config.keep === "last") return;
      folder.check();
      await saveClassicCheckpoint(folder.model, { config: snapshot.config, tensors: snapshot.tensors() });
    },
    between: async ({ progress: step, save }) => {
      if (step.validation) log({ ...validationLine(step), ...sampled });
      await watch.between(save);
    },
    saveState: ({ step, fingerprint, best, stale, unvalidated, arrays }) =>
      folder.saveState({ format: STATE_FORMAT, steps: { [STAGE]: step }, fingerprint, arrays, rest: { best, stale, unvalidated } }),
    onProgress: (step) => {
      log(stepLine(step));
      progress.update(step.step - begun, step.steps - begun, describe(step));
      if (step.validation && !process.stderr.isTTY) process.stderr.write(`${describe(step)}\n`);
    },
  });
  progress.stop();
  const steps = String(outcome.step);
  if (!outcome.finished) return { finished: false, steps, record: {} };
  const tensors = config.keep === "last" ? outcome.last : outcome.tensors;
  folder.check();
  await saveClassicCheckpoint(folder.last, { config: outcome.config, tensors: outcome.last });
  await saveClassicCheckpoint(folder.model, { config: outcome.config, tensors });
  return { finished: true, steps, record: { step: outcome.step, best: outcome.best, stoppedEarly: outcome.stoppedEarly } };
}

function classicState({ steps, fingerprint, arrays, rest }: SavedState): ClassicTrainingState {
  const { best, stale, unvalidated } = (rest ?? {}) as Partial<Pick<ClassicTrainingState, "best" | "stale" | "unvalidated">>;
  return { step: steps[STAGE] ?? 0, fingerprint, arrays, best: best ?? null, stale: stale ?? 0, unvalidated: unvalidated ?? null };
}

function stepLine({ step, steps, loss, terms, gradientNorm, learningRate, milliseconds, notesPerSecond, tensorMB, tensors }: ClassicProgress): StepLine {
  return {
    type: "step", stage: STAGE, step, steps, loss, terms, gradientNorm, learningRate, milliseconds, notesPerSecond, rssMB: residentMB(), tensorMB, tensors,
  };
}

function validationLine({ step, validation }: ClassicProgress): ValidationLine {
  return { type: "validation", stage: STAGE, step, loss: validation?.loss, terms: validation?.terms };
}

/** The newest figures in a few words. */
function describe({ step, loss, validation }: ClassicProgress): string {
  return `${step}: loss ${loss.toFixed(3)}${validation ? `, unseen segments: ${validation.loss.toFixed(3)}` : ""}`;
}
