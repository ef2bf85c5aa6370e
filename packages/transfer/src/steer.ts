/**
 * @file Steering: a performance that is faster, freer, drier … than the model would have it, or than pianists have it on the
 * average, as a constant or as a curve over the score.
 *
 * A draw is told what is asked for and measured; where it misses, what it is told is moved by the miss and it is drawn again, with
 * the same seed. Tempo and loudness are levels to the model, which draws around them: they are set, not drawn.
 */
import type { Matrix, PerformanceParameters, Score } from "@dexter/codec";
import { modelNotes, plainPerformance, renderScore, type ControlConfig, type Model, type Rendering, type RenderOptions } from "@dexter/diffusion";
import { checkRequest, deviationsOf, selectColumns, SteerError, type SteerRequest } from "./control-requests.js";
import { shiftLevels } from "./level-shift.js";

/** Measures the controls of a performance: `measureControls` and the names in `CONTROLS` of `@dexter/eval-features`. */
export interface ControlMeasure {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Values `[N, K]` and where there are any `[N · K]`. */
  readonly measure: (score: Score, parameters: PerformanceParameters) => { readonly values: Matrix; readonly mask: Uint8Array };
}

/** How to steer. */
export interface SteerOptions extends Omit<RenderOptions, "controls" | "onStep" | "source" | "fraction"> {
  /** How controls are measured. */
  readonly measure: ControlMeasure;
  /** How often a draw is corrected by its miss, ≥ 0. Default 2. */
  readonly corrections?: number;
}

/** What became of a request, means over the notes that it is for, in the units of the control. */
export interface SteeredControl {
  /** Its name. */
  readonly control: string;
  /** Of the same draw, unsteered. */
  readonly neutral: number;
  /** What was asked for. */
  readonly requested: number;
  /** What the performance measures. */
  readonly realised: number;
}

/** A performance and what became of the requests. */
export interface SteeredRendering extends Rendering {
  /** One entry a request. */
  readonly controls: readonly SteeredControl[];
}

/** The performances, and what a caller should know. */
export interface Steering {
  /** One a sample. */
  readonly renderings: readonly SteeredRendering[];
  /** For people: curves that do not cover the score. */
  readonly warnings: readonly string[];
}

/** Controls that are levels to the model. */
const LEVELS = ["tempo", "dynamics"] as const;
type Level = (typeof LEVELS)[number];

/** A correction takes at least this and at most that for the share of a change that comes through. */
const RESPONSE = [0.3, 1.5] as const;
/** A draw is told at most this many times the change that is asked for. */
const MAX_INSISTENCE = 4;

/** A request, resolved for one draw. */
interface Aim {
  readonly name: string;
  readonly column: number;
  /** Set, not drawn; a curve is told to the draw all the same. */
  readonly level: Level | null;
  readonly curve: boolean;
  /** What it shall measure, `[N]`; NaN where nothing is asked for. */
  readonly target: Float64Array;
  /** What the draw is told, `[N]`. */
  told: Float64Array;
  /** Means of what the draw before was told and what it measured. */
  last?: { readonly told: number; readonly came: number };
}

/**
 * Play a score as asked.
 *
 * @param model - a model with controls
 * @param requests - one a control at most
 * @throws SteerError when a request cannot be, or the model has no controls
 * @throws RenderError as `renderScore`
 */
export async function steer(model: Model, score: Score, requests: readonly SteerRequest[], options: SteerOptions): Promise<Steering> {
  const { measure, corrections = 2, seed = 0, samples = 1, onProgress, ...rest } = options;
  const config = model.config.controls;
  if (!config) throw new SteerError("this model has no controls: it cannot be steered.");
  const twice = requests.find(({ control }, i) => requests.findIndex((other) => other.control === control) < i);
  if (twice) throw new SteerError(`${twice.control} is asked for twice.`);
  const columns = requests.map((request) => checkRequest(request, config));
  const ruler = rulerOf(measure, config);
  const warnings = new Set<string>();
  const renderings: SteeredRendering[] = [];
  const draws = samples * (2 + corrections);
  let drawn = 0;
  const draw = async (k: number, changes: Partial<RenderOptions>): Promise<Rendering> => {
    const [rendering] = await renderScore(model, score, { ...rest, ...changes, seed: seed + k, onProgress: (part) => onProgress?.((drawn + part) / draws) });
    drawn++;
    return rendering;
  };
  for (let k = 0; k < samples; k++) {
    const neutral = await draw(k, {});
    const before = ruler(neutral.score, neutral.parameters);
    const aims = requests.map((request, i) => {
      const { deviations, warnings: told } = deviationsOf(request, neutral.score);
      for (const warning of told) warnings.add(warning);
      return aimOf(request, columns[i], deviations, before, config);
    });
    const level = levelOf(neutral, aims, before.values, config);
    const plain = ruler(neutral.score, plainPerformance(modelNotes(neutral.score), level, model.config.targets)).values;
    let best: { rendering: Rendering; values: Matrix; miss: number } | undefined;
    for (let turn = 0; turn <= corrections; turn++) {
      const free = await draw(k, {
        tempo: 60 / 2 ** level.log2SecPerQuarter, velocity: level.meanVelocity, controls: requestOf(aims, plain, config),
      });
      const rendering = settle(free, aims, ruler(free.score, free.parameters).values);
      const { values } = ruler(rendering.score, rendering.parameters);
      const misses = aims.map((aim) => meanOf(aim, (n) => aim.target[n] - values.data[n * config.names.length + aim.column]));
      const miss = misses.reduce((sum, value, i) => sum + Math.abs(value) / config.spread[aims[i].column], 0);
      if (!best || miss < best.miss) best = { rendering, values, miss };
      if (aims.every(({ level: set, curve }) => set !== null && !curve)) break; // nothing is drawn anew
      if (turn < corrections) aims.forEach((aim, i) => correct(aim, misses[i], values, before.values));
    }
    renderings.push({ ...best!.rendering, controls: aims.map((aim) => outcomeOf(aim, before.values, best!.values)) });
  }
  onProgress?.(1);
  return { renderings, warnings: [...warnings] };
}

