/**
 * @file What requests come to on one draw: a target for each note, what the draw is told, which levels are set, what is missing.
 */
import type { Matrix } from "@dexter/codec";
import type { ControlConfig, PieceLevel, Rendering, RenderOptions } from "@dexter/diffusion";
import type { SteerRequest } from "./control-requests.js";
import { shiftLevels } from "./level-shift.js";

/** Controls of a performance. */
export interface Measured {
  /** Raw units, `[N, K]`. */
  readonly values: Matrix;
  /** 1 where there is a value, `[N · K]`. */
  readonly mask: Uint8Array;
}

/** Controls that are levels to the model. */
const LEVELS = ["tempo", "dynamics"] as const;
type Level = (typeof LEVELS)[number];

/** A correction takes at least this and at most that for the share of a change that comes through; 1 where it went the other way. */
const RESPONSE = [0.3, 6] as const;
/** A draw is told at most this many times the change that is asked for, beyond it, and twice what it missed. */
const MAX_INSISTENCE = 3;

/** A request, resolved for one draw. */
export interface Aim {
  /** Of the control. */
  readonly name: string;
  /** Its column. */
  readonly column: number;
  /** Which level it is, if any: set, not drawn; a curve is told to the draw all the same. */
  readonly level: Level | null;
  /** Goes along the score. */
  readonly curve: boolean;
  /** A level that is set as a whole: nothing is drawn for it. */
  readonly set: boolean;
  /** What it shall measure, `[N]`; NaN where nothing is asked for. */
  readonly target: Float64Array;
  /** What the draw is told, `[N]`. */
  told: Float64Array;
  /** Means of what the draw before was told and what it measured. */
  last?: { readonly told: number; readonly came: number };
}

/**
 * A request on one draw.
 *
 * @param deviations - standard deviations asked for, `[N]`; NaN where nothing is
 * @param measured - the neutral draw
 * @param curve - whether it goes along the score; default: as the request says
 */
export function aimOf(
  { control, relative, value }: SteerRequest, column: number, deviations: Float64Array, { values, mask }: Measured,
  { names, mean, sd, spread }: ControlConfig, curve = typeof value !== "number",
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
  return { name: control, column, level, curve, set: level !== null && !curve, target, told: target.slice() };
}

/** Mean over the notes that an aim is for; 0 where there are none. */
export function meanOf({ target }: Aim, value: (n: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let n = 0; n < target.length; n++) {
    if (Number.isNaN(target[n])) continue;
    sum += value(n);
    count++;
  }
  return count > 0 ? sum / count : 0;
}

/** The change that is asked for at a note; NaN where none is. */
export function asked({ target, column }: Aim, neutral: Matrix, n: number): number {
  return target[n] - neutral.data[n * neutral.shape[1] + column];
}

/** How much of the change has come: its projection on what is asked for. 1 where nothing is. */
export function shareOf(aim: Aim, now: Matrix, neutral: Matrix): number {
  const K = now.shape[1];
  const square = meanOf(aim, (n) => asked(aim, neutral, n) ** 2);
  const came = meanOf(aim, (n) => asked(aim, neutral, n) * (now.data[n * K + aim.column] - neutral.data[n * K + aim.column]));
  return square > 0 ? came / square : 1;
}

/** What is missing, in spreads, over all aims: of a constant in the mean, of a curve note by note. */
export function missOf(aims: readonly Aim[], { data, shape: [, K] }: Matrix, { spread }: ControlConfig): number {
  return aims.reduce((sum, aim) => {
    const off = (n: number): number => aim.target[n] - data[n * K + aim.column];
    return sum + (aim.curve ? meanOf(aim, (n) => Math.abs(off(n))) : Math.abs(meanOf(aim, off))) / spread[aim.column];
  }, 0);
}

/** The level of the rendering, moved by the mean of what is asked for. */
export function levelOf({ quartersPerMinute, meanVelocity }: Rendering, aims: readonly Aim[], neutral: Matrix): PieceLevel {
  const moved = (level: Level): number => {
    const aim = aims.find((each) => each.level === level);
    return aim ? meanOf(aim, (n) => asked(aim, neutral, n)) : 0;
  };
  const tempo = Math.max(5, Math.min(1000, quartersPerMinute * 2 ** moved("tempo")));
  return { log2SecPerQuarter: Math.log2(60 / tempo), meanVelocity: Math.max(1, Math.min(127, meanVelocity + moved("dynamics"))) };
}

/** What the draw is told: everything but levels that are constant. */
export function requestOf(aims: readonly Aim[], plain: Matrix): NonNullable<RenderOptions["controls"]> {
  const [N, K] = plain.shape;
  const values = new Float32Array(N * K);
  const known = new Uint8Array(N * K);
  for (const { set, column, told } of aims) {
    if (set) continue;
    for (let n = 0; n < N; n++) {
      if (Number.isNaN(told[n])) continue;
      values[n * K + column] = told[n];
      known[n * K + column] = 1;
    }
  }
  return { values: { data: values, shape: [N, K] }, known, plain };
}

/**
 * Tempo and loudness moved to where they shall be: a curve place by place, a constant as a whole, since a draw that is told other
 * controls may have left it.
 *
 * @param measure - the controls of the rendering, asked for where there is anything to move
 */
export function settle(rendering: Rendering, aims: readonly Aim[], measure: () => Matrix): Rendering {
  const levels = aims.filter(({ level }) => level);
  if (levels.length === 0 || aims.every(({ set }) => set)) return rendering;
  const { data, shape: [, K] } = measure();
  const shift: Partial<Record<Level, Float64Array>> = {};
  for (const aim of levels) {
    const { level, set, target, column } = aim;
    const off = (n: number): number => target[n] - data[n * K + column];
    const whole = set ? meanOf(aim, off) : 0;
    shift[level!] = target.map((value, n) => (set ? whole : Number.isNaN(value) ? 0 : off(n)));
  }
  return shiftLevels(rendering, shift);
}

/**
 * Move what the draw is told by what it missed, over the share of a change that comes through (the secant rule): a curve place
 * by place, a constant as a whole.
 */
export function correct(aim: Aim, now: Matrix, neutral: Matrix): void {
  const { target, told, column, level, curve } = aim;
  if (level) return;
  const K = now.shape[1];
  const last = { told: meanOf(aim, (n) => told[n]), came: meanOf(aim, (n) => now.data[n * K + column]) };
  const first = meanOf(aim, (n) => neutral.data[n * K + column]);
  const miss = meanOf(aim, (n) => target[n] - now.data[n * K + column]);
  const { told: before, came } = aim.last ?? { told: first, came: first };
  const share = Math.abs(last.told - before) > 0 ? (last.came - came) / (last.told - before) : 1;
  const response = share > 0 ? Math.max(RESPONSE[0], Math.min(RESPONSE[1], share)) : 1;
  aim.last = last;
  aim.told = told.map((value, n) => {
    const off = curve ? target[n] - now.data[n * K + column] : miss;
    const bound = MAX_INSISTENCE * Math.abs(asked(aim, neutral, n)) + 2 * Math.abs(off);
    return target[n] + Math.max(-bound, Math.min(bound, value + off / response - target[n]));
  });
}
