/**
 * @file `metrics.jsonl`: one JSON object a line, each with a `type`. What the run took back by resuming is left out.
 */
import { appendFileSync, closeSync, constants, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@dexter/codec/node";
import type { KeptFolder } from "../run-folder.js";

/** Figures by name; what is not a number is `null` in JSON. */
export type Figures = Readonly<Record<string, number>>;

/** A step taken. */
export interface StepLine {
  readonly type: "step";
  /** Stage of the training. */
  readonly stage: string;
  /** Steps taken in it. */
  readonly step: number;
  /** Steps it will take. */
  readonly steps: number;
  readonly loss: number;
  /** What the loss is made of. */
  readonly terms?: Figures;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly milliseconds: number;
  /** Notes of the batch over the step's time; padding counts. */
  readonly notesPerSecond: number;
  /** Memory of the process and of those that it started (see `residentMB`). */
  readonly rssMB: number;
  /** Memory in tensors, where the engine tells. */
  readonly tensorMB?: number;
  /** Tensors alive, where the engine tells. */
  readonly tensors?: number;
}

/** Figures on unseen pieces. */
export interface ValidationLine {
  readonly type: "validation";
  readonly stage: string;
  readonly step: number;
  readonly loss?: number;
  readonly terms?: Figures;
  /** The loss's terms where all controls are told, of a model that has any. */
  readonly controlled?: Figures;
  /** Correlation with single performances by channel. */
  readonly correlation?: Figures;
  /** Agreement of a draw with pianists by measure, the mean over pieces. */
  readonly agreement?: Figures;
  /** Pieces that were played for it. */
  readonly pieces?: number;
  /** The pianists: one with another, and one with the mean of the others. */
  readonly human?: Readonly<Record<string, readonly [number, number]>>;
}

/** A drawn performance. */
export interface SampleLine {
  readonly type: "sample";
  readonly stage: string;
  readonly step: number;
  /** In the run's folder. */
  readonly file: string;
}

/** Something to tell. */
export interface EventLine {
  readonly type: "event";
  readonly message: string;
}

/** A line of the file, without its time. */
export type MetricLine = StepLine | ValidationLine | SampleLine | EventLine;

/** Appends lines. */
export interface MetricsFile {
  /**
   * Add a line.
   *
   * @throws RunFolderGoneError when the folder was deleted or replaced: the run does not go on in another one
   * @throws Error when the file alone is gone
   */
  add(line: MetricLine): void;
}

const METRICS_FILE = "metrics.jsonl";

/** The metrics of a run's folder, in the file that `clearMetrics` or `forgetSteps` left there. */
export function metricsFile(folder: KeptFolder): MetricsFile {
  const path = join(folder.path, METRICS_FILE);
  return {
    add(line) {
      folder.check();
      const file = openThere(path);
      try {
        appendFileSync(file, `${JSON.stringify({ ...line, time: new Date().toISOString() })}\n`);
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Open to append, but no new one. */
function openThere(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${path}: the file is gone. What was saved last is whole: add --resume to go on`, { cause: error });
  }
}

/** Begin an empty file. */
export const clearMetrics = (folder: string): Promise<void> => writeFileAtomic(join(folder, METRICS_FILE), "");

/**
 * Drop the lines of steps that will be taken again, and lines that are damaged.
 *
 * @param reached - the step that the saved state has reached in a stage
 */
export async function forgetSteps(folder: string, reached: (stage: string) => number): Promise<void> {
  const path = join(folder, METRICS_FILE);
  const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").filter((line) => {
    try {
      const { stage, step, type } = JSON.parse(line) as { stage?: string; step?: number; type?: string };
      return type === "event" || (stage !== undefined && step !== undefined && step <= reached(stage));
    } catch {
      return false;
    }
  });
  await writeFileAtomic(path, lines.map((line) => `${line}\n`).join(""));
}

/** Validations that are on record: what a resumed run knows of the best. */
export async function pastValidations(folder: string): Promise<ValidationLine[]> {
  const found: ValidationLine[] = [];
  for (const line of (await readFile(join(folder, METRICS_FILE), "utf8").catch(() => "")).split("\n")) {
    if (!line.includes('"validation"')) continue;
    const value = JSON.parse(line) as ValidationLine;
    if (value.type === "validation") found.push(value);
  }
  return found;
}
