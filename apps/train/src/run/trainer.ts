/**
 * @file What a training is to `fit`: data that were read, stages, and a way to run them. One for each kind of model.
 */
import type { Engine } from "@dexter/diffusion/training";
import type { Progress } from "../progress.js";
import type { RunFolder, SavedState } from "../run-folder.js";
import type { Torch } from "../torch-engine.js";
import type { MetricLine, ValidationLine } from "./metrics-file.js";
import type { StepWatch } from "./step-watch.js";

/** A run that has begun. */
export interface RunContext {
  /** Where it is. */
  readonly folder: RunFolder;
  /** What it computes with. */
  readonly engine: Engine;
  /** Where engine `torch` takes the steps. */
  readonly torch?: Torch;
  /** What it goes on from. */
  readonly resume: SavedState | undefined;
  /** Validations that are on record. */
  readonly past: readonly ValidationLine[];
  /** Looks after it between steps. */
  readonly watch: StepWatch;
  /** Stops it after the current step. */
  readonly signal: AbortSignal;
  /** Add a line to the metrics and the event file. */
  log(line: MetricLine): void;
  /** Show how far it is. */
  readonly progress: Progress;
}

/** How a training ended. */
export interface RunOutcome {
  /** False when it was stopped; its state is saved. */
  readonly finished: boolean;
  /** Steps taken, for people: "1344 + 3000". */
  readonly steps: string;
  /** What `--json` prints beside the model's folder. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** A training whose data are read. */
export interface Trainer {
  /** Format of its saved state. */
  readonly stateFormat: string;
  /** Its data, for people. */
  readonly data: string;
  /** What a person should know before it begins. */
  readonly warnings: readonly string[];
  /** Its stages and their steps, in order. */
  readonly stages: readonly (readonly [name: string, steps: number])[];
  /** Run it. Checkpoints are written on the way and in the end. */
  train(context: RunContext): Promise<RunOutcome>;
}
