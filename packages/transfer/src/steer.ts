/**
 * @file Steering: a performance that is faster, freer, drier … than the model would have it, or than pianists have it on the
 * average, as a constant or as a curve over the score.
 *
 * A draw is told what is asked for and measured; where it misses, what it is told is moved by the miss and it is drawn again, with
 * the same seed. Tempo and loudness are levels to the model, which draws around them: they are set, not drawn. What the draw hardly
 * follows, as listeners' impressions that a score mostly fixes, is moved by levers: controls that it does follow.
 */
import type { Matrix, PerformanceParameters, Score } from "@dexter/codec";
import { drawSeeds, modelNotes, plainPerformance, renderScore, type ControlConfig, type Model, type Rendering, type RenderOptions } from "@dexter/diffusion";
import { aimOf, asked, correct, levelOf, meanOf, missOf, requestOf, settle, shareOf, type Aim, type Measured } from "./aims.js";
import { checkRequest, deviationsOf, selectColumns, SteerError, type SteerRequest } from "./control-requests.js";
import { bounded, LEVER_STEP, leverShares } from "./levers.js";

/** Measures the controls of a performance: `measureControls` and the names in `CONTROLS` of `@dexter/eval-features`. */
export interface ControlMeasure {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Values `[N, K]` and where there are any `[N · K]`. */
  readonly measure: (score: Score, parameters: PerformanceParameters) => Measured;
  /** Names of controls that move others which are not followed by themselves; default: none. */
  readonly levers?: readonly string[];
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
  /** What it would have measured without corrections. */
  readonly uncorrected: number;
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

/** A score to be played under one request after another. */
export interface Steerer {
  /**
   * Play it as asked.
   *
   * @param requests - one a control at most
   * @throws SteerError when a request cannot be
   */
  play(requests: readonly SteerRequest[]): Promise<Steering>;
}

/** A request is met when less than this share of the change is missing. */
const MET = 0.2;

/** A draw and what it measures. */
interface Draw {
  readonly rendering: Rendering;
  readonly values: Matrix;
}

/** What is known of a seed. */
interface Neutral extends Draw {
  readonly measured: Measured;
  /** What each lever brings, drawn when it is needed. */
  readonly levers: Map<string, Draw>;
}

/**
 * Play a score as asked.
 *
 * @param model - a model with controls
 * @param requests - one a control at most
 * @throws SteerError when a request cannot be, or the model has no controls
 * @throws RenderError as `renderScore`
 */
export function steer(model: Model, score: Score, requests: readonly SteerRequest[], options: SteerOptions): Promise<Steering> {
  return Promise.resolve().then(() => openSteering(model, score, options).play(requests));
}

/**
 * Prepare to play a score under several requests: what they share is drawn once.
 *
 * @throws SteerError when the model has no controls, or they cannot be measured
 */
export function openSteering(model: Model, score: Score, options: SteerOptions): Steerer {
  const { measure, corrections = 2, seed = 0, samples = 1, onProgress, ...rest } = options;
  if (!(Number.isInteger(samples) && samples >= 1)) throw new SteerError(`samples must be an integer ≥ 1, got ${samples}.`);
  const draws = drawSeeds(seed, samples, rest);
  const config = model.config.controls;
  if (!config) throw new SteerError("this model has no controls: it cannot be steered.");
  const K = config.names.length;
  const ruler = rulerOf(measure, config);
  const levers = (measure.levers ?? []).filter((name) => config.names.includes(name));
  const known = new Map<number, Neutral>();
  let drawn = 0;
  let expected = 1;

  const render = async (k: number, changes: Partial<RenderOptions>): Promise<Rendering> => {
    const [rendering] = await renderScore(model, score, { ...rest, ...changes, ...draws[k], samples: 1, onProgress: (part) => onProgress?.(Math.min(1, (drawn + part) / expected)) });
    drawn++;
    return rendering;
  };
  const neutralOf = async (k: number): Promise<Neutral> => {
    const rendering = await render(k, {});
    const measured = ruler(rendering.score, rendering.parameters);
    return { rendering, measured, values: measured.values, levers: new Map() };
  };
  const draw = async (k: number, { rendering: neutral, values }: Draw, aims: readonly Aim[]): Promise<Draw> => {
    const level = levelOf(neutral, aims, values);
    const plain = ruler(neutral.score, plainPerformance(modelNotes(neutral.score), level, model.config.targets)).values;
    const free = await render(k, { tempo: 60 / 2 ** level.log2SecPerQuarter, velocity: level.meanVelocity, controls: requestOf(aims, plain) });
    const rendering = settle(free, aims, () => ruler(free.score, free.parameters).values);
    return { rendering, values: ruler(rendering.score, rendering.parameters).values };
  };
  /** The aims that levers have to help, and the levers' aims at full strength. */
  const helped = async (k: number, neutral: Neutral, aims: readonly Aim[], now: Matrix): Promise<Aim[]> => {
    const weak = aims.filter((aim) => !levers.includes(aim.name) && 1 - shareOf(aim, now, neutral.values) > MET);
    const free = levers.filter((name) => !aims.some((aim) => aim.name === name));
    if (weak.length === 0 || free.length === 0) return [];
    const going = free.map((name) => ({ request: { control: name, relative: true, value: LEVER_STEP }, column: config.names.indexOf(name) }));
    expected += going.length - neutral.levers.size;
    const N = now.shape[0];
    const goals = going.map(() => new Float64Array(N));
    for (const { request, column } of going) {
      if (neutral.levers.has(request.control)) continue;
      const aim = aimOf(request, column, new Float64Array(N).fill(LEVER_STEP), neutral.measured, config);
      neutral.levers.set(request.control, await draw(k, neutral, [aim]));
    }
    for (const aim of weak) {
      const responses = going.map(({ request: { control } }) => {
        const { values } = neutral.levers.get(control)!;
        return meanOf(aim, (n) => values.data[n * K + aim.column] - neutral.values.data[n * K + aim.column]) / config.spread[aim.column] / LEVER_STEP;
      });
      const missing = 1 - shareOf(aim, now, neutral.values);
      leverShares(responses).forEach((share, j) => {
        for (let n = 0; n < N; n++) goals[j][n] += (share * missing * (asked(aim, neutral.values, n) || 0)) / config.spread[aim.column];
      });
    }
    return going.map(({ request, column }, j) => aimOf(request, column, goals[j].map(bounded), neutral.measured, config, weak.some(({ curve }) => curve)));
  };

  return {
    async play(requests) {
      const twice = requests.find(({ control }, i) => requests.findIndex((other) => other.control === control) < i);
      if (twice) throw new SteerError(`${twice.control} is asked for twice.`);
      const columns = requests.map((request) => checkRequest(request, config));
      const warnings = new Set<string>();
      const renderings: SteeredRendering[] = [];
      drawn = 0;
      expected = samples * (2 + corrections);
      for (const k of draws.keys()) {
        const neutral = known.get(k) ?? await neutralOf(k);
        known.set(k, neutral);
        const aims = requests.map((request, i) => {
          const { deviations, warnings: told } = deviationsOf(request, neutral.rendering.score);
          for (const warning of told) warnings.add(warning);
          return aimOf(request, columns[i], deviations, neutral.measured, config);
        });
        const first = aims.length > 0 ? await draw(k, neutral, aims) : neutral;
        let best = first;
        let now = first;
        let help: Aim[] = [];
        let before = aims.map(() => 0);
        for (let turn = 0; turn < corrections && aims.some((aim) => !aim.set && Math.abs(1 - shareOf(aim, now.values, neutral.values)) > 0.02); turn++) {
          const shares = aims.map((aim) => shareOf(aim, now.values, neutral.values));
          if (turn === 0) help = await helped(k, neutral, aims, now.values);
          else help = strengthened(help, aims, shares, before, levers, neutral.values, config);
          if (turn === 0) before = shares;
          for (const aim of aims) if (levers.includes(aim.name) || levers.length === 0) correct(aim, now.values, neutral.values);
          now = await draw(k, neutral, [...aims, ...help]);
          if (missOf(aims, now.values, config) < missOf(aims, best.values, config)) best = now;
        }
        const at = (aim: Aim, { values }: Draw): number => meanOf(aim, (n) => values.data[n * K + aim.column]);
        renderings.push({
          ...best.rendering,
          controls: aims.map((aim) => ({
            control: aim.name, neutral: at(aim, neutral), requested: meanOf(aim, (n) => aim.target[n]), realised: at(aim, best), uncorrected: at(aim, first),
          })),
        });
      }
      onProgress?.(1);
      return { renderings, warnings: [...warnings] };
    },
  };
}

/** The levers' aims, moved by what came of the last draw (the secant rule). */
function strengthened(
  help: readonly Aim[], aims: readonly Aim[], shares: readonly number[], before: readonly number[], levers: readonly string[], neutral: Matrix, { spread }: ControlConfig,
): Aim[] {
  const weak = aims.map((_, i) => i).filter((i) => !levers.includes(aims[i].name));
  if (weak.length === 0) return [...help];
  const factors = weak.map((i) => {
    const came = shares[i] - before[i];
    return came > 0.05 ? Math.max(0.4, Math.min(3, (1 - before[i]) / came)) : 2;
  });
  const factor = factors.reduce((a, b) => a + b, 0) / factors.length;
  const K = neutral.shape[1];
  return help.map((aim) => {
    const moved = aim.target.map((value, n) => {
      const from = neutral.data[n * K + aim.column];
      return from + bounded((factor * (value - from)) / spread[aim.column]) * spread[aim.column];
    });
    return { ...aim, target: moved, told: moved.slice() };
  });
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
