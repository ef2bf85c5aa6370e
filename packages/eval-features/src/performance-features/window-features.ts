/**
 * @file Performance features bar by bar, or in windows of beats.
 */
import { ShapeError, type Score } from "@dexter/codec";
import { PERFORMANCE_FEATURES, type PerformanceFeatureName } from "./feature-catalogue.js";
import { pedalUse } from "./pedal-curve.js";
import type { PerformanceFeatures } from "./performance-features.js";

/** Which windows. */
export interface WindowOptions {
  /** A bar each (default), or so many beats. */
  readonly window?: "bar" | number;
  /** Beats from one window of beats to the next; by default as long as the window. */
  readonly hopBeats?: number;
}

/** More windows than this are refused. */
const MOST_WINDOWS = 100_000;

/** Features in `W` windows; a note belongs to the windows in which it begins. */
export interface WindowFeatures {
  /** `W`. */
  readonly length: number;
  /** Where each begins, beats, `[W]`. */
  readonly fromBeat: Float64Array;
  /** Where each ends, beats, `[W]`. */
  readonly toBeat: Float64Array;
  /** Number of the bar in which it begins. */
  readonly bar: readonly string[];
  /** Played notes in it, `[W]`. */
  readonly played: Int32Array;
  /** Mean of each feature, `[W]`; NaN where it is not defined. Pedal average and coverage are those of the window's time. */
  readonly mean: Readonly<Record<PerformanceFeatureName, Float64Array>>;
  /** Standard deviation of each feature (divisor n), `[W]`. */
  readonly deviation: Readonly<Record<PerformanceFeatureName, Float64Array>>;
}

/**
 * Average the features in windows. Features of an onset count once an onset.
 *
 * @throws ShapeError when the features are not as long as the score
 * @throws RangeError when window or hop are not positive, or make more than 100,000 windows
 */
export function windowFeatures(score: Score, features: PerformanceFeatures, options: WindowOptions = {}): WindowFeatures {
  const { notes } = score;
  if (features.length !== notes.length) throw new ShapeError(`windowFeatures: expected features of the score's ${notes.length} notes, got ${features.length}.`);
  const { fromBeat, toBeat } = windowBounds(score, options);
  const W = fromBeat.length;
  const first = fromBeat.map((beat) => firstNoteFrom(notes.onsetBeat, beat));
  const end = toBeat.map((beat) => firstNoteFrom(notes.onsetBeat, beat));
  const mean = {} as Record<PerformanceFeatureName, Float64Array>;
  const deviation = {} as Record<PerformanceFeatureName, Float64Array>;
  for (const { name, per } of PERFORMANCE_FEATURES) {
    const sums = runningSums(features, name, per === "note");
    mean[name] = new Float64Array(W).fill(Number.NaN);
    deviation[name] = new Float64Array(W).fill(Number.NaN);
    for (let w = 0; w < W; w++) {
      const count = sums.count[end[w]] - sums.count[first[w]];
      if (!count) continue;
      const fromMiddle = (sums.sum[end[w]] - sums.sum[first[w]]) / count;
      mean[name][w] = sums.middle + fromMiddle;
      deviation[name][w] = Math.sqrt(Math.max(0, (sums.squares[end[w]] - sums.squares[first[w]]) / count - fromMiddle ** 2));
    }
  }
  const played = Int32Array.from({ length: W }, (_, w) => countPlayed(features, first[w], end[w]));
  for (let w = 0; w < W; w++) {
    if (!played[w]) continue;
    const from = firstSec(features, first[w]);
    const to = firstSec(features, end[w]);
    const { average, coverage } = pedalUse(features.pedal, from, Number.isNaN(to) ? lastSec(features, first[w], end[w]) : to);
    mean.averagePedal[w] = average;
    mean.pedalCoverage[w] = coverage;
  }
  const bar = Array.from(fromBeat, (beat) => barAt(score, beat));
  return { length: W, fromBeat, toBeat, bar, played, mean, deviation };
}

