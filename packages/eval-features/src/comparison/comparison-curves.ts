/**
 * @file The curves that a comparison draws: every measure, each over the onsets of a score or over its notes.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { measureCurves } from "../measures.js";
import { scoreOnsets, type ScoreOnsets } from "../score-onsets.js";
import type { ComparedMeasure } from "./performance-comparison.js";

/** A tempo further from its median is clipped, octaves. */
const MAX_OCTAVES = 2;

/** A performance as curves; `K` onsets, `N` notes, NaN where it was not played. */
export interface ComparisonCurves {
  /** Means of each onset's notes, `[K]`; timing is that of single notes and has none. */
  readonly perOnset: Readonly<Record<"tempo" | "velocityOnset" | "articulation" | "pedal", Float64Array>>;
  /** `[N]`. */
  readonly perNote: Readonly<Record<Exclude<ComparedMeasure, "tempo" | "velocityOnset">, Float64Array>>;
}

/** Curves, and the onsets that they are over. */
export interface PlacedCurves {
  readonly onsets: ScoreOnsets;
  /** One a performance. */
  readonly curves: readonly ComparisonCurves[];
}

/**
 * The curves of several performances of a score.
 *
 * @throws ShapeError when parameters are not as long as the score
 */
export function comparisonCurves(score: Score, performances: readonly PerformanceParameters[]): PlacedCurves {
  const onsets = scoreOnsets(score);
  const curves = performances.map((parameters): ComparisonCurves => {
    const { tempo, velocityOnset, velocityNote, articulation, timing } = measureCurves(score, onsets, parameters);
    const pedal = Float64Array.from(parameters.pedalNorm, (value, n) => (parameters.mask[n] && onsets.ofNote[n] >= 0 ? value : Number.NaN));
    return {
      perOnset: { tempo: clippedTempo(tempo), velocityOnset, articulation: onsetMeans(onsets, articulation), pedal: onsetMeans(onsets, pedal) },
      perNote: { velocityNote, articulation, timing, pedal },
    };
  });
  return { onsets, curves };
}

function onsetMeans(onsets: ScoreOnsets, values: Float64Array): Float64Array {
  const sum = new Float64Array(onsets.length);
  const count = new Uint32Array(onsets.length);
  for (let n = 0; n < values.length; n++) {
    const k = onsets.ofNote[n];
    if (k < 0 || Number.isNaN(values[n])) continue;
    sum[k] += values[n];
    count[k]++;
  }
  return sum.map((value, k) => (count[k] ? value / count[k] : Number.NaN));
}

/** A tempo within {@link MAX_OCTAVES} of its median: two notes that were matched wrongly make thousands of beats a minute, and one such place would decide every figure. */
export function clippedTempo(tempo: Float64Array): Float64Array {
  const known = tempo.filter((value) => !Number.isNaN(value)).sort();
  const median = known[known.length >> 1];
  return tempo.map((value) => Math.max(median * 2 ** -MAX_OCTAVES, Math.min(median * 2 ** MAX_OCTAVES, value)));
}
