/**
 * @file What a training run leaves in its folder, as the dashboard reads it. Lines of other programs and later versions may
 * hold anything, so that every reader here checks what it takes and leaves the rest.
 *
 * No Node: the page reads the same lines.
 */

/** Where a run stands. */
export type RunStatus = "running" | "paused" | "stopped" | "finished" | "failed";

/** Whether a run of this status has a process. */
export function isUnderway(status: RunStatus): boolean {
  return status === "running" || status === "paused";
}

/** `run.json`. */
export interface RunRecord {
  /** Name of the run. */
  readonly name: string;
  /** Which network it trains: `base`, `diffwave` or `unet`. */
  readonly model: string;
  /** The resolved configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The tensor engine. */
  readonly engine: string;
  /** Why it is that engine. */
  readonly engineReason: string;
  /** Process that trains. */
  readonly pid?: number;
  /** The machine that it runs on. */
  readonly host?: string;
  /** When it began, ISO 8601. */
  readonly startedAt?: string;
  /** Where it stands, as the process last said. */
  readonly status: RunStatus;
  /** What went wrong, or how it ended. */
  readonly message?: string;
}

/** Numbers under names. */
export type Figures = Readonly<Record<string, number>>;

/** One step of training. */
export interface StepMetric {
  readonly type: "step";
  /** Stage of the training. */
  readonly stage: string;
  /** Steps taken in the stage. */
  readonly step: number;
  /** Steps that the stage has. */
  readonly steps: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Time of the step. */
  readonly milliseconds: number;
  readonly notesPerSecond: number;
  /** Resident memory of the process. */
  readonly rssMB: number;
  /** Memory in tensors; not a number where the engine does not tell. */
  readonly tensorMB: number;
  /** Tensors alive; not a number where the engine does not tell. */
  readonly tensors: number;
}

/** Figures on unseen pieces. */
export interface ValidationMetric {
  readonly type: "validation";
  readonly stage: string;
  readonly step: number;
  readonly loss?: number;
  /** Correlation with single performances, by channel. */
  readonly correlation: Figures;
  /** Agreement of performances with pianists, by measure. */
  readonly agreement: Figures;
  /** Pieces that it is the mean of. */
  readonly pieces?: number;
  /** The pianists' own agreement: from one pianist with another, to one with the mean of the others. */
  readonly human: Readonly<Record<string, readonly [low: number, high: number]>>;
}

/** A performance drawn on the way. */
export interface SampleMetric {
  readonly type: "sample";
  readonly stage: string;
  readonly step: number;
  /** File in the run's folder, `samples/000400.json`. */
  readonly file: string;
}

/** Something to tell. */
export interface EventMetric {
  readonly type: "event";
  readonly message: string;
  /** ISO 8601, or empty. */
  readonly time: string;
}

/** A line of `metrics.jsonl`. */
export type Metric = StepMetric | ValidationMetric | SampleMetric | EventMetric;

/** Names of sample files: what a run may refer to, and nothing else. */
export const SAMPLE_FILE = /^samples\/([0-9]{1,12})\.json$/;

/** Commands that `control.json` may hold. */
export const CONTROL_COMMANDS = ["pause", "resume", "stop", "checkpoint"] as const;

/** A command to the process that trains. */
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

const STATUSES: readonly string[] = ["running", "paused", "stopped", "finished", "failed"] satisfies RunStatus[];
const MAX_FIGURES = 64;
const MAX_TEXT = 2000;

/** The metric of a line, or `null` where the line is none. */
export function parseMetric(line: string): Metric | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isObject(value) ? readMetric(value) : null;
}

/** The run that `run.json` describes, or `null` where it describes none. */
export function parseRunRecord(json: string): RunRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isObject(value) || !STATUSES.includes(value["status"] as string)) return null;
  return {
    name: text(value["name"]),
    model: text(value["model"]),
    config: isObject(value["config"]) ? value["config"] : {},
    engine: text(value["engine"]),
    engineReason: text(value["engineReason"]),
    pid: Number.isInteger(value["pid"]) && (value["pid"] as number) > 0 ? (value["pid"] as number) : undefined,
    host: text(value["host"]) || undefined,
    startedAt: text(value["startedAt"]) || undefined,
    status: value["status"] as RunStatus,
    message: text(value["message"]) || undefined,
  };
}

function readMetric(value: Readonly<Record<string, unknown>>): Metric | null {
  const { type } = value;
  if (type === "event") return typeof value["message"] === "string" ? { type, message: text(value["message"]), time: text(value["time"]) } : null;
  const stage = text(value["stage"]);
  const step = value["step"];
  if (typeof step !== "number" || !(step >= 0) || !Number.isFinite(step)) return null;
  if (type === "step") {
    return {
      type, stage, step,
      steps: number(value["steps"]),
      loss: number(value["loss"]),
      gradientNorm: number(value["gradientNorm"]),
      learningRate: number(value["learningRate"]),
      milliseconds: number(value["milliseconds"]),
      notesPerSecond: number(value["notesPerSecond"]),
      rssMB: number(value["rssMB"]),
      tensorMB: number(value["tensorMB"]),
      tensors: number(value["tensors"]),
    };
  }
  if (type === "validation") {
    const loss = number(value["loss"]);
    const pieces = number(value["pieces"]);
    return {
      type, stage, step,
      loss: Number.isNaN(loss) ? undefined : loss,
      correlation: figures(value["correlation"]),
      agreement: figures(value["agreement"]),
      ...(pieces >= 1 ? { pieces } : {}),
      human: bands(value["human"]),
    };
  }
  if (type === "sample") {
    const file = value["file"];
    return typeof file === "string" && SAMPLE_FILE.test(file) ? { type, stage, step, file } : null;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}

/** JSON writes what is not a number as `null`. */
function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : NaN;
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value).slice(0, MAX_FIGURES) : [];
}

function figures(value: unknown): Figures {
  return Object.fromEntries(entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

/** One figure is a band without width. */
function bands(value: unknown): Record<string, readonly [number, number]> {
  const result: Record<string, readonly [number, number]> = {};
  for (const [name, band] of entries(value)) {
    const [low, high] = Array.isArray(band) ? (band as unknown[]) : [band, band];
    if (typeof low === "number" && typeof high === "number" && Number.isFinite(low + high)) result[name] = [Math.min(low, high), Math.max(low, high)];
  }
  return result;
}