function windowBounds(score: Score, { window = "bar", hopBeats }: WindowOptions): { readonly fromBeat: Float64Array; readonly toBeat: Float64Array } {
  const { notes, measures } = score;
  const lastBeat = notes.length ? notes.onsetBeat[notes.length - 1] : 0;
  if (window === "bar") {
    const fromBeat = Float64Array.from(measures, ({ onsetBeat }) => onsetBeat);
    return { fromBeat, toBeat: fromBeat.map((_, m) => (m + 1 < fromBeat.length ? fromBeat[m + 1] : Math.max(fromBeat[m], lastBeat) + 1)) };
  }
  const hop = hopBeats ?? window;
  const begin = notes.length ? Math.min(0, notes.onsetBeat[0]) : 0;
  const W = Math.floor((lastBeat - begin) / hop + 1e-9) + 1;
  if (!(window > 0) || !(hop > 0) || !(W <= MOST_WINDOWS)) {
    throw new RangeError(`windowFeatures: expected a window and a hop of more than 0 beats, and at most ${MOST_WINDOWS} windows; got windows of ${window} beats, ${hop} beats apart.`);
  }
  const fromBeat = Float64Array.from({ length: W }, (_, w) => begin + w * hop);
  return { fromBeat, toBeat: fromBeat.map((beat) => beat + window) };
}

/** Sums over the values before each note, `[N + 1]`, less the middle of all: long sums of large numbers lose digits. */
function runningSums({ perNote, onsetOfNote }: PerformanceFeatures, name: PerformanceFeatureName, everyNote: boolean): {
  readonly middle: number; readonly count: Int32Array; readonly sum: Float64Array; readonly squares: Float64Array;
} {
  const values = perNote[name];
  const taken = new Uint8Array(values.length);
  let onset = -1, total = 0, number = 0;
  for (let n = 0; n < values.length; n++) {
    if (Number.isNaN(values[n]) || (!everyNote && onsetOfNote[n] === onset)) continue;
    onset = onsetOfNote[n];
    taken[n] = 1;
    total += values[n];
    number++;
  }
  const middle = number ? total / number : 0;
  const count = new Int32Array(values.length + 1);
  const sum = new Float64Array(values.length + 1);
  const squares = new Float64Array(values.length + 1);
  for (let n = 0; n < values.length; n++) {
    const value = taken[n] ? values[n] - middle : 0;
    count[n + 1] = count[n] + taken[n];
    sum[n + 1] = sum[n] + value;
    squares[n + 1] = squares[n] + value * value;
  }
  return { middle, count, sum, squares };
}

function firstNoteFrom(onsetBeat: Float64Array, beat: number): number {
  let low = 0;
  let high = onsetBeat.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (onsetBeat[middle] < beat - 1e-6) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countPlayed({ mask }: PerformanceFeatures, from: number, to: number): number {
  let count = 0;
  for (let n = from; n < to; n++) count += mask[n];
  return count;
}

/** When the first played onset from a note on begins, s; NaN where none does. */
function firstSec({ onsetSec, onsetOfNote }: PerformanceFeatures, from: number): number {
  let first = Number.NaN;
  let onset = -2;
  for (let n = from; n < onsetSec.length; n++) {
    if (Number.isNaN(onsetSec[n]) || onsetOfNote[n] < 0) continue;
    if (onset !== -2 && onsetOfNote[n] !== onset) break;
    onset = onsetOfNote[n];
    if (!(first < onsetSec[n])) first = onsetSec[n];
  }
  return first;
}

function lastSec({ offsetSec }: PerformanceFeatures, from: number, to: number): number {
  let last = -Infinity;
  for (let n = from; n < to; n++) if (offsetSec[n] > last) last = offsetSec[n];
  return last;
}

function barAt({ measures }: Score, beat: number): string {
  let low = 0;
  let high = measures.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (measures[middle].onsetBeat <= beat + 1e-6) low = middle + 1;
    else high = middle;
  }
  return measures[Math.max(0, low - 1)]?.number ?? "";
}
