/**
 * @file `fit` for the `base` model: steps logged, samples drawn of unseen pieces, the best and the last checkpoint kept.
 */
import { createModel, formatModelCard, renderScore, TARGET_NAMES, trainedWorks, type Checkpoint, type Model, type ModelConfig } from "@dexter/diffusion";
import { loadCheckpoint, loadModel, nodeRuntime, saveCheckpoint } from "@dexter/diffusion/node";
import {
  checkInitial, fitGains, foldOf, STAGE_NAMES, trainBase, trainingOptions,
  type StageName, type TrainedModel, type TrainingMoment, type TrainingProgress, type TrainingState,
} from "@dexter/diffusion/training";
import { InterruptedError } from "../errors.js";
import type { BaseFitConfig } from "../fit-config.js";
import { readFitData, type FitData } from "../fit-data.js";
import { withControls } from "../fit-controls.js";
import { closeTeachers, openTeachers, withTeachers } from "../fit-teachers.js";
import { showProgress } from "../progress.js";
import type { SavedState } from "../run-folder.js";
import { bestFigure } from "./best-figure.js";
import type { StepLine, ValidationLine } from "./metrics-file.js";
import { residentMB } from "./resident-memory.js";
import { writeSample } from "./sample-files.js";
import { choosePieces, sampleRound } from "./sample-pieces.js";
import { startedFrom } from "./started-from.js";
import type { RunContext, RunOutcome, Trainer } from "./trainer.js";
import { longWarmUps } from "./warm-up.js";

const STATE_FORMAT = "dexter-training-state";
/** The same draw each time: what changes is the model. */
const SEED_OF_SAMPLES = 1;

/** Read the data of a run, once the models that it begins with are there. */
export async function openBaseTrainer(config: BaseFitConfig): Promise<Trainer> {
  const initial = await readInitial(config);
  const teachers = await openTeachers(config.teachers);
  const data = await readData(config, teachers, initial).finally(() => closeTeachers(teachers));
  const { mean, flow } = trainingOptions(config.training);
  return {
    stateFormat: STATE_FORMAT,
    data: `${data.pieces.length} training pieces, ${data.validation.length} for validation`,
    warnings: longWarmUps([{ option: "mean.warmup", ...mean }, { option: "flow.warmup", ...flow }]),
    stages: [["mean", mean.steps], ["flow", flow.steps]],
    train: (context) => train(config, data, initial, context),
  };
}

/** The checkpoint that a run goes on from, if it names one that fits what else is asked for. */
async function readInitial(config: BaseFitConfig): Promise<Checkpoint | undefined> {
  if (config.initial === null) return undefined;
  return startedFrom("initial", config.initial, async (folder) => {
    const checkpoint = await loadCheckpoint(folder);
    checkInitial(checkpoint.config, { options: config.training, controls: controlsOf(config) });
    return checkpoint;
  });
}

async function readData(config: BaseFitConfig, teachers: readonly Model[], initial: Checkpoint | undefined): Promise<FitData> {
  const data = await readFitData(config.data);
  if (initial) await startedFrom("initial", config.initial ?? "", () => checkInitial(initial.config, { options: config.training, controls: controlsOf(config), columns: data.columns }));
  return withControls(await withTeachers(data, teachers), config.controls);
}

function controlsOf({ controls }: BaseFitConfig): readonly string[] | undefined {
  return controls.length > 0 ? controls : undefined;
}