/** Measure in the model's order of columns. */
function rulerOf({ names, measure }: ControlMeasure, config: ControlConfig): ControlMeasure["measure"] {
  const columns = config.names.map((name) => {
    const column = names.indexOf(name);
    if (column < 0) throw new SteerError(`the model's control "${name}" cannot be measured: there are ${names.join(", ")}.`);
    return column;
  });
  return (score, parameters) => {
    const { values, mask } = measure(score, parameters);
    const flags = new Uint8Array(values.shape[0] * columns.length);
    for (let n = 0, i = 0; n < values.shape[0]; n++) for (const column of columns) flags[i++] = mask[n * names.length + column];
    return { values: selectColumns(values, columns), mask: flags };
  };
}

function aimOf(
  { control, relative, value }: SteerRequest, column: number, deviations: Float64Array,
  { values, mask }: ReturnType<ControlMeasure["measure"]>, { names, mean, sd, spread }: ControlConfig,
): Aim {
  const K = names.length;
  const level = LEVELS.find((name) => name === control) ?? null;
  const target = deviations.map((deviation, n) => {
    const i = n * K + column;
    // A level stays as it is where nothing is asked for; else it would follow its mean.
    if (Number.isNaN(deviation)) return level && mask[i] ? values.data[i] : Number.NaN;
    if (!relative) return mean[column] + deviation * sd[column];
    return mask[i] ? values.data[i] + deviation * spread[column] : Number.NaN;
  });
  return { name: control, column, level, curve: typeof value !== "number", target, told: target.slice() };
}

/** Mean over the notes that an aim is for; 0 where there are none. */
function meanOf({ target }: Aim, value: (n: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < target.length; n++) {
    if (Number.isNaN(target[n])) continue;
    sum += value(n);
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** The level of the rendering, moved by the mean of what is asked for. */
function levelOf({ quartersPerMinute, meanVelocity }: Rendering, aims: readonly Aim[], before: Matrix, { names }: ControlConfig) {
  const moved = (level: Level): number => {
    const aim = aims.find((each) => each.level === level);
    return aim ? meanOf(aim, (n) => aim.target[n] - before.data[n * names.length + aim.column]) : 0;
  };
  const tempo = Math.max(5, Math.min(1000, quartersPerMinute * 2 ** moved("tempo")));
  return { log2SecPerQuarter: Math.log2(60 / tempo), meanVelocity: Math.max(1, Math.min(127, meanVelocity + moved("dynamics"))) };
}

/** What the draw is told: everything but levels that are constant. */
function requestOf(aims: readonly Aim[], plain: Matrix, { names }: ControlConfig): RenderOptions["controls"] {
  const [N, K] = [plain.shape[0], names.length];
  const values = new Float32Array(N * K);
  const known = new Uint8Array(N * K);
  for (const { level, curve, column, told } of aims) {
    if (level && !curve) continue;
    for (let n = 0; n < N; n++) {
      if (Number.isNaN(told[n])) continue;
      values[n * K + column] = told[n];
      known[n * K + column] = 1;
    }
  }
  return { values: { data: values, shape: [N, K] }, known, plain };
}

/** Curves of tempo and loudness, moved to where they shall be. */
function settle(rendering: Rendering, aims: readonly Aim[], { data, shape: [, K] }: Matrix): Rendering {
  const shift: Partial<Record<Level, Float64Array>> = {};
  for (const { level, curve, target, column } of aims) {
    if (level && curve) shift[level] = target.map((value, n) => (Number.isNaN(value) ? 0 : value - data[n * K + column]));
  }
  return shiftLevels(rendering, shift);
}

/**
 * Move what the draw is told by what it missed, over the share of a change that comes through (the secant rule): a curve place
 * by place, a constant as a whole.
 */
function correct(aim: Aim, miss: number, now: Matrix, before: Matrix): void {
  const { target, told, column, level, curve } = aim;
  if (level) return;
  const K = now.shape[1];
  const last = { told: meanOf(aim, (n) => told[n]), came: meanOf(aim, (n) => now.data[n * K + column]) };
  const first = meanOf(aim, (n) => before.data[n * K + column]);
  const { told: asked, came } = aim.last ?? { told: first, came: first };
  const share = Math.abs(last.told - asked) > 0 ? (last.came - came) / (last.told - asked) : 1;
  const response = Math.max(RESPONSE[0], Math.min(RESPONSE[1], share));
  aim.last = last;
  aim.told = told.map((value, n) => {
    const off = curve ? target[n] - now.data[n * K + column] : miss;
    const bound = (MAX_INSISTENCE - 1) * Math.abs(target[n] - before.data[n * K + column]);
    return target[n] + Math.max(-bound, Math.min(bound, value + off / response - target[n]));
  });
}

function outcomeOf(aim: Aim, before: Matrix, after: Matrix): SteeredControl {
  const at = ({ data, shape: [, K] }: Matrix) => meanOf(aim, (n) => data[n * K + aim.column]);
  return { control: aim.name, neutral: at(before), requested: meanOf(aim, (n) => aim.target[n]), realised: at(after) };
}
