/**
 * @file What may be asked of a performance: controls by name, as constants or curves, in standard deviations; and the errors of asking wrongly.
 */
import { distance } from "fastest-levenshtein";
import type { Matrix, Score } from "@dexter/codec";
import type { ControlConfig } from "@dexter/diffusion";

/** Largest number of standard deviations that may be asked for. */
export const MAX_DEVIATIONS = 4;

/** A request that cannot be fulfilled: an unknown control, a value out of range, a curve that is none. */
export class SteerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SteerError";
  }
}

/** How a control goes over the score, linear between its points. */
export interface ControlCurve {
  /** What `at` counts: beats of the score from its first note on as `ScoreNotes.onsetBeat`, quarter notes, or bars (2.5: the middle of the second bar as it sounds). */
  readonly unit: "beat" | "quarter" | "bar";
  /** Places, ascending, `[M]`. */
  readonly at: Float64Array;
  /** Standard deviations there, `[M]`. */
  readonly value: Float64Array;
}

/** One control and what it shall be. */
export interface SteerRequest {
  /** Its name. */
  readonly control: string;
  /**
   * `true`: so many of the deviations by which pianists differ in the same music, added to what the model would do;
   * `false`: so many deviations of the whole corpus from its mean.
   */
  readonly relative: boolean;
  /** Standard deviations, −4 to 4: one for all notes, or a curve. */
  readonly value: number | ControlCurve;
}

/**
 * Check a request.
 *
 * @returns the control's column
 * @throws SteerError that names what is wrong, and the nearest name there is
 */
export function checkRequest({ control, value }: SteerRequest, { names }: Pick<ControlConfig, "names">): number {
  const column = names.indexOf(control);
  if (column < 0) {
    const meant = nearestName(control, names);
    throw new SteerError(`there is no control "${control.slice(0, 60)}". ${meant ? `Did you mean "${meant}"?` : `There are ${names.join(", ")}.`}`);
  }
  if (typeof value === "number") {
    checkDeviations(control, value, "");
    return column;
  }
  const { at, value: values, unit } = value;
  if (at.length === 0 || at.length !== values.length) throw new SteerError(`${control}: a curve needs a value for each of at least one place, got ${at.length} places and ${values.length} values.`);
  for (let i = 0; i < at.length; i++) {
    if (!Number.isFinite(at[i]) || (i > 0 && at[i] <= at[i - 1])) throw new SteerError(`${control}: the places of a curve must ascend, got ${unit} ${at[i]}${i > 0 ? ` after ${at[i - 1]}` : ""}.`);
    checkDeviations(control, values[i], ` at ${unit} ${at[i]}`);
  }
  return column;
}

function checkDeviations(control: string, value: number, where: string): void {
  if (Math.abs(value) <= MAX_DEVIATIONS) return;
  throw new SteerError(`${control}: expected −${MAX_DEVIATIONS} to ${MAX_DEVIATIONS} standard deviations${where}, got ${value}.`);
}

/** A request note by note. */
export interface RequestedNotes {
  /** Standard deviations, `[N]`; NaN where the curve says nothing. */
  readonly deviations: Float64Array;
  /** What a caller should know, for people. */
  readonly warnings: readonly string[];
}

/** Deviations of a request at every note of the score as it is played. */
export function deviationsOf({ control, value }: SteerRequest, score: Score): RequestedNotes {
  const N = score.notes.length;
  if (typeof value === "number") return { deviations: new Float64Array(N).fill(value), warnings: [] };
  const places = placesOf(score, value.unit);
  const { at, value: values, unit } = value;
  const [first, last] = [at[0], at[at.length - 1]];
  const deviations = new Float64Array(N).fill(Number.NaN);
  let covered = 0;
  for (let n = 0, i = 0; n < N; n++) {
    const place = places[n];
    if (place < first - 1e-6 || place > last + 1e-6) continue;
    while (i > 0 && at[i] > place) i--;
    while (i + 1 < at.length && at[i + 1] <= place) i++;
    const part = i + 1 < at.length ? Math.max(0, (place - at[i]) / (at[i + 1] - at[i])) : 0;
    deviations[n] = values[i] + part * ((values[i + 1] ?? values[i]) - values[i]);
    covered++;
  }
  const round = (x: number): number => Math.round(x * 100) / 100;
  const warnings = covered === N ? [] : [
    `the curve of ${control} covers ${covered} of ${N} notes (${unit} ${round(first)} to ${round(last)} of ${round(places[0])} to ${round(places[N - 1])}): elsewhere the model does as it likes.`,
  ];
  if (covered === 0) throw new SteerError(`the curve of ${control} covers no note: it goes from ${unit} ${round(first)} to ${round(last)}, the score from ${round(places[0])} to ${round(places[N - 1])}.`);
  return { deviations, warnings };
}

function placesOf({ notes, measures }: Score, unit: ControlCurve["unit"]): Float64Array {
  if (unit === "beat") return notes.onsetBeat;
  if (unit === "quarter") return notes.onsetQuarter;
  let bar = 0;
  return notes.onsetQuarter.map((onset) => {
    while (bar + 1 < measures.length && measures[bar + 1].onsetQuarter <= onset + 1e-9) bar++;
    const { onsetQuarter, durationQuarter } = measures[bar] ?? { onsetQuarter: 0, durationQuarter: 4 };
    return 1 + bar + (durationQuarter > 0 ? Math.max(0, Math.min(1, (onset - onsetQuarter) / durationQuarter)) : 0);
  });
}

/** Columns of one matrix as another orders them, `[N, K]`. */
export function selectColumns({ data, shape: [N, from] }: Matrix, columns: readonly number[]): Matrix {
  const K = columns.length;
  const selected = new Float32Array(N * K);
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) selected[n * K + k] = data[n * from + columns[k]];
  return { data: selected, shape: [N, K] };
}

/** The nearest of some names, when it is near enough to be meant. */
function nearestName(name: string, names: readonly string[]): string | null {
  const within = Math.max(2, Math.floor(name.length / 3));
  const asked = name.toLowerCase().slice(0, 60);
  const [best] = names.map((candidate) => ({ candidate, apart: distance(asked, candidate.toLowerCase()) })).sort((a, b) => a.apart - b.apart);
  return best && best.apart <= within ? best.candidate : null;
}
