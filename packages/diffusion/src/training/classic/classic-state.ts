/**
 * @file A run's state as plain arrays and numbers: everything that a later
 * process needs to go on as if it had never stopped. Random numbers and the
 * order of the data have no state: seed and step name them.
 */
import { ShapeError } from "@dexter/codec";
import type { LossTerm } from "../../classic/losses.js";
import { trainee, type Trainee } from "../adamw.js";

/** The best validation so far. */
export interface BestFigure {
  /** Step of the validation. */
  readonly step: number;
  /** The monitored figure. */
  readonly value: number;
}

/** A step that was taken, in figures. */
export interface ClassicStepFigures {
  /** The batch's loss. */
  readonly loss: number;
  /** Its terms, weighted, whether they are in the loss or not. */
  readonly terms: Readonly<Record<LossTerm, number>>;
  /** Norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Wall time of the step, ms, without validation. */
  readonly milliseconds: number;
}

/** What is stored. */
export interface ClassicTrainingState {
  /** Steps taken. */
  readonly step: number;
  /** A fingerprint of options and data: a state of another run is refused. */
  readonly fingerprint: string;
  /** The best validation so far, if any. */
  readonly best: BestFigure | null;
  /** Validations since without a better one. */
  readonly stale: number;
  /** The last step, where the run stopped before its validation was done: the run goes on with that. */
  readonly unvalidated?: ClassicStepFigures | null;
  /** `weights`, `first`, `second`, `average`, and `best` after a validation; float32. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

const FIELDS = ["weights", "first", "second", "average"] as const;

/** A run in the middle of its work. */
export interface ClassicRun {
  /** Weights and optimizer. */
  readonly trainee: Trainee;
  /** The weights of the best validation. */
  bestWeights: Float32Array | null;
  /** The best validation so far. */
  best: BestFigure | null;
  /** Validations since. */
  stale: number;
  /** The last step, while its validation is not done. */
  unvalidated: ClassicStepFigures | null;
}

/** Begin with these weights. */
export function beginRun(weights: Float32Array): ClassicRun {
  return { trainee: trainee(weights), bestWeights: null, best: null, stale: 0, unvalidated: null };
}

/** The state of a run, sharing its arrays. */
export function captureRun(run: ClassicRun, fingerprint: string): ClassicTrainingState {
  const arrays: Record<string, Float32Array> = {};
  for (const field of FIELDS) arrays[field] = run.trainee[field];
  if (run.bestWeights) arrays["best"] = run.bestWeights;
  return { step: run.trainee.step, fingerprint, best: run.best, stale: run.stale, unvalidated: run.unvalidated, arrays };
}

/**
 * A run as it was stored.
 *
 * @throws ShapeError when the state is of another run, or an array is missing or of another network
 */
export function restoreRun(state: ClassicTrainingState, fingerprint: string, size: number): ClassicRun {
  if (state.fingerprint !== fingerprint) {
    throw new ShapeError("resume: the saved state is of a run with other options or data. Start anew, or restore them.");
  }
  const take = (name: string): Float32Array => {
    const stored = state.arrays[name];
    if (stored?.length !== size) {
      throw new ShapeError(`resume: ${name} must have ${size} values, got ${stored?.length ?? "none"}. Resume with the run's own configuration.`);
    }
    return stored.slice();
  };
  const restored = trainee(new Float32Array(0));
  return {
    trainee: { ...restored, step: state.step, weights: take("weights"), first: take("first"), second: take("second"), average: take("average") },
    bestWeights: state.best ? take("best") : null,
    best: state.best,
    stale: state.stale,
    unvalidated: state.unvalidated ?? null,
  };
}
