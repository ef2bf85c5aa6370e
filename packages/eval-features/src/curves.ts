/**
 * @file Tempo and velocity as curves over the onsets of a score.
 */
import { ShapeError, type PerformanceParameters, type Score } from "@dexter/codec";
import { onsetTimes, type OnsetTimes } from "./onset-times.js";
import { scoreOnsets, type ScoreOnsets } from "./score-onsets.js";

/** A value at each of the `K` onsets of a score (grace notes have none of their own). */
export interface OnsetCurve {
  /** `K`. */
  readonly length: number;
  /** In beats of the time signature's denominator, `[K]`. */
  readonly onsetBeat: Float64Array;
  /** In quarter notes, `[K]`. */
  readonly onsetQuarter: Float64Array;
  /** Index into the score's measures, `[K]`. */
  readonly measure: Int32Array;
  /** The bar's number as written, `[K]`. */
  readonly bar: readonly string[];
  /** The curve, `[K]`; NaN where it is not defined. */
  readonly value: Float64Array;
}

/** What a tempo counts. */
export interface TempoCurveOptions {
  /** `"beat"` (default): beats of the time signature's denominator per minute; `"quarter"`: quarter notes per minute. */
  readonly unit?: "beat" | "quarter";
}

/**
 * The tempo from each onset to the next: 60 / beat period.
 *
 * Onsets that were not played take the tempo around them; the last one, which has no next, keeps the value before it.
 *
 * @returns beats (or quarters) per minute; NaN before the first and after the last played onset
 * @throws ShapeError when the parameters are not as long as the score
 */
export function tempoCurve(score: Score, parameters: PerformanceParameters, options: TempoCurveOptions = {}): OnsetCurve {
  const onsets = scoreOnsets(score);
  const { onsetSec } = onsetTimes(score, onsets, parameters);
  const positions = options.unit === "quarter" ? onsets.onsetQuarter : onsets.onsetBeat;
  const value = tempoOf(positions, onsetSec);
  let last = onsets.length - 1;
  while (last > 0 && Number.isNaN(onsetSec[last])) last--;
  if (last > 0) value[last] = value[last - 1];
  return curve(score, onsets, value);
}

/**
 * The mean MIDI velocity of each onset's notes.
 *
 * @returns velocity in 0–127; NaN where nothing was played
 * @throws ShapeError when the parameters are not as long as the score
 */
export function velocityCurve(score: Score, parameters: PerformanceParameters): OnsetCurve {
  const onsets = scoreOnsets(score);
  if (parameters.length !== score.notes.length) {
    throw new ShapeError(`velocityCurve: expected parameters of the score's ${score.notes.length} notes, got ${parameters.length}.`);
  }
  return curve(score, onsets, velocityPerOnset(onsets, parameters));
}

/** 60 times the way to the next place over the time to it, `[K]`; NaN at the last and where a time is missing. */
export function tempoOf(positions: Float64Array, onsetSec: OnsetTimes["onsetSec"]): Float64Array {
  const tempo = new Float64Array(positions.length).fill(Number.NaN);
  for (let k = 0; k + 1 < positions.length; k++) {
    tempo[k] = (60 * (positions[k + 1] - positions[k])) / (onsetSec[k + 1] - onsetSec[k]);
  }
  return tempo;
}

/** Mean MIDI velocity of the notes played at each onset, `[K]`; NaN where none was. */
export function velocityPerOnset(onsets: ScoreOnsets, parameters: PerformanceParameters): Float64Array {
  const sum = new Float64Array(onsets.length);
  const count = new Uint32Array(onsets.length);
  for (let n = 0; n < parameters.length; n++) {
    const k = onsets.ofNote[n];
    if (k < 0 || !parameters.mask[n]) continue;
    sum[k] += 127 * parameters.velocityNorm[n];
    count[k]++;
  }
  for (let k = 0; k < sum.length; k++) sum[k] = count[k] ? sum[k] / count[k] : Number.NaN;
  return sum;
}

function curve(score: Score, onsets: ScoreOnsets, value: Float64Array): OnsetCurve {
  const { length, onsetBeat, onsetQuarter, measure } = onsets;
  return { length, onsetBeat, onsetQuarter, measure, bar: Array.from(measure, (m) => score.measures[m]?.number ?? ""), value };
}
