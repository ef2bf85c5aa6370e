/**
 * @file The curve of a run, as long as the run may be: neighbouring steps are averaged, and averaged again, so that a curve
 * never holds more than a fixed number of points. Loss keeps its least and largest value beside the mean, so that a spike
 * does not vanish.
 *
 * No Node: the server reads a run into it, the page goes on with the lines that arrive.
 */
import type { EventMetric, Metric, SampleMetric, StepMetric, ValidationMetric } from "./run-record.js";

/** What is kept of every step. */
export const COLUMNS = [
  "loss", "lossLow", "lossHigh", "gradientNorm", "learningRate", "milliseconds", "notesPerSecond", "rssMB", "tensorMB", "tensors",
] as const;

/** A column of the curve. */
export type Column = (typeof COLUMNS)[number];

/** A stage, in the order of training. */
export interface HistoryStage {
  /** Its name. */
  readonly name: string;
  /** Steps before it began. */
  readonly offset: number;
  /** Steps that it has. */
  steps: number;
  /** Steps that it has taken. */
  taken: number;
}

/** Something that happened at a place of the curve. */
export type Placed<M> = M & {
  /** Steps since the run began, over all stages. */
  readonly at: number;
};

/** A history as JSON carries it; not-a-number is `null`. */
export interface HistoryData {
  readonly stages: readonly HistoryStage[];
  /** Steps that a point stands for. */
  readonly stride: number;
  /** Steps since the run began, one a point, rising. */
  readonly at: readonly number[];
  /** Columns, as long as `at`. */
  readonly columns: Readonly<Record<Column, readonly (number | null)[]>>;
  readonly validations: readonly Placed<ValidationMetric>[];
  readonly samples: readonly Placed<SampleMetric>[];
  readonly events: readonly EventMetric[];
  /** The newest step. */
  readonly latest: Placed<StepMetric> | null;
}

const MAX_STAGES = 32;

/** How much is kept. */
export const HISTORY_LIMITS = { points: 2000, validations: 600, samples: 300, events: 100 } as const;

/** A curve that grows without growing. */
export class History {
  readonly stages: HistoryStage[] = [];
  readonly at: number[] = [];
  readonly columns: Record<Column, number[]>;
  readonly validations: Placed<ValidationMetric>[] = [];
  readonly samples: Placed<SampleMetric>[] = [];
  readonly events: EventMetric[] = [];
  latest: Placed<StepMetric> | null = null;
  /** Steps that a point stands for. */
  stride = 1;
  /** Steps in the last point. */
  private filled = 0;

  constructor() {
    this.columns = Object.fromEntries(COLUMNS.map((name) => [name, [] as number[]])) as unknown as Record<Column, number[]>;
  }

  /** Take in a line. */
  add(metric: Metric): void {
    if (metric.type === "step") return this.addStep(metric);
    if (metric.type === "validation") return keep(this.validations, { ...metric, at: this.place(metric.stage, metric.step) }, HISTORY_LIMITS.validations);
    if (metric.type === "sample") return keep(this.samples, { ...metric, at: this.place(metric.stage, metric.step) }, HISTORY_LIMITS.samples);
    this.events.push(metric);
    if (this.events.length > HISTORY_LIMITS.events) this.events.shift();
  }

  /** As JSON carries it. */
  toJSON(): HistoryData {
    const { stages, stride, at, columns, validations, samples, events, latest } = this;
    return { stages, stride, at, columns, validations, samples, events, latest };
  }

  /** From what JSON carried. */
  static from(data: HistoryData): History {
    const history = new History();
    history.stages.push(...data.stages.map((stage) => ({ ...stage })));
    history.stride = data.stride;
    history.filled = data.stride;
    history.at.push(...data.at);
    for (const name of COLUMNS) history.columns[name].push(...data.columns[name].map((value) => value ?? NaN));
    history.validations.push(...data.validations);
    history.samples.push(...data.samples);
    history.events.push(...data.events);
    history.latest = data.latest && revive(data.latest);
    return history;
  }

