/**
 * @file Train a `base` model: statistics, the mean stage, the flow stage, the
 * piece level; stoppable after any step.
 */
import { ShapeError } from "@dexter/codec";
import { decayMask, denoiserLayout, encoderLayout, toTensors, type Layout, type NamedTensors } from "../base/layout.js";
import { denoiserNetwork, encoderNetwork } from "../base/network.js";
import { randomStream } from "../base/random-stream.js";
import type { Checkpoint } from "../checkpoint.js";
import type { Engine } from "../engine.js";
import type { ModelConfig } from "../model/config.js";
import { eventLoop } from "../sampling/event-loop.js";
import { adamwStep, DivergenceError, learningRate, trainee, type Trainee } from "./adamw.js";
import type { BaseDelegate } from "./delegate.js";
import { checkControls } from "./control-statistics.js";
import { encodePiece, type EncoderOutput } from "./encoder-output.js";
import { fingerprintOf } from "./fingerprint.js";
import { flowStage } from "./flow-stage.js";
import { checkInitial, controlsOf, firstWeights, startOptions, sumsOf } from "./initial.js";
import { meanStage, semitoneShifts, type PerSemitone } from "./mean-stage.js";
import { trainingOptions, type PartialTraining } from "./options.js";
import { fitPieceLevel } from "./piece-level.js";
import type { Stage, Validation } from "./stage.js";
import { foldOf } from "./teachers.js";
import { agreementScaleOf } from "./agreement-loss.js";
import { tempoScaleOf } from "./tempo-scale.js";
import { captureState, restoreTrainee, type StageName, type TrainingState } from "./training-state.js";
import { featureConfig, pieceTargets, preparePiece, targetConfig, type PreparedPiece, type TrainingPiece } from "./training-piece.js";

/** What columns of the feature matrices are. */
export interface FeatureColumns {
  /** Name of the set in `@dexter/codec`'s catalogue. */
  readonly set: string;
  /** Names, in order. */
  readonly names: readonly string[];
  /** How much each grows per semitone of transposition; 0 where absent. */
  readonly perSemitone?: PerSemitone;
}

/** A step taken, or a validation. */
export interface TrainingProgress {
  /** Which stage. */
  readonly stage: StageName;
  /** Steps taken in it. */
  readonly step: number;
  /** Steps it will take. */
  readonly steps: number;
  /** The batch's loss. */
  readonly loss: number;
  /** Mean squared error per channel, `[6]`. */
  readonly channels: readonly number[];
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Wall time of the step, ms. */
  readonly milliseconds: number;
  /** Figures on the validation pieces, after every `validateEvery` steps and at the end of the stage. */
  readonly validation?: Validation;
}

/** A run between two steps. */
export interface TrainingMoment {
  /** The step just taken. */
  readonly progress: TrainingProgress;
  /** Save the state now, whatever `saveEvery` says. */
  save(): Promise<void>;
  /** The model as far as it has come: averaged weights of both networks, copied. Of a delegate, as of the last validation or saved state. */
  model(): TrainedModel;
}

/** What {@link trainBase} works on. */
export interface TrainBaseInput {
  /** Training pieces; the statistics are theirs alone. */
  readonly pieces: readonly TrainingPiece[];
  /** Pieces never trained on; may be empty. */
  readonly validation?: readonly TrainingPiece[];
  /** What the feature columns are. */
  readonly columns: FeatureColumns;
  /** Names of the controls that the pieces were measured by (`TrainingPiece.controls`): the model then takes them as a condition. */
  readonly controls?: readonly string[];
  /**
   * A checkpoint to go on from: its weights, stacks, statistics of features and targets, and piece level are taken over. With
   * `mean.steps: 0` the encoder stays as it is. Controls that it lacks begin without effect.
   */
  readonly initial?: Pick<Checkpoint, "config" | "weights">;
  /** Options that differ from the recipe. */
  readonly options?: PartialTraining;
  /** The engine (see `loadEngine`). */
  readonly engine: Engine;
  /** Takes the steps in other processes; the engine then only lends its name. */
  readonly delegate?: BaseDelegate;
  /** What the checkpoint shall say of its training, beside options and figures. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Stops the run after the current step; its state is saved. */
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Called and awaited between two steps: it may save, look at the model, wait, or end the training by `"finish"`. */
  readonly between?: (moment: TrainingMoment) => "finish" | void | Promise<"finish" | void>;
  /** A digest of the data's content, whatever it is: a state saved over other data is refused. */
  readonly dataDigest?: string;
  /** Called with the state every `saveEvery` steps, after each stage and on a stop. Copy or write it before returning. */
  readonly saveState?: (state: TrainingState) => void | Promise<void>;
  /** A saved state to go on from. */
  readonly resume?: TrainingState;
  /** True where `between` had ended the run that is resumed: no more step is taken. */
  readonly ended?: boolean;
}

