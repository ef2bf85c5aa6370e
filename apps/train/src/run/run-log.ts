/**
 * @file Every line of a run goes to the metrics, and its numbers to the event file.
 */
import { openEventFile } from "./event-file.js";
import type { MetricLine, MetricsFile } from "./metrics-file.js";

/** What a log is made of. */
export interface RunLogOptions {
  /** The run's folder. */
  readonly folder: string;
  /** Its metrics. */
  readonly metrics: MetricsFile;
  /** Stages and their steps: the event file counts through. */
  readonly stages: readonly (readonly [name: string, steps: number])[];
  /** Whether there is an event file. */
  readonly tensorboard: boolean;
  /** Steps taken before. */
  readonly begun: number;
}

/** Write lines of a run. */
export function runLog({ folder, metrics, stages, tensorboard, begun }: RunLogOptions): (line: MetricLine) => void {
  const events = tensorboard
    ? openEventFile(folder, { step: begun, onFailure: (message) => metrics.add({ type: "event", message }) })
    : null;
  const before = new Map<string, number>();
  let sum = 0;
  for (const [stage, steps] of stages) {
    before.set(stage, sum);
    sum += steps;
  }
  return (line) => {
    metrics.add(line);
    if (line.type === "event" || line.type === "sample") return;
    const step = (before.get(line.stage) ?? 0) + line.step;
    const { stage } = line;
    if (line.type === "step") {
      const { loss, terms, gradientNorm, learningRate, milliseconds, notesPerSecond, rssMB, tensorMB } = line;
      const own = { loss, gradientNorm, learningRate, ...prefixed("loss", terms) };
      events?.scalars(step, { ...prefixed(stage, own), ...prefixed("speed", { milliseconds, notesPerSecond }), ...prefixed("memory", { rssMB, tensorMB }) });
      return;
    }
    const { loss, terms, controlled, correlation, agreement, human } = line;
    const people = human && Object.fromEntries(Object.entries(human).map(([name, [low]]) => [name, low]));
    events?.scalars(step, {
      ...prefixed(`${stage}/validation`, { loss, ...prefixed("loss", terms), ...prefixed("controlled", controlled), ...prefixed("correlation", correlation) }),
      ...prefixed("agreement", agreement), ...prefixed("agreement/pianists", people),
    });
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, number | undefined>> = {}): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}
