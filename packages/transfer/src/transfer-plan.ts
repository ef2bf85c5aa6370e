/**
 * @file What a transfer moves, how that is measured, and what became of it.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import type { ControlConfig, Model } from "@dexter/diffusion";
import { MOVED_CONTROLS, type MovedControl } from "./control-moves.js";
import { selectColumns } from "./control-requests.js";
import { aimOfRequests, aimToward, type MeasuredPerformance, type TransferAim } from "./transfer-aim.js";
import { TransferError } from "./transfer-error.js";
import type { TransferMethod, TransferOptions, TransferredControl } from "./transfer-performance.js";

/** What is moved and how it is measured: columns in the order of `config`. */
export interface TransferPlan {
  readonly config: Pick<ControlConfig, "names" | "mean" | "sd" | "spread">;
  /** Of the model, where it takes part. */
  readonly told: ControlConfig | null;
  readonly columns: readonly number[];
  readonly ruler: (score: Score, parameters: PerformanceParameters) => MeasuredPerformance;
}

/** Deviations by which pianists differ, for models that do not tell: the corpus' own, rounded (docs/controls.md). */
const PLAIN_SPREAD: Readonly<Record<MovedControl, number>> = {
  tempo: 0.2, rubato: 0.4, dynamics: 6, dynamicRange: 2, articulation: 0.4, pedal: 0.2, melodyLead: 8, melodyProminence: 4, chordSpread: 0.5,
};

/**
 * Settle what is moved.
 *
 * @throws TransferError when the model cannot, or a control is not known
 */
export function planOf({ config: { controls } }: Model, { measure, requests = [], controls: chosen }: TransferOptions, method: TransferMethod): TransferPlan {
  if (method !== "move" && !controls) {
    throw new TransferError('this model has no controls, so it cannot be told where to go: take a model that was trained with `controls: true`, or method "move", which shifts each control without the network.');
  }
  const config = controls ?? {
    names: MOVED_CONTROLS, mean: MOVED_CONTROLS.map(() => 0), sd: MOVED_CONTROLS.map((name) => PLAIN_SPREAD[name]), spread: MOVED_CONTROLS.map((name) => PLAIN_SPREAD[name]),
  };
  if (!controls) {
    const absolute = requests.find(({ relative }) => !relative);
    if (absolute) throw new TransferError(`${absolute.control}: this model does not know the corpus' mean; ask relative to the source, as ${absolute.control}=+1.`);
  }
  const names = requests.length > 0 ? requests.map(({ control }) => control) : chosen ?? MOVED_CONTROLS.filter((name) => (config.names as readonly string[]).includes(name));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new TransferError(`${twice} is asked for twice.`);
  const columns = names.map((name) => {
    const column = (config.names as readonly string[]).indexOf(name);
    if (column < 0 && requests.length === 0) throw new TransferError(`there is no control "${name}". There are ${config.names.join(", ")}.`);
    return column;
  });
  const unmoved = names.find((name) => !isMoved(name));
  if (method === "move" && unmoved !== undefined) throw new TransferError(`method "move" cannot move ${unmoved}: it knows ${MOVED_CONTROLS.join(", ")}.`);
  const measured = config.names.map((name) => {
    const column = measure.names.indexOf(name);
    if (column < 0) throw new TransferError(`the control "${name}" cannot be measured: there are ${measure.names.join(", ")}.`);
    return column;
  });
  const known = new WeakMap<PerformanceParameters, MeasuredPerformance>();
  return {
    config, told: method === "move" ? null : controls!, columns,
    ruler(score, parameters) {
      const before = known.get(parameters);
      if (before) return before;
      const { values, mask } = measure.measure(score, parameters);
      const [N, all] = values.shape;
      const flags = Uint8Array.from({ length: N * measured.length }, (_, i) => mask[Math.floor(i / measured.length) * all + measured[i % measured.length]]);
      const taken = { values: selectColumns(values, measured), mask: flags };
      known.set(parameters, taken);
      return taken;
    },
  };
}

/** Whether a control has a parameter of its own to move along. */
export function isMoved(name: string): name is MovedControl {
  return MOVED_CONTROLS.some((one) => one === name);
}

/** The aim at a strength, and what people should know of it. */
export function goalOf({ config, columns, ruler }: TransferPlan, before: MeasuredPerformance, { toward, requests = [] }: TransferOptions, score: Score, strength: number) {
  if (toward) return { aim: aimToward(before, ruler(score, toward), columns, strength), warnings: [] as readonly string[] };
  return aimOfRequests(before, requests, config as ControlConfig, score, strength);
}

/** What became of every control on the way to the goal. */
export function outcomes({ config: { names, spread }, columns }: TransferPlan, before: MeasuredPerformance, goal: TransferAim, aim: TransferAim, after: MeasuredPerformance): TransferredControl[] {
  const K = names.length;
  return columns.map((k) => {
    const sum = { source: 0, aim: 0, result: 0, before: 0, after: 0 };
    let count = 0;
    for (let i = k; i < goal.known.length; i += K) {
      if (!goal.known[i] || !after.mask[i]) continue;
      count++;
      sum.source += before.values.data[i];
      sum.aim += aim.values.data[i];
      sum.result += after.values.data[i];
      sum.before += ((before.values.data[i] - goal.values.data[i]) / spread[k]) ** 2;
      sum.after += ((after.values.data[i] - goal.values.data[i]) / spread[k]) ** 2;
    }
    const mean = (value: number): number => (count > 0 ? value / count : 0);
    return {
      control: names[k], source: mean(sum.source), aim: mean(sum.aim), result: mean(sum.result),
      distance: { before: Math.sqrt(mean(sum.before)), after: Math.sqrt(mean(sum.after)) },
    };
  });
}
