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

/** What every figure of a piece is a mean of, so that pianists can be drawn again: see {@link agreementTable}. */
export interface AgreementSamples {
  /** By measure. */
  readonly measures: Readonly<Record<Measure, MeasureSamples>>;
}

/** Agreements of single pianists and draws in one measure; `P` pianists, `D` draws. */
export interface MeasureSamples {
  /** r of every pair of pianists, symmetric, `[P, P]`; NaN on the diagonal. */
  readonly betweenPianists: Float64Array;
  /** r of each pianist with the mean of all others, `[P]`. */
  readonly withMeanOfOthers: Float64Array;
  /** r of the pitch with each pianist, `[P]`; of velocities alone. */
  readonly pitch?: Float64Array;
  /** Standard deviation of each pianist, `[P]`. */
  readonly deviation: Float64Array;
  /** Mean r of all draws with each pianist, `[P]`; empty without draws. */
  readonly oneDraw: Float64Array;
  /** r of the mean of all draws with each pianist, `[P]`; empty without draws. */
  readonly meanOfDraws: Float64Array;
  /** Mean r over all pairs of draws; NaN for fewer than two. */
  readonly betweenDraws: number;
  /** Mean standard deviation of a draw; NaN without draws. */
  readonly drawDeviation: number;
}

/**
 * The agreements of single pianists, and of draws with them.
 *
 * @param score - the score that pianists and draws were encoded on
 * @param pianists - at least two
 * @param draws - renderings; may be none
 * @throws CodecError with fewer than two pianists, or parameters of another release
 * @throws ShapeError when parameters are not as long as the score
 */
export function agreementSamples(
  score: Score, pianists: readonly PerformanceParameters[], draws: readonly PerformanceParameters[] = [], options: AgreementOptions = {},
): AgreementSamples {
  const { places, curves } = pianistCurves(score, pianists, options);
  for (const draw of draws) requireRelease(draw, options);
  const drawn = draws.map((draw) => comparedCurves(score, places, draw));
  const pitch = pitchCurves(score, places);
  return {
    measures: perMeasure((measure) => {
      const played = column(curves, measure);
      const rendered = column(drawn, measure);
      const middle = meanCurve(rendered);
      const withEach = (curve: Float64Array | undefined): Float64Array | undefined => curve && Float64Array.from(played, (one) => correlation(curve, one));
      return {
        betweenPianists: pairsOf(played),
        withMeanOfOthers: Float64Array.from(played, (curve, p) => correlation(curve, meanCurve(played, p))),
        ...(measure in pitch && { pitch: withEach(pitch[measure as keyof PitchAgreement]) }),
        deviation: Float64Array.from(played, standardDeviation),
        oneDraw: Float64Array.from(draws.length ? played : [], (one) => meanWith(one, rendered)),
        meanOfDraws: Float64Array.from(draws.length ? played : [], (one) => correlation(middle, one)),
        betweenDraws: meanOfPairs(rendered),
        drawDeviation: mean(rendered.map(standardDeviation)),
      };
    }),
  };
}

/** The figures of pianists among themselves, from what they are means of. */
export function humanFromSamples({ measures }: AgreementSamples): HumanAgreement {
  const over = (pick: (samples: MeasureSamples) => Iterable<number>): Measures => perMeasure((measure) => mean(pick(measures[measure])));
  return {
    pianists: measures.tempo.deviation.length,
    betweenPianists: over((samples) => samples.betweenPianists),
    withMeanOfOthers: over((samples) => samples.withMeanOfOthers),
    deviation: over((samples) => samples.deviation),
    pitch: { velocityOnset: mean(measures.velocityOnset.pitch ?? []), velocityNote: mean(measures.velocityNote.pitch ?? []) },
  };
}

/** The figures of draws against pianists, from what they are means of. */
export function renderingFromSamples({ measures }: AgreementSamples, draws: number): RenderingAgreement {
  const over = (pick: (samples: MeasureSamples) => Iterable<number>): Measures => perMeasure((measure) => mean(pick(measures[measure])));
  const deviation = perMeasure((measure) => measures[measure].drawDeviation);
  return {
    draws,
    oneDraw: over((samples) => samples.oneDraw),
    meanOfDraws: over((samples) => samples.meanOfDraws),
    betweenDraws: perMeasure((measure) => measures[measure].betweenDraws),
    deviation,
    spread: perMeasure((measure) => deviation[measure] / mean(measures[measure].deviation)),
  };
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
  return humanFromSamples(agreementSamples(score, pianists, [], options));
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
  if (draws.length === 0) throw new CodecError("agreement: expected at least one rendering, got none.");
  return renderingFromSamples(agreementSamples(score, pianists, draws, options), draws.length);
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

/** r of every pair, `[P, P]`, NaN on the diagonal. */
function pairsOf(curves: readonly Float64Array[]): Float64Array {
  const P = curves.length;
  const pairs = new Float64Array(P * P).fill(Number.NaN);
  for (let i = 0; i < P; i++) {
    for (let j = 0; j < i; j++) pairs[i * P + j] = pairs[j * P + i] = correlation(curves[i], curves[j]);
  }
  return pairs;
}
