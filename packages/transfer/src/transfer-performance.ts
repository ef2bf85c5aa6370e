/**
 * @file Transfer: one performance carried toward another, or toward what is asked for, or toward what the model would play.
 *
 * The model plays the same draw twice: once told what the pianist's own performance measures, once told what it shall measure. The
 * difference of the two is put on the pianist's parameters (an edit between two paths of one flow: Kulikov et al., 2024, "FlowEdit"), so
 * that nothing changes where nothing is asked for. What the draw misses of a musical control is then moved along that control's own
 * parameter (`moveControls`). Without a goal, the performance is covered with noise in part and drawn again (Meng et al., 2022, "SDEdit").
 */
import { decodePerformance, groupOnsets, type Alignment, type Matrix, type Performance, type PerformanceParameters, type Score } from "@dexter/codec";
import {
  controlInput, drawNoise, guide, inpaint, invert, modelFeatures, modelNotes, plainPerformance, renoise, sample, standardize,
  type Batch, type ControlConfig, type Denoiser, type Model, type ScoreCondition,
} from "@dexter/diffusion";
import { carryPerformance, type ExtraNotes, type Recording } from "./carried-performance.js";
import { moveControls, MOVED_CONTROLS, type ControlMove, type MovedControl } from "./control-moves.js";
import { selectColumns, type SteerRequest } from "./control-requests.js";
import { changeTargets } from "./parameter-changes.js";
import { completePerformance, sourceTargets } from "./source-performance.js";
import type { ControlMeasure } from "./steer.js";
import { aimOfRequests, aimToward, type MeasuredPerformance, type TransferAim } from "./transfer-aim.js";
import { TransferError } from "./transfer-error.js";

/**
 * How the source comes into the draw: covered with noise (`"renoise"`), followed back to the noise that the model would have made
 * it of (`"invert"`), or not at all: `"move"` moves each control along its own parameter, needs no model with controls, and knows musical controls alone.
 */
export type TransferMethod = "renoise" | "invert" | "move";

/** The names of all methods. */
export const TRANSFER_METHODS: readonly TransferMethod[] = ["renoise", "invert", "move"];

/** What to carry where. */
export interface TransferOptions {
  /** Another performance of the same notes, to go toward. */
  readonly toward?: PerformanceParameters;
  /** Instead: what is asked for; relative requests count from the source. Without both, the way goes to what the model would play. */
  readonly requests?: readonly SteerRequest[];
  /** How far, 0–1: 0 gives the source back, 1 goes all the way. */
  readonly strength: number;
  /** How controls are measured: `measureControls` and the names in `CONTROLS` of `@dexter/eval-features`. */
  readonly measure: ControlMeasure;
  /** Which controls go toward the other performance; default the musical ones, {@link MOVED_CONTROLS}, that the model has. */
  readonly controls?: readonly string[];
  /** Default `"renoise"` where the model has the controls. */
  readonly method?: TransferMethod;
  /** Whether what a draw misses of the musical controls is moved along their own parameters; default true. */
  readonly settle?: boolean;
  /** How much of each note stays as it was played, 0–1, `[N]`: see `keptShare`. Missing notes are not played where it is 1. */
  readonly keep?: Float32Array;
  /** The recording of the source, so that its extra notes, pedals and short notes come along. */
  readonly recording?: Recording;
  /** What becomes of notes that the score does not have; default `"keep"`. */
  readonly extra?: ExtraNotes;
  /** Of the noise: a safe integer ≥ 0, default 0. */
  readonly seed?: number;
  /** Steps of the whole way, 1–1,000; default the model's. */
  readonly steps?: number;
  /** Guidance of the draws, 0–20; default 1 toward a goal, the model's without. */
  readonly guidance?: number;
  /** Share of the way to noise and back, above 0, up to 1; default 0.75 for `"renoise"`, 1 for `"invert"`. Without a goal it is the strength. */
  readonly fraction?: number;
  /** What is known of the notes already, in the model's columns, not standardized, `[N, C]`. */
  readonly features?: Matrix;
  /** Stops the work between two steps. */
  readonly signal?: AbortSignal;
}

/** What became of a control, over the notes that it is defined for. */
export interface TransferredControl {
  /** Its name. */
  readonly control: string;
  /** Means of the source, of what was aimed at, and of the result, in the control's unit. */
  readonly source: number;
  readonly aim: number;
  readonly result: number;
  /** Root mean squares of what source and result are away from the goal at full strength, in the deviations by which pianists differ. */
  readonly distance: { readonly before: number; readonly after: number };
}