async function train(config: BaseFitConfig, data: FitData, initial: Checkpoint | undefined, context: RunContext): Promise<RunOutcome> {
  const { folder, engine, signal, watch, progress, log } = context;
  const options = trainingOptions(config.training);
  const resume = context.resume && trainingState(context.resume);
  const begun = resume ? resume.steps.mean + resume.steps.flow : 0;
  const total = options.mean.steps + options.flow.steps;
  const best = bestFigure(config.keep === "agreement" ? "agreement" : "loss", context.past.filter(({ stage }) => stage === "flow"));
  // A run that had ended by its patience has no more steps to take.
  const ended = resume !== undefined && resume.steps.mean >= options.mean.steps && exhausted();
  const sampler = sampleDrawer(config, data, context, options.mean.steps);

  const between = async (moment: TrainingMoment): Promise<"finish" | void> => {
    const { progress: step } = moment;
    if (step.validation) {
      const line: ValidationLine = { ...validationLine(step, options[step.stage].channelWeights), ...(await sampler(moment)) };
      if (step.stage === "flow" && best.take(line) && config.keep !== "last") {
        const { config: found, tensors } = moment.model();
        folder.check();
        await saveCheckpoint(folder.model, { config: found, weights: tensors, card: formatModelCard(found) });
      }
      log(line);
    }
    await watch.between(moment.save);
    if (step.stage === "flow" && exhausted()) {
      log({ type: "event", message: `no better validation for ${best.stale} of them: the run ends` });
      return "finish";
    }
  };
  const model = await trainBase({
    ...data,
    ...(initial ? { initial } : {}),
    engine,
    delegate: context.torch?.base,
    options: config.training,
    record: { data: data.record, works: trainedWorks(worksOf(data, options.fold), initial?.config.training["works"]) },
    dataDigest: data.digest,
    resume,
    ended,
    signal,
    between,
    saveState: (state) => folder.saveState({ ...state, format: STATE_FORMAT }),
    onProgress: (step) => {
      log(stepLine(step, options.batch * options.notes, context));
      const done = step.step + (step.stage === "flow" ? options.mean.steps : 0);
      progress.update(done - begun, total - begun, describe(step));
      if (step.validation && !process.stderr.isTTY) process.stderr.write(`${describe(step)}\n`);
    },
  });
  progress.stop();
  const { steps } = model.config.training as { steps: Record<StageName, number> };
  const taken = `${steps.mean} + ${steps.flow}`;
  if (!model.finished) return { finished: false, steps: taken, record: {} };
  const kept = await finish(config, data, context, model, best.found);
  return { finished: true, steps: taken, record: { training: kept.training, sampling: kept.sampling } };

  function exhausted(): boolean {
    return config.patience !== null && best.stale >= config.patience;
  }
}

/** Compositions outside of the fold, by name. */
function worksOf({ pieces }: FitData, fold: ReturnType<typeof trainingOptions>["fold"]): string[] {
  return pieces.map(({ name, group }) => group ?? name).filter((work) => !fold || foldOf(work, fold.of) !== fold.index);
}

/**
 * The checkpoints of a run that is done, with gains that make draws vary as pianists do.
 *
 * @param hasBest - a validation of this run was the best, and its checkpoint saved
 */
async function finish(config: BaseFitConfig, { validation }: FitData, { folder, signal, log }: RunContext, last: TrainedModel, hasBest: boolean): Promise<ModelConfig> {
  const best = config.keep === "last" || !hasBest ? null : await loadCheckpoint(folder.model).catch((error: Error) => {
    log({ type: "event", message: `the best checkpoint cannot be read, the last one takes its place: ${error.message}` });
    return null;
  });
  const kept = best ?? { config: last.config, weights: last.tensors };
  folder.check();
  if (!best) await saveCheckpoint(folder.model, kept);
  const gains = validation.length > 0 && hasFlow(kept.config.training) ? await gainsOf(folder.model, validation, signal) : kept.config.sampling.gains;
  const withGains = (model: ModelConfig): ModelConfig => ({ ...model, sampling: { ...model.sampling, gains } });
  const [keptConfig, lastConfig] = [withGains(kept.config), withGains(last.config)];
  folder.check();
  await saveCheckpoint(folder.last, { config: lastConfig, weights: last.tensors, card: formatModelCard(lastConfig) });
  await saveCheckpoint(folder.model, { config: keptConfig, weights: kept.weights, card: formatModelCard(keptConfig) });
  return keptConfig;
}

/** Whether anything was ever trained that draws: the gains of a teacher's untouched flow say nothing. */
function hasFlow(training: Readonly<Record<string, unknown>>): boolean {
  const { steps, initial } = training as { readonly steps?: { readonly flow?: number }; readonly initial?: Readonly<Record<string, unknown>> };
  return (steps?.flow ?? 0) > 0 || (initial !== undefined && hasFlow(initial));
}