  private addStep(metric: StepMetric): void {
    const at = this.place(metric.stage, metric.step);
    const stage = this.stages.find(({ name }) => name === metric.stage);
    if (stage) {
      stage.taken = metric.step;
      if (metric.steps > 0) stage.steps = metric.steps;
    }
    // A run that was killed and goes on takes its last steps again.
    if (this.latest && at <= this.latest.at) this.forgetFrom(at);
    this.latest = { ...metric, at };
    if (this.at.length === 0 || this.filled >= this.stride) this.startPoint();
    this.mergeIntoLast(metric, at);
    if (this.at.length >= HISTORY_LIMITS.points && this.filled >= this.stride) this.halve();
  }

  private startPoint(): void {
    this.at.push(0);
    for (const name of COLUMNS) this.columns[name].push(NaN);
    this.filled = 0;
  }

  private mergeIntoLast(metric: StepMetric, at: number): void {
    const last = this.at.length - 1;
    const weight = this.filled++;
    this.at[last] = at;
    for (const name of COLUMNS) {
      const column = this.columns[name];
      if (name === "lossLow") column[last] = least(column[last], metric.loss);
      else if (name === "lossHigh") column[last] = most(column[last], metric.loss);
      else column[last] = mean(column[last], weight, metric[name], 1);
    }
  }

  /** Half as many points, each for twice as many steps. */
  private halve(): void {
    const half = this.at.length >> 1;
    for (let i = 0; i < half; i++) this.at[i] = this.at[2 * i + 1];
    for (const name of COLUMNS) {
      const column = this.columns[name];
      const join = name === "lossLow" ? least : name === "lossHigh" ? most : (a: number, b: number) => mean(a, 1, b, 1);
      for (let i = 0; i < half; i++) column[i] = join(column[2 * i], column[2 * i + 1]);
      column.length = half;
    }
    this.at.length = half;
    this.stride *= 2;
    this.filled = this.stride;
  }

  private forgetFrom(at: number): void {
    let length = this.at.length;
    while (length > 0 && this.at[length - 1] >= at) length--;
    this.at.length = length;
    for (const name of COLUMNS) this.columns[name].length = length;
    this.filled = this.stride;
    forget(this.validations, at);
    forget(this.samples, at);
  }

  /** Steps since the run began; an unknown stage begins where the last one stands. */
  private place(name: string, step: number): number {
    let stage = this.stages.find((candidate) => candidate.name === name);
    if (!stage && this.stages.length < MAX_STAGES) {
      const before = this.stages.at(-1);
      stage = { name, offset: before ? before.offset + before.taken : 0, steps: 0, taken: 0 };
      this.stages.push(stage);
    }
    return (stage?.offset ?? 0) + step;
  }
}

function revive(step: Placed<StepMetric>): Placed<StepMetric> {
  return Object.fromEntries(Object.entries(step).map(([name, value]) => [name, value ?? NaN])) as unknown as Placed<StepMetric>;
}

/** Append; of a full list every second entry goes, the newest stays. */
function keep<T extends { readonly at: number }>(list: T[], entry: T, most: number): void {
  while (list.length > 0 && list[list.length - 1].at > entry.at) list.pop();
  list.push(entry);
  if (list.length <= most) return;
  let length = 0;
  for (let i = list.length & 1 ? 0 : 1; i < list.length; i += 2) list[length++] = list[i];
  list.length = length;
}

function forget(list: { readonly at: number }[], at: number): void {
  while (list.length > 0 && list[list.length - 1].at >= at) list.pop();
}

function least(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b);
}

function most(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b);
}

function mean(a: number, weightA: number, b: number, weightB: number): number {
  if (Number.isNaN(a) || weightA === 0) return b;
  if (Number.isNaN(b)) return a;
  return (a * weightA + b * weightB) / (weightA + weightB);
}
