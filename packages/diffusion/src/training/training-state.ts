/**
 * @file A run's state as plain arrays: everything that a later process needs to
 * go on as if it had never stopped. Random numbers have no state: each step's
 * are named by seed and step.
 */
import { ShapeError } from "@dexter/codec";
import { trainee, type Trainee } from "./adamw.js";

/** Stages, in order. */
export const STAGE_NAMES = ["mean", "flow"] as const;

/** One of {@link STAGE_NAMES}. */
export type StageName = (typeof STAGE_NAMES)[number];

/** What is stored: flat float32 arrays by name, and the steps taken. */
export interface TrainingState {
  /** Steps taken in each stage. */
  readonly steps: Readonly<Record<StageName, number>>;
  /** A fingerprint of options and data: a state of another run is refused. */
  readonly fingerprint: string;
  /** `mean.weights`, `mean.first`, `mean.second`, `mean.average`, and the same of `flow`. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

const FIELDS = ["weights", "first", "second", "average"] as const;

/** The state of both networks, sharing their arrays. */
export function captureState(trainees: Readonly<Record<StageName, Trainee>>, fingerprint: string): TrainingState {
  const arrays: Record<string, Float32Array> = {};
  for (const stage of STAGE_NAMES) {
    for (const field of FIELDS) arrays[`${stage}.${field}`] = trainees[stage][field];
  }
  return { steps: { mean: trainees.mean.step, flow: trainees.flow.step }, fingerprint, arrays };
}

/**
 * A trainee as it was stored.
 *
 * @throws ShapeError when an array is missing or of another network
 */
export function restoreTrainee(state: TrainingState, stage: StageName, size: number): Trainee {
  const restored = trainee(new Float32Array(size));
  restored.step = state.steps[stage];
  for (const field of FIELDS) {
    const stored = state.arrays[`${stage}.${field}`];
    if (stored?.length !== size) {
      throw new ShapeError(`resume: ${stage}.${field} must have ${size} values, got ${stored?.length ?? "none"}. Resume with the run's own configuration.`);
    }
    restored[field].set(stored);
  }
  return restored;
}
