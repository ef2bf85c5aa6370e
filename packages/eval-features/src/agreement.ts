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
  /** Compare by passages of so many notes, as test sets are cut, and take the mean of those; default: the whole piece. */
  readonly passageNotes?: number;
  /** The release that all parameters must have been encoded with; default `"key"`: what the fingers did. */
  readonly release?: Release;
  /** Draws 0 and 1, 2 and 3 … are opposites of each other: these pairs are told apart from draws that know nothing of each other. Default false. */
  readonly opposites?: boolean;
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
  /** Mean r over all pairs of draws, but for opposites; NaN where there is none. */
  readonly betweenDraws: Measures;
  /** Mean r of a draw and its opposite; NaN without `opposites`. */
  readonly withOpposite: Measures;
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
  /** Mean r over all pairs of draws, but for opposites; NaN where there is none. */
  readonly betweenDraws: number;
  /** Mean r of a draw and its opposite; NaN without `opposites`. */
  readonly withOpposite: number;
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
  const passages = passageRanges(score, places, options.passageNotes);
  return {
    measures: perMeasure((measure) => meanSamples(passages[measure].map(([from, to]) => {
      const cut = (curve: Float64Array): Float64Array => curve.subarray(from, to);
      const byPitch = measure in pitch ? cut(pitch[measure as keyof PitchAgreement]) : undefined;
      return measureSamples(column(curves, measure).map(cut), column(drawn, measure).map(cut), byPitch, options.opposites ?? false);
    }))),
  };
}

/** One measure's agreements, of curves or parts of them. */
function measureSamples(played: readonly Float64Array[], drawn: readonly Float64Array[], pitch: Float64Array | undefined, opposites: boolean): MeasureSamples {
  const middle = meanCurve(drawn);
  const withDraws = drawn.length ? played : [];
  return {
    betweenPianists: pairsOf(played),
    withMeanOfOthers: Float64Array.from(played, (curve, p) => correlation(curve, meanCurve(played, p))),
    ...(pitch && { pitch: Float64Array.from(played, (one) => correlation(pitch, one)) }),
    deviation: Float64Array.from(played, standardDeviation),
    oneDraw: Float64Array.from(withDraws, (one) => meanWith(one, drawn)),
    meanOfDraws: Float64Array.from(withDraws, (one) => correlation(middle, one)),
    betweenDraws: meanOfPairs(drawn, (i, j) => !opposites || i >> 1 !== j >> 1),
    withOpposite: meanOfPairs(drawn, (i, j) => opposites && i >> 1 === j >> 1),
    drawDeviation: mean(drawn.map(standardDeviation)),
  };
}

/** The mean of passages, pianist by pianist and pair by pair. */
function meanSamples(passages: readonly MeasureSamples[]): MeasureSamples {
  if (passages.length === 1) return passages[0];
  const over = (pick: (one: MeasureSamples) => Float64Array): Float64Array => Float64Array.from(pick(passages[0]), (_, i) => mean(passages.map((one) => pick(one)[i])));
  return {
    betweenPianists: over((one) => one.betweenPianists),
    withMeanOfOthers: over((one) => one.withMeanOfOthers),
    ...(passages[0].pitch && { pitch: over((one) => one.pitch ?? new Float64Array(0)) }),
    deviation: over((one) => one.deviation),
    oneDraw: over((one) => one.oneDraw),
    meanOfDraws: over((one) => one.meanOfDraws),
    betweenDraws: mean(passages.map((one) => one.betweenDraws)),
    withOpposite: mean(passages.map((one) => one.withOpposite)),
    drawDeviation: mean(passages.map((one) => one.drawDeviation)),
  };
}

/** Where the compared places of each passage begin and end, by measure; a chord belongs where its first note is. */
function passageRanges(score: Score, { onsets, places }: ComparedPlaces, notes: number | undefined): Record<Measure, [number, number][]> {
  if (notes !== undefined && !(Number.isInteger(notes) && notes >= 2)) throw new CodecError(`agreement: expected passages of 2 notes or more, got ${notes}.`);
  const N = score.notes.length;
  const starts = notes === undefined ? [0] : Array.from({ length: Math.max(1, Math.ceil(N / notes)) }, (_, i) => i * notes);
  const firstNote = new Int32Array(onsets.length).fill(N);
  onsets.ofNote.forEach((k, n) => {
    if (k >= 0) firstNote[k] = Math.min(firstNote[k], n);
  });
  return perMeasure((measure) => {
    const noteOf = (place: number): number => (measure === "tempo" || measure === "velocityOnset" ? firstNote[place] : place);
    const begins = starts.map((start) => {
      const at = places[measure].findIndex((place) => noteOf(place) >= start);
      return at < 0 ? places[measure].length : at;
    });
    return begins.map((from, i): [number, number] => [from, begins[i + 1] ?? places[measure].length]);
  });
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
    withOpposite: perMeasure((measure) => measures[measure].withOpposite),
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

function meanOfPairs(curves: readonly Float64Array[], counts: (i: number, j: number) => boolean): number {
  return mean(curves.flatMap((a, i) => curves.slice(0, i).flatMap((b, j) => (counts(i, j) ? [correlation(a, b)] : []))));
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