/** A performance that was carried. */
export interface Transferred {
  readonly seed: number;
  /** Parameters of the score's notes, `release: "key"`. */
  readonly parameters: PerformanceParameters;
  readonly performance: Performance;
  readonly alignment: Alignment;
  /** One entry a control that was moved; empty without a goal. */
  readonly controls: readonly TransferredControl[];
  /** Share of the distance to the goal that was covered, 0–1, over all controls; `null` without a goal, or where there was none. */
  readonly covered: number | null;
  /** For people: curves that do not cover the score. */
  readonly warnings: readonly string[];
}

const DEFAULT_FRACTION = { renoise: 0.75, invert: 1 } as const;
/** Moves along the controls' own parameters: windows overlap, so that one is not enough. */
const MOVES = 3;
/** About how far the windows of the controls reach to either side. */
const WINDOW_REACH_QUARTERS = 4;

/**
 * Carry a performance.
 *
 * @param model - a `base` model; toward a goal one with controls, or `method: "move"`
 * @param score - as it was played, repeats unfolded, `N` notes
 * @param source - of these notes, `release: "key"`
 * @throws TransferError when an option is out of range, or the model has not the controls
 * @throws SteerError when a request cannot be
 * @throws the signal's reason when it is aborted
 */
export async function transferPerformance(model: Model, score: Score, source: PerformanceParameters, options: TransferOptions): Promise<Transferred> {
  const { toward, requests = [], strength, recording, extra = "keep", seed = 0 } = options;
  checkOptions(score, source, options);
  const keep = options.keep ?? new Float32Array(source.length);
  const hasGoal = toward !== undefined || requests.length > 0;
  const method = options.method ?? "renoise";
  const plan = hasGoal ? planOf(model, options, method) : null;
  const before = plan && plan.ruler(score, source);
  const goal = plan && before && goalOf(plan, before, options, score, 1);
  let parameters = source;
  if (strength > 0) {
    const draws = await openDraws(model, score, source, options, keep);
    const filled = draws.filled;
    if (!plan || !before) {
      const change = await draws.again(strength, method);
      parameters = changeTargets(score, filled, change, shareOf(keep), model.config.targets);
    } else {
      const { aim } = goalOf(plan, before, options, score, strength);
      const drawn = method === "move" ? filled
        : changeTargets(score, filled, await draws.toward(plan, before, aim, method), shareOf(keep), model.config.targets);
      parameters = options.settle === false ? drawn : settleMoves(score, drawn, before, aim, plan, keep);
    }
  }
  const carried = recording
    ? strength === 0 && extra === "keep" ? recording : carryPerformance(score, recording, source, parameters, extra)
    : decodePerformance(score, parameters);
  const controls = plan && before && goal ? outcomes(plan, before, goal.aim, goalOf(plan, before, options, score, strength).aim, plan.ruler(score, parameters)) : [];
  const sum = (of: "before" | "after"): number => controls.reduce((total, { distance }) => total + distance[of] ** 2, 0);
  const covered = sum("before") > 0 ? 1 - Math.sqrt(sum("after") / sum("before")) : null;
  return { seed, parameters, performance: carried.performance, alignment: carried.alignment, controls, covered, warnings: goal?.warnings ?? [] };
}

function checkOptions(score: Score, source: PerformanceParameters, { toward, requests, strength, keep, method, seed = 0, steps = 1, guidance = 1, fraction = 1 }: TransferOptions): void {
  const N = score.notes.length;
  const fail = (message: string): TransferError => new TransferError(message);
  if (N === 0) throw fail("the score has no notes.");
  if (source.length !== N) throw fail(`the source must have the score's ${N} notes as played, got ${source.length}.`);
  if (source.release !== "key") throw fail(`the source must have release "key", got "${source.release}".`);
  if (!source.mask.includes(1)) throw fail("nothing of the score was played in the source.");
  if (toward && requests?.length) throw fail("go toward another performance or toward requests, not both.");
  if (toward && (toward.length !== N || toward.release !== "key")) throw fail(`the performance to go toward must have the score's ${N} notes and release "key", got ${toward.length} and "${toward.release}".`);
  if (toward && !toward.mask.includes(1)) throw fail("the performance to go toward has none of the score's notes.");
  if (!(strength >= 0 && strength <= 1)) throw fail(`strength must be from 0 to 1, got ${strength}.`);
  if (keep && keep.length !== N) throw fail(`keep must have ${N} values, got ${keep.length}.`);
  if (method && !TRANSFER_METHODS.includes(method)) throw fail(`method must be one of ${TRANSFER_METHODS.join(", ")}, got "${method}".`);
  if (method === "move" && !toward && !requests?.length) throw fail('method "move" needs something to move toward: another performance, or requests.');
  if (!Number.isSafeInteger(seed) || seed < 0) throw fail(`seed must be an integer ≥ 0, got ${seed}.`);
  if (!Number.isInteger(steps) || steps < 1 || steps > 1000) throw fail(`steps must be an integer from 1 to 1000, got ${steps}.`);
  if (!(guidance >= 0 && guidance <= 20)) throw fail(`guidance must be from 0 to 20, got ${guidance}.`);
  if (!(fraction > 0 && fraction <= 1)) throw fail(`fraction must be above 0 and at most 1, got ${fraction}.`);
}