async function gainsOf(folder: string, validation: FitData["validation"], signal: AbortSignal): Promise<ModelConfig["sampling"]["gains"]> {
  const model = await loadModel(folder);
  const progress = showProgress("pieces");
  try {
    return await fitGains(model, validation, { signal, onPiece: (done) => progress.update(done, validation.length, "gains") });
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
    throw new InterruptedError(`stopped before the gains were fitted; ${folder} has those of the recipe. Add --resume to fit them`, { cause: error });
  } finally {
    progress.stop();
    await model.release();
  }
}

/** Has unseen pieces played where that is due, compares them with the pianists, and keeps the first. */
function sampleDrawer(config: BaseFitConfig, data: FitData, { folder, log }: RunContext, stepsBefore: number) {
  const pieces = config.sampleEvery > 0 ? choosePieces(data.samplePieces, config.samplePieces) : [];
  const round = sampleRound(pieces);
  const { validateEvery } = trainingOptions(config.training);
  return async ({ progress: { stage, step, steps }, model }: TrainingMoment): Promise<Pick<ValidationLine, "agreement" | "human" | "pieces">> => {
    // Before its stage the denoiser has learned nothing to draw from.
    const due = stage === "flow" && (step === steps || (step / validateEvery) % config.sampleEvery === 0);
    if (pieces.length === 0 || !due) return {};
    const { config: modelConfig, tensors } = model();
    const ready = await createModel({ config: modelConfig, weights: tensors }, await nodeRuntime({}));
    try {
      const { shown, ...figures } = await round(async ({ score, features }) => (await renderScore(ready, score, { seed: SEED_OF_SAMPLES, features }))[0].parameters);
      log({ type: "sample", stage, step, file: await writeSample(folder, stepsBefore + step, shown) });
      return figures;
    } finally {
      await ready.release();
    }
  };
}

function stepLine(step: TrainingProgress, notes: number, { engine }: RunContext): StepLine {
  const { numBytes, numTensors } = engine.tf.memory();
  const { stage, step: number, steps, loss, gradientNorm, learningRate, milliseconds } = step;
  return {
    type: "step", stage, step: number, steps, loss, terms: byChannel(step.channels), gradientNorm, learningRate, milliseconds,
    notesPerSecond: (1000 * notes) / milliseconds, rssMB: residentMB(), tensorMB: numBytes / 2 ** 20, tensors: numTensors,
  };
}

/** The loss is what training minimizes, channels weighted as there, so that the two curves lie on one scale. */
function validationLine({ stage, step, validation }: TrainingProgress, channelWeights: readonly number[]): ValidationLine {
  const { channels = [], controlled, correlation } = validation ?? {};
  return {
    type: "validation", stage, step,
    loss: channels.reduce((sum, value, channel) => sum + channelWeights[channel] * value, 0),
    terms: byChannel(channels),
    ...(controlled ? { controlled: byChannel(controlled) } : {}),
    ...(correlation ? { correlation: byChannel(correlation) } : {}),
  };
}

function byChannel(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, channel) => [TARGET_NAMES[channel], value]));
}

function trainingState({ steps, fingerprint, arrays }: SavedState): TrainingState {
  const counts = Object.fromEntries(STAGE_NAMES.map((stage) => [stage, steps[stage] ?? 0])) as Record<StageName, number>;
  return { steps: counts, fingerprint, arrays };
}

/** The newest figures in a few words. */
function describe({ stage, step, loss, validation }: TrainingProgress): string {
  const figures = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(" ");
  const unseen = validation
    ? validation.correlation
      ? `, unseen pieces: r ${figures(validation.correlation)}`
      : `, unseen pieces: error ${figures(validation.channels)}${validation.controlled ? `, with controls ${figures(validation.controlled)}` : ""}`
    : "";
  return `${stage} ${step}: loss ${loss.toFixed(3)}${unseen}`;
}