/** The outcome of {@link trainBase}. */
export interface TrainedModel {
  /** False when the signal stopped the run: the weights are then as far as they came. */
  readonly finished: boolean;
  /** `config.json` of the checkpoint. */
  readonly config: ModelConfig;
  /** The averaged weights of both networks. */
  readonly tensors: NamedTensors;
}

/**
 * Train a `base` model.
 *
 * The same input, options and engine give the same weights, whether or not the
 * run was stopped and resumed on the way.
 *
 * @throws ShapeError when pieces do not fit the columns, or a resumed state not the run
 * @throws DivergenceError when the loss is no longer finite
 * @throws EngineError when the engine can no longer be trusted
 */
export async function trainBase(input: TrainBaseInput): Promise<TrainedModel> {
  const { engine, columns, signal } = input;
  const options = startOptions(trainingOptions(input.options), input.options, input.initial?.config);
  if (input.pieces.length === 0) throw new ShapeError("trainBase: needs at least one training piece.");
  for (const piece of [...input.pieces, ...(input.validation ?? [])]) {
    if (piece.features.shape[1] !== columns.names.length) {
      throw new ShapeError(`${piece.name}: features must have ${columns.names.length} columns, got ${piece.features.shape[1]}.`);
    }
  }
  const { fold } = options;
  const trained = fold ? input.pieces.filter((piece) => foldOf(piece.group ?? piece.name, fold.of) !== fold.index) : input.pieces;
  if (!trained.some((piece) => piece.performances.length > 0)) throw new ShapeError("trainBase: needs at least one training piece with a performance.");
  const targets = trained.map((piece) => pieceTargets(piece, options.targetScale));
  const { initial } = input;
  if (initial) checkInitial(initial.config, { options: input.options, controls: input.controls, columns });
  const features = initial?.config.features ?? featureConfig(trained, columns.set, columns.names, options.featureClip);
  const scale = initial?.config.targets ?? targetConfig(targets, options.targetClip, options.targetScale);
  const controls = controlsOf(trained, input);
  for (const piece of input.validation ?? []) if (controls && piece.controls) checkControls(piece, controls.names.length);
  const tempo = options.mean.tempoError === "linear" ? tempoScaleOf(scale) : null;
  const agreement = options.mean.agreementWeights.some((weight) => weight > 0) ? agreementScaleOf(scale, options.sampling.slowTempoFactor) : null;
  const pieces = shareOut(
    trained.map((piece, i) => preparePiece(piece, targets[i], features, scale, options.mean.teacherWeight, controls, tempo)),
    options.mean.beatShare,
    options.notes,
  );
  const validation = (input.validation ?? []).map((piece) => preparePiece(piece, pieceTargets(piece, options.targetScale), features, scale, 0, controls, tempo));

  const encoderPlan = encoderLayout(columns.names.length, options.encoder);
  const denoiserPlan = denoiserLayout(options.encoder.hidden, options.denoiser, controls?.names.length);
  const encoder = encoderNetwork(engine, encoderPlan, options.encoder);
  const denoiser = denoiserNetwork(engine, denoiserPlan, options.denoiser);
  const fingerprint = fingerprintOf({
    options, columns, mean: scale.mean, pieces: pieces.map(({ name, length }) => [name, length]), digest: input.dataDigest,
    ...(controls ? { controls } : {}), ...(initial ? { initial: sumsOf(initial.weights) } : {}),
  });
  if (input.resume && input.resume.fingerprint !== fingerprint) {
    throw new ShapeError("resume: the saved state is of a run with other options or data. Start anew, or restore them.");
  }
  const begin = (stage: StageName, plan: typeof encoderPlan, stream: number): Trainee =>
    input.resume ? restoreTrainee(input.resume, stage, plan.size) : trainee(firstWeights(plan, initial, () => randomStream(options.seed, stream)));
  const trainees = { mean: begin("mean", encoderPlan, 11), flow: begin("flow", denoiserPlan, 12) };
  const context = { engine, pieces, options };
  const figures: Record<string, unknown> = {};
  let ended = input.ended ?? false;
  let pieceLevel = initial?.config.pieceLevel;
  let pull: (() => Promise<void>) | undefined;
  const save = async () => {
    await pull?.();
    await input.saveState?.(captureState(trainees, fingerprint));
  };

  const run = async (name: StageName, layout: Layout, stageOf: () => Stage | Promise<Stage>): Promise<void> => {
    const state = trainees[name];
    const decay = decayMask(layout);
    const away = await input.delegate?.begin({
      stage: name, trainee: state, layout, decay, options, pieces, validation, controls: controls?.names.length ?? 0,
      semitoneShifts: semitoneShifts(features, columns.perSemitone), encoder: { layout: encoderPlan, weights: trainees.mean.average }, tempo, agreement,
    });
    pull = away && (() => away.pull(state));
    const stage = away ? null : await stageOf();
    const stageOptions = options[name];
    const { steps } = stageOptions;
    const take = async () => {
      if (away) {
        const { loss, terms, gradientNorm } = await away.step(state);
        return { loss, channels: Object.values(terms), gradientNorm };
      }
      engine.check();
      const { loss, channels, gradient } = await stage!.gradient(state.weights, state.step);
      if (!Number.isFinite(loss)) throw new DivergenceError(state.step, "the loss");
      return { loss, channels, gradientNorm: adamwStep(state, gradient, decay, stageOptions) };
    };
    const validate = async () => (away ? away.validate() : stage!.validate(state.average, validation));
    while (state.step < steps && !signal?.aborted && !ended) {
      const started = performance.now();
      const rate = learningRate(state.step, stageOptions);
      const { loss, channels, gradientNorm } = await take();
      const milliseconds = performance.now() - started;
      const due = validation.length > 0 && (state.step % options.validateEvery === 0 || state.step === steps);
      const validated = due ? await validate() : undefined;
      if (due) await pull?.();
      if (validated) figures[name] = { step: state.step, ...validated };
      const progress: TrainingProgress = {
        stage: name, step: state.step, steps, loss, channels, gradientNorm, learningRate: rate, milliseconds,
        ...(validated ? { validation: validated } : {}),
      };
      input.onProgress?.(progress);
      // What it does belongs to the step: a state that has the step comes after it.
      if ((await input.between?.({ progress, save, model })) === "finish") ended = true;
      if (state.step % options.saveEvery === 0 || state.step === steps) await save();
      await eventLoop();
    }
    // A run that resumes after a stage tells its figures all the same.
    if (state.step > 0 && (state.step >= steps || ended) && !figures[name] && validation.length > 0) {
      figures[name] = { step: state.step, ...(await validate()) };
    }
    await pull?.();
  };

  await run("mean", encoderPlan, () => meanStage(context, encoder, features, columns.perSemitone ?? {}, { tempo, agreement }));
  if (!signal?.aborted && (trainees.flow.step < options.flow.steps || validation.length > 0)) {
    await run("flow", denoiserPlan, async () => {
      const frozen = trainees.mean.average;
      const played = pieces.filter(({ performances }) => performances.length > 0);
      const outputs: EncoderOutput[] = [];
      for (const piece of played) outputs.push(await encodePiece(engine, encoder, frozen, piece));
      const unseen = new Map<PreparedPiece, EncoderOutput>();
      const outputOf = async (piece: PreparedPiece) => {
        const output = unseen.get(piece) ?? await encodePiece(engine, encoder, frozen, piece);
        unseen.set(piece, output);
        return output;
      };
      return flowStage({ ...context, pieces: played }, denoiser, outputs, outputOf, controls?.names.length);
    });
  }
  const outcome = model();
  if (!outcome.finished || ended) await save();
  return outcome;

  function model(): TrainedModel {
    const finished = ended || (trainees.mean.step >= options.mean.steps && trainees.flow.step >= options.flow.steps);
    // An ensemble or trees that the run went on from stay with the encoder that they stand beside.
    const tensors = { ...initial?.weights, ...toTensors(encoderPlan, trainees.mean.average), ...toTensors(denoiserPlan, trainees.flow.average) };
    return { finished, config: modelConfig(), tensors };
  }

  function modelConfig(): ModelConfig {
    pieceLevel ??= fitPieceLevel(pieces.filter(({ levels }) => levels.length > 0), columns.names.length);
    return {
      format: "dexter-base",
      version: 1,
      features,
      targets: scale,
      encoder: options.encoder,
      ...(initial?.config.ensemble ? { ensemble: initial.config.ensemble } : {}),
      ...(initial?.config.trees ? { trees: initial.config.trees } : {}),
      denoiser: options.denoiser,
      sampling: options.sampling,
      ...(controls ? { controls } : {}),
      ...(pieceLevel ? { pieceLevel } : {}),
      training: {
        ...input.record,
        engine: engine.name,
        seed: options.seed,
        ...(fold ? { fold } : {}),
        ...(initial ? { initial: initial.config.training } : {}),
        steps: { mean: trainees.mean.step, flow: trainees.flow.step },
        pieces: pieces.length,
        performances: pieces.reduce((sum, { performances }) => sum + performances.length, 0),
        validationPieces: validation.length,
        validation: figures,
        options: { batch: options.batch, notes: options.notes, mean: options.mean, flow: options.flow },
      },
    };
  }
}

/** Pieces known by their beats only are drawn so often that they make up a share of the crops. */
function shareOut(pieces: readonly PreparedPiece[], share: number, notes: number): readonly PreparedPiece[] {
  if (!(share >= 0 && share < 1)) throw new RangeError(`beatShare must be from 0 to below 1, got ${share}.`);
  const crops = (played: boolean): number =>
    pieces.filter(({ performances }) => performances.length > 0 === played).reduce((sum, { length, weight }) => sum + Math.ceil(length / notes) * weight, 0);
  const known = crops(false);
  if (known === 0) return pieces;
  const factor = (share / (1 - share)) * (crops(true) / known);
  return pieces.map((piece) => (piece.performances.length > 0 ? piece : { ...piece, weight: piece.weight * factor }));
}
