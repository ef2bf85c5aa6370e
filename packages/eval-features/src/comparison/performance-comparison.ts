/**
 * @file Performances of a score compared in every measure: with each other, or with those of people.
 */
import { CodecError, type PerformanceParameters, type Score } from "@dexter/codec";
import { clippedTempo } from "./comparison-curves.js";
import { comparedCurves, comparedPlaces } from "../compared-places.js";
import { MEASURES, type Measure } from "../measures.js";
import {
  combinePairs, compareCurves, pairFigures, turnedPair, type CurveComparison, type CurveComparisonOptions, type PairFigures,
} from "./curve-comparison.js";

/** What performances are compared in: the measures of agreement, and the pedal of each note. */
export const COMPARED_MEASURES = [...MEASURES, "pedal"] as const;

/** One of {@link COMPARED_MEASURES}. */
export type ComparedMeasure = (typeof COMPARED_MEASURES)[number];

/** Units of the measures, for people to read. */
export const COMPARED_UNITS: Readonly<Record<ComparedMeasure, string>> = {
  tempo: "beats per minute", velocityOnset: "MIDI, mean of the chord", velocityNote: "MIDI", articulation: "log2 of played over notated",
  timing: "s, early is positive", pedal: "CC64 / 127",
};

/** A comparison in every measure. */
export type PerformanceComparison = Readonly<Record<ComparedMeasure, CurveComparison>>;

/** How to compare performances. */
export interface ComparisonOptions extends CurveComparisonOptions {
  /** Onsets and notes that fewer of all performances played are left out; default: more than half of them, both of two. */
  readonly minPlayed?: number;
}

/**
 * Compare performances with performances of the same score: one with one, one with many, a set with a set.
 *
 * @param score - the score that all were encoded on
 * @param first - one, or several
 * @param second - one, or several
 * @throws CodecError when a side is empty, or releases differ
 * @throws ShapeError when parameters are not as long as the score
 */
export function comparePerformances(
  score: Score, first: PerformanceParameters | readonly PerformanceParameters[], second: PerformanceParameters | readonly PerformanceParameters[],
  options: ComparisonOptions = {},
): PerformanceComparison {
  const a = "mask" in first ? [first] : first;
  const b = "mask" in second ? [second] : second;
  if (a.length === 0 || b.length === 0) throw new CodecError(`comparePerformances: expected performances on both sides, got ${a.length} and ${b.length}.`);
  const curves = allCurves(score, [...a, ...b], options);
  return perComparedMeasure((measure) => compareCurves(curves[measure].slice(0, a.length), curves[measure].slice(a.length), options));
}

/**
 * Compare each of several performances with all the others or, where there are `humans`, with those.
 *
 * @param score - the score that all were encoded on
 * @param performances - at least two, or one and `humans`
 * @param humans - at least one; default: none
 * @returns one comparison a performance, the performance being the first
 * @throws CodecError when there is nothing to compare with, or releases differ
 * @throws ShapeError when parameters are not as long as the score
 */
export function compareEach(
  score: Score, performances: readonly PerformanceParameters[], humans: readonly PerformanceParameters[] = [], options: ComparisonOptions = {},
): PerformanceComparison[] {
  if (performances.length === 0 || performances.length + humans.length < 2) {
    throw new CodecError(`compareEach: expected two performances, or one and people's, got ${performances.length} and ${humans.length}.`);
  }
  const P = performances.length;
  const curves = allCurves(score, [...performances, ...humans], options);
  const columns = perComparedMeasure((measure): CurveComparison[] => {
    const all = curves[measure];
    const own = all.slice(0, P);
    if (humans.length > 0) return own.map((curve) => compareCurves([curve], all.slice(P), options));
    const pairs = own.map((): PairFigures[] => []);
    // Each pair once: what it tells of one tells of the other.
    for (let i = 0; i < P; i++) {
      for (let j = 0; j < i; j++) {
        pairs[i][j] = pairFigures(own[i], own[j], options);
        pairs[j][i] = turnedPair(pairs[i][j]);
      }
    }
    return own.map((curve, i) => combinePairs(pairs[i].filter((_, j) => j !== i), [curve], own.filter((_, j) => j !== i), options));
  });
  return performances.map((_, p) => perComparedMeasure((measure) => columns[measure][p]));
}

/** Build an object with a value for every measure. */
export function perComparedMeasure<T>(value: (measure: ComparedMeasure) => T): Record<ComparedMeasure, T> {
  return Object.fromEntries(COMPARED_MEASURES.map((measure) => [measure, value(measure)])) as Record<ComparedMeasure, T>;
}

/** Every performance's curve, by measure. */
function allCurves(score: Score, performances: readonly PerformanceParameters[], { minPlayed }: ComparisonOptions): Record<ComparedMeasure, Float64Array[]> {
  const { release } = performances[0];
  const other = performances.find((one) => one.release !== release);
  if (other) throw new CodecError(`compare: expected parameters of one release, got "${release}" and "${other.release}". Encode both with the same one.`);
  const places = comparedPlaces(score, performances, minPlayed ?? Math.floor(performances.length / 2) + 1);
  const measured = performances.map((one) => comparedCurves(score, places, one));
  const notes = places.places.velocityNote;
  return perComparedMeasure((measure) => measure === "pedal"
    ? performances.map(({ pedalNorm, mask }) => Float64Array.from(notes, (n) => (mask[n] ? pedalNorm[n] : Number.NaN)))
    : measured.map((curves) => (measure === "tempo" ? clippedTempo(curves.tempo) : curves[measure as Measure])));
}