/** What is moved and how it is measured: columns in the order of `config`. */
interface Plan {
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

function planOf({ config: { controls } }: Model, { measure, requests = [], controls: chosen }: TransferOptions, method: TransferMethod): Plan {
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
  return {
    config, told: method === "move" ? null : controls!, columns,
    ruler(score, parameters) {
      const { values, mask } = measure.measure(score, parameters);
      const [N, all] = values.shape;
      const flags = Uint8Array.from({ length: N * measured.length }, (_, i) => mask[Math.floor(i / measured.length) * all + measured[i % measured.length]]);
      return { values: selectColumns(values, measured), mask: flags };
    },
  };
}

function isMoved(name: string): name is MovedControl {
  return MOVED_CONTROLS.some((one) => one === name);
}

function goalOf({ config, columns, ruler }: Plan, before: MeasuredPerformance, { toward, requests = [] }: TransferOptions, score: Score, strength: number) {
  if (toward) return { aim: aimToward(before, ruler(score, toward), columns, strength), warnings: [] as readonly string[] };
  return aimOfRequests(before, requests, config as ControlConfig, score, strength);
}

/** What is drawn for a transfer, as changes of the standardized targets, `[N, 6]`. */
interface Draws {
  /** The source with its missing notes played. */
  readonly filled: PerformanceParameters;
  /** Toward an aim. */
  toward(plan: Plan, before: MeasuredPerformance, aim: TransferAim, method: "renoise" | "invert"): Promise<Float32Array>;
  /** Toward what the model would play. */
  again(strength: number, method: TransferMethod): Promise<Float32Array>;
}

async function openDraws(model: Model, score: Score, source: PerformanceParameters, options: TransferOptions, keep: Float32Array): Promise<Draws> {
  const { config } = model;
  const { seed = 0, steps = config.sampling.steps, signal } = options;
  const features = options.features ? standardize(options.features, config.features) : modelFeatures(score, config.features);
  const onsets = groupOnsets(score.notes);
  const condition = await model.encode(features, onsets);
  const network = model.denoiser(onsets);
  const noise = drawNoise(onsets, seed, config.sampling.temperature);
  const without = Uint8Array.from(keep, (share) => (share >= 1 ? 1 : 0));
  const filled = await completePerformance(score, source, config, {
    denoiser: guide(network, config.sampling.guidance), condition, noise, steps, without, signal,
  });
  const { values, level } = sourceTargets(score, filled, config.targets);
  const joined = (denoiser: Denoiser<ScoreCondition>): Denoiser<ScoreCondition> => (keep.some((share) => share > 0) ? inpaint(denoiser, { values, share: keep }) : denoiser);
  // What makes up for the way of sampling is due for the part of the way that is walked.
  const due = (p: number, fraction: number): number => 1 + fraction * (config.sampling.gains[p] - 1);
  const P = values.shape[2];

  /** From the source to the noise at a time, as the method says. */
  const startAt = async (startTime: number, method: TransferMethod, own: ScoreCondition): Promise<Batch> => {
    if (method === "invert") return (await invert(network, values, [own], { steps: stepsOf(startTime), startTime, signal, tolerance: 1e-3, refinements: 8 })).start;
    return renoise(values, noise, startTime);
  };
  const stepsOf = (startTime: number): number => Math.max(1, Math.ceil(steps * (1 - startTime)));

  return {
    filled,
    async toward(plan, before, aim, method) {
      const controls = plan.told!;
      const fraction = options.fraction ?? DEFAULT_FRACTION[method];
      const startTime = 1 - fraction;
      const shift = (name: MovedControl): number => meanChange(before, aim, controls.names.indexOf(name));
      const moved = { log2SecPerQuarter: level.log2SecPerQuarter - shift("tempo"), meanVelocity: Math.max(1, Math.min(127, level.meanVelocity + shift("dynamics"))) };
      const plainAt = (at: typeof level): Matrix => plan.ruler(score, plainPerformance(modelNotes(score), at, config.targets)).values;
      const told = (values: Matrix, plain: Matrix): ScoreCondition => ({ ...condition, controls: controlInput({ values, known: aim.known, plain }, score.notes.length, controls) });
      // Tempo and loudness are levels to the model: it is told how they move around them, and they are moved as a whole.
      const own = told(before.values, plainAt(level));
      const wanted = told(aim.values, plainAt(moved));
      const start = await startAt(startTime, method, own);
      const both: Batch = { data: doubled(start.data), shape: [2, start.shape[1], P] };
      const denoiser = joined(guide(network, options.guidance ?? 1));
      const { data } = await sample(denoiser, both, [own, wanted], { steps: stepsOf(startTime), startTime, signal });
      const size = start.data.length;
      return Float32Array.from({ length: size }, (_, i) => due(i % P, fraction) * (data[size + i] - data[i]));
    },
    async again(strength, method) {
      const startTime = 1 - strength;
      const start = await startAt(startTime, method, condition);
      const denoiser = joined(guide(network, options.guidance ?? config.sampling.guidance));
      const { data } = await sample(denoiser, start, [condition], { steps: stepsOf(startTime), startTime, signal });
      return data.map((value, i) => due(i % P, strength) * value - values.data[i]);
    },
  };
}

function doubled(data: Float32Array): Float32Array {
  const both = new Float32Array(2 * data.length);
  both.set(data);
  both.set(data, data.length);
  return both;
}

/** Mean of what an aim changes of a control; 0 where nothing is asked for. */
function meanChange(before: MeasuredPerformance, aim: TransferAim, column: number): number {
  const K = aim.values.shape[1];
  let sum = 0;
  let count = 0;
  for (let i = column; column >= 0 && i < aim.known.length; i += K) {
    if (!aim.known[i]) continue;
    sum += aim.values.data[i] - before.values.data[i];
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** How much of a change each note takes. */
function shareOf(keep: Float32Array): Float32Array {
  return keep.map((share) => 1 - share);
}

/** Move what a draw missed of the musical controls, window by window. */
function settleMoves(score: Score, drawn: PerformanceParameters, before: MeasuredPerformance, aim: TransferAim, { config: { names }, columns, ruler }: Plan, keep: Float32Array): PerformanceParameters {
  const K = names.length;
  const movable = columns.filter((k) => isMoved(names[k]));
  const near = nearKept(score, keep);
  let parameters = drawn;
  for (let turn = 0; turn < MOVES && movable.length > 0; turn++) {
    const { values, mask } = ruler(score, parameters);
    const moves: Partial<Record<MovedControl, ControlMove>> = {};
    for (const k of movable) {
      const by = new Float64Array(score.notes.length);
      const now = new Float64Array(score.notes.length);
      for (let n = 0; n < by.length; n++) {
        const i = n * K + k;
        now[n] = values.data[i];
        if (!aim.known[i] || !mask[i]) continue;
        const wanted = aim.values.data[i] + near[n] * (before.values.data[i] - aim.values.data[i]);
        by[n] = (1 - keep[n]) * (wanted - values.data[i]);
      }
      moves[names[k] as MovedControl] = { by, now };
    }
    parameters = moveControls(score, parameters, moves);
  }
  return parameters;
}

/** How much of a control's window around each note is kept, `[N]`: there, what is not kept must not make up for what is. */
function nearKept({ notes }: Score, keep: Float32Array): Float32Array {
  let low = 0;
  let high = 0;
  let sum = 0;
  return keep.map((_, n) => {
    while (high < keep.length && notes.onsetQuarter[high] <= notes.onsetQuarter[n] + WINDOW_REACH_QUARTERS) sum += keep[high++];
    while (notes.onsetQuarter[low] < notes.onsetQuarter[n] - WINDOW_REACH_QUARTERS) sum -= keep[low++];
    return Math.max(0, Math.min(1, sum / (high - low)));
  });
}

function outcomes({ config: { names, spread }, columns }: Plan, before: MeasuredPerformance, goal: TransferAim, aim: TransferAim, after: MeasuredPerformance): TransferredControl[] {
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
