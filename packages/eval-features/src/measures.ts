/**
 * @file The five things that performances are compared by.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { tempoOf, velocityPerOnset } from "./curves.js";
import { onsetTimes } from "./onset-times.js";
import type { ScoreOnsets } from "./score-onsets.js";

/** Names of the measures, in the order of every table. */
export const MEASURES = ["tempo", "velocityOnset", "velocityNote", "articulation", "timing"] as const;

/** One of {@link MEASURES}. */
export type Measure = (typeof MEASURES)[number];

/** One figure for each measure; NaN where it could not be computed (`null` in JSON). */
export interface Measures {
  /** Beats per minute, per onset. */
  readonly tempo: number;
  /** Mean MIDI velocity of the chord, per onset. */
  readonly velocityOnset: number;
  /** MIDI velocity, per note. */
  readonly velocityNote: number;
  /** log2 of played over notated duration, per note. */
  readonly articulation: number;
  /** Mean onset of the chord minus the note's, s, per note: early is positive. */
  readonly timing: number;
}

/** A performance as one curve a measure: `[K]` per onset or `[N]` per note, NaN where it was not played. */
export type MeasureCurves = Readonly<Record<Measure, Float64Array>>;

/** Build an object with a value for every measure. */
export function perMeasure<T>(value: (measure: Measure) => T): Record<Measure, T> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, value(measure)])) as Record<Measure, T>;
}

/**
 * The five curves of a performance. Grace notes are left out everywhere, also from the means of their onsets.
 *
 * @throws ShapeError when the parameters are not as long as the score
 */
export function measureCurves(score: Score, onsets: ScoreOnsets, parameters: PerformanceParameters): MeasureCurves {
  const { noteSec, onsetSec } = onsetTimes(score, onsets, parameters);
  const tempo = tempoOf(onsets.onsetBeat, onsetSec);
  const velocityNote = new Float64Array(parameters.length).fill(Number.NaN);
  const articulation = velocityNote.slice();
  const timing = velocityNote.slice();
  for (let n = 0; n < parameters.length; n++) {
    const k = onsets.ofNote[n];
    if (k < 0 || !parameters.mask[n]) continue;
    velocityNote[n] = 127 * parameters.velocityNorm[n];
    timing[n] = onsetSec[k] - noteSec[n];
    // The played length stays; the beat it is measured in becomes that of the rebuilt onsets.
    articulation[n] = parameters.articulationLog2[n] + Math.log2((parameters.beatPeriod[n] * tempo[k]) / 60);
  }
  return { tempo, velocityOnset: velocityPerOnset(onsets, parameters), velocityNote, articulation, timing };
}
