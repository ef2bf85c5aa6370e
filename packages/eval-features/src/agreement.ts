/**
 * @file How much performances of a piece agree: pianists with each other, and
 * renderings with pianists.
 *
 * A renderer is as good as a pianist, by this measure, when it agrees with
 * pianists as much as they agree with each other, and varies as much as they
 * do. The reference is the Vienna 4x22 corpus (Goebl, 1999): 22 pianists, four
 * excerpts. Agreement is Pearson's r, averaged over pairs.
 */
import { CodecError, type PerformanceParameters, type Release, type Score } from "@dexter/codec";
import { comparedCurves, comparedPlaces, type ComparedPlaces } from "./compared-places.js";
import { correlation, mean, meanCurve, standardDeviation } from "./correlation.js";
import { perMeasure, type Measure, type MeasureCurves, type Measures } from "./measures.js";

/** What is compared. */
export interface AgreementOptions {
  /** Onsets and notes that fewer pianists played are left out; default: more than half of them (12 of 22). */
  readonly minPlayed?: number;
  /** The release that all parameters must have been encoded with; default `"key"`: what the fingers did. */
  readonly release?: Release;
}

/** What the pitch alone, taken as a velocity curve, earns: louder upwards. A renderer should know more. */
export interface PitchAgreement {
  /** r of the top note's pitch with the velocity per onset. */
  readonly velocityOnset: number;
  /** r of the pitch with the velocity per note. */
  readonly velocityNote: number;
}

/** The pianists of a piece among themselves. */
export interface HumanAgreement {
  /** How many there are. */
  readonly pianists: number;
  /** Mean r over all pairs of pianists. */
  readonly betweenPianists: Measures;
  /** Mean r of a pianist with the mean of all others. */
  readonly withMeanOfOthers: Measures;
  /** Mean standard deviation along a pianist's curve, in the measure's unit. */
  readonly deviation: Measures;
  /** What the pitch alone earns. */
  readonly pitch: PitchAgreement;
}

/** A renderer's draws against the pianists of a piece. */
export interface RenderingAgreement {
  /** How many there are. */
  readonly draws: number;
  /** Mean r over all pairs of a draw and a pianist. */
  readonly oneDraw: Measures;
  /** Mean r of the mean of all draws with a pianist. */
  readonly meanOfDraws: Measures;
  /** Mean r over all pairs of draws; NaN for a single draw. */
  readonly betweenDraws: Measures;
  /** Mean standard deviation along a draw's curve, in the measure's unit. */
  readonly deviation: Measures;
  /** That deviation over the pianists': 1 is as varied as they are. */
  readonly spread: Measures;
}

/**
 * How the pianists of a piece agree with each other.
 *
 * @param score - the score they were all encoded on
 * @param pianists - at least two
 * @throws CodecError with fewer than two pianists, or parameters of another release
 * @throws ShapeError when parameters are not as long as the score
 */
export function humanAgreement(score: Score, pianists: readonly PerformanceParameters[], options: AgreementOptions = {}): HumanAgreement {
  const { places, curves } = pianistCurves(score, pianists, options);
  const pitch = pitchCurves(score, places);
  return {
    pianists: pianists.length,
    betweenPianists: perMeasure((measure) => meanOfPairs(column(curves, measure))),
    withMeanOfOthers: perMeasure((measure) => {
      const all = column(curves, measure);
      return mean(all.map((curve, p) => correlation(curve, meanCurve(all, p))));
    }),
    deviation: deviationOf(curves),
    pitch: {
      velocityOnset: meanWith(pitch.velocityOnset, column(curves, "velocityOnset")),
      velocityNote: meanWith(pitch.velocityNote, column(curves, "velocityNote")),
    },
  };
}

/**
 * How a renderer's draws agree with the pianists of a piece.
 *
 * @param score - the score that pianists and draws were encoded on
 * @param pianists - at least two
 * @param draws - at least one rendering
 * @throws CodecError with too few pianists or draws, or parameters of another release
 * @throws ShapeError when parameters are not as long as the score
 */
export function agreement(
  score: Score, pianists: readonly PerformanceParameters[], draws: readonly PerformanceParameters[], options: AgreementOptions = {},
): RenderingAgreement {
  const { places, curves } = pianistCurves(score, pianists, options);
  if (draws.length === 0) throw new CodecError("agreement: expected at least one rendering, got none.");
  for (const draw of draws) requireRelease(draw, options);
  const drawn = draws.map((draw) => comparedCurves(score, places, draw));
  const pianistDeviation = deviationOf(curves);
  const deviation = deviationOf(drawn);
  return {
    draws: draws.length,
    oneDraw: perMeasure((measure) => mean(column(drawn, measure).map((draw) => meanWith(draw, column(curves, measure))))),
    meanOfDraws: perMeasure((measure) => meanWith(meanCurve(column(drawn, measure)), column(curves, measure))),
    betweenDraws: perMeasure((measure) => meanOfPairs(column(drawn, measure))),
    deviation,
    spread: perMeasure((measure) => deviation[measure] / pianistDeviation[measure]),
  };
}

function pianistCurves(
  score: Score, pianists: readonly PerformanceParameters[], options: AgreementOptions,
): { places: ComparedPlaces; curves: MeasureCurves[] } {
  if (pianists.length < 2) throw new CodecError(`agreement: expected at least two pianists, got ${pianists.length}.`);
  for (const pianist of pianists) requireRelease(pianist, options);
  const places = comparedPlaces(score, pianists, options.minPlayed ?? Math.floor(pianists.length / 2) + 1);
  return { places, curves: pianists.map((pianist) => comparedCurves(score, places, pianist)) };
}

function requireRelease(parameters: PerformanceParameters, { release = "key" }: AgreementOptions): void {
  if (parameters.release === release) return;
  throw new CodecError(`agreement: expected parameters with release "${release}", got "${parameters.release}". Encode with { release: "${release}" }.`);
}

/** The pitch of each compared onset's top note, and of each compared note. */
function pitchCurves(score: Score, { onsets, places }: ComparedPlaces): { velocityOnset: Float64Array; velocityNote: Float64Array } {
  const top = new Float64Array(onsets.length);
  onsets.ofNote.forEach((k, n) => {
    if (k >= 0) top[k] = Math.max(top[k], score.notes.pitch[n]);
  });
  return {
    velocityOnset: Float64Array.from(places.velocityOnset, (k) => top[k]),
    velocityNote: Float64Array.from(places.velocityNote, (n) => score.notes.pitch[n]),
  };
}

function column(curves: readonly MeasureCurves[], measure: Measure): Float64Array[] {
  return curves.map((curve) => curve[measure]);
}

function meanWith(curve: Float64Array, others: readonly Float64Array[]): number {
  return mean(others.map((other) => correlation(curve, other)));
}

function meanOfPairs(curves: readonly Float64Array[]): number {
  return mean(curves.flatMap((a, i) => curves.slice(0, i).map((b) => correlation(a, b))));
}

function deviationOf(curves: readonly MeasureCurves[]): Measures {
  return perMeasure((measure) => mean(column(curves, measure).map(standardDeviation)));
}
