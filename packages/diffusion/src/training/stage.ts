/**
 * @file What a stage of training is to the loop that runs it.
 */
import type { Engine } from "../engine.js";
import type { StageOptions, TrainingOptions } from "./options.js";
import type { PreparedPiece } from "./training-piece.js";

/** What stages work with. */
export interface StageContext {
  /** The engine. */
  readonly engine: Engine;
  /** Training pieces. */
  readonly pieces: readonly PreparedPiece[];
  /** All options. */
  readonly options: TrainingOptions;
}

/** Figures on the validation pieces, each `[6]`. */
export interface Validation {
  /** Mean squared error per channel. */
  readonly channels: readonly number[];
  /** The same when all controls are told, in a model that has any. */
  readonly controlled?: readonly number[];
  /** Share of the variance that is explained. */
  readonly explained?: readonly number[];
  /** Mean correlation with single performances. */
  readonly correlation?: readonly number[];
  /** Mean correlation with the mean of recordings known by their beats, per beat; 0 for channels that they do not tell. */
  readonly beats?: readonly number[];
}

/** One step's loss and gradient. */
export interface StepGradient {
  /** The loss. */
  readonly loss: number;
  /** Mean squared error per channel, `[6]`. */
  readonly channels: readonly number[];
  /** Of the flat weight vector. */
  readonly gradient: Float32Array;
}

/** A network, its data and its loss. */
export interface Stage {
  /** Steps, rates, averages. */
  readonly options: StageOptions;
  /** Loss and gradient of a step, the same whenever it is asked for. */
  gradient(weights: Float32Array, step: number): Promise<StepGradient>;
  /** Figures on unseen pieces. */
  validate(weights: Float32Array, pieces: readonly PreparedPiece[]): Promise<Validation>;
}
