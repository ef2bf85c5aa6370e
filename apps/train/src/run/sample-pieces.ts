/**
 * @file The unseen pieces that samples are drawn of: those whose pianists agree most, for where pianists go different ways there is
 * little to agree with. The model has no say in it.
 */
import { agreement, humanAgreement, tempoCurve, velocityCurve, type AgreementOptions, type HumanAgreement } from "@dexter/eval-features";
import type { Matrix, PerformanceParameters, Score } from "@dexter/codec";

/** A piece with the people who played it. */
export interface SamplePiece {
  /** For people to read. */
  readonly name: string;
  /** Notes to play and to compare on, `N`. */
  readonly score: Score;
  /** Not standardized, `[N, C]`. */
  readonly features: Matrix;
  /** At least two. */
  readonly pianists: readonly PerformanceParameters[];
}

/** Fewer notes tell little. */
const LEAST_NOTES = 30;
/** More take long to play, and to listen to. */
const MOST_NOTES = 2000;
/** Fewer pianists may be alike, or not, by chance. */
const ENOUGH_PIANISTS = 3;
/** Pieces of a class whose pianists are compared, the smallest ones: enough to choose from. */
const MOST_COMPARED = 100;
/** Agreement is that of passages, the mean of those, as experiments are told: over a whole piece the contrast of its sections, or one broken chord, outweighs all else. */
const COMPARED: AgreementOptions = { passageNotes: 400 };
/** Curves of more pianists are a blur. */
const MOST_CURVES = 8;

/**
 * The pieces to draw, first the one to look at. Pieces of 30 to 2,000 notes that three or more pianists played come first, then such that two
 * played, then longer ones, then shorter ones; among their like those whose pianists agree most, by the mean r of two of them over all measures.
 *
 * @param count - pieces, at most; those that nobody played with others are never drawn
 */
export function choosePieces(pieces: readonly SamplePiece[], count: number): readonly SamplePiece[] {
  const chosen: SamplePiece[] = [];
  const several = pieces.filter(({ pianists }) => pianists.length >= 2).sort((a, b) => a.score.notes.length - b.score.notes.length);
  for (const suits of CLASSES) {
    if (chosen.length >= count) break;
    const alike = several.filter((piece) => CLASSES.find((each) => each(piece)) === suits);
    const agreed = alike.slice(0, MOST_COMPARED).map((piece) => ({ piece, r: mean(Object.values(humanAgreement(piece.score, piece.pianists, COMPARED).betweenPianists)) }));
    agreed.sort((a, b) => (Number.isNaN(b.r) ? -1 : b.r) - (Number.isNaN(a.r) ? -1 : a.r));
    chosen.push(...agreed.map(({ piece }) => piece), ...alike.slice(MOST_COMPARED));
  }
  return chosen.slice(0, count);
}

const isHandy = ({ score: { notes } }: SamplePiece): boolean => notes.length >= LEAST_NOTES && notes.length <= MOST_NOTES;
/** Best first; a piece is of the first class that it suits. */
const CLASSES: readonly ((piece: SamplePiece) => boolean)[] = [
  (piece) => isHandy(piece) && piece.pianists.length >= ENOUGH_PIANISTS,
  isHandy,
  ({ score }) => score.notes.length > MOST_NOTES,
  () => true,
];

/** Mean of what is a number. */
function mean(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Figures of drawn performances beside the pianists'. */
export interface SampleFigures {
  /** Mean r of the draw with each pianist, by measure; not a number where the pianists have no figure, either. */
  readonly agreement: Readonly<Record<string, number>>;
  /** r of one pianist with another, and with the mean of the others. */
  readonly human: Readonly<Record<string, readonly [number, number]>>;
}

/** Curves of a drawn performance beside the pianists', one value an onset; `null` where there is none. */
export interface SampleCurves {
  readonly onsetBeat: readonly number[];
  readonly tempo: CurveGroup;
  readonly velocity: CurveGroup;
}

/** One draw and the people. */
export interface CurveGroup {
  readonly sample: readonly (number | null)[];
  readonly human: readonly (readonly (number | null)[])[];
}

/** Figures of several pieces, and how many there are. */
export interface JoinedFigures extends SampleFigures {
  readonly pieces: number;
}

/** The mean of several pieces, measure by measure. */
export function joinFigures(figures: readonly SampleFigures[]): JoinedFigures {
  const measures = Object.keys(figures[0]?.agreement ?? {});
  const over = (of: (one: SampleFigures) => number): number => mean(figures.map(of));
  return {
    agreement: Object.fromEntries(measures.map((measure) => [measure, over((one) => one.agreement[measure])])),
    human: Object.fromEntries(measures.map((measure) => [measure, [over((one) => one.human[measure][0]), over((one) => one.human[measure][1])] as const])),
    pieces: figures.length,
  };
}

/** What was drawn of the piece to look at. */
export interface ShownSample {
  readonly piece: SamplePiece;
  readonly drawn: PerformanceParameters;
  readonly curves: SampleCurves;
}

/**
 * Makes ready to have pieces played and compared, again and again.
 *
 * @param pieces - as {@link choosePieces} gives them, at least one
 * @param asCompared - what is compared of a performance that was drawn
 */
export function sampleRound(
  pieces: readonly SamplePiece[], asCompared: (drawn: PerformanceParameters) => PerformanceParameters = (drawn) => drawn,
): (play: (piece: SamplePiece) => Promise<PerformanceParameters>) => Promise<JoinedFigures & { readonly shown: ShownSample }> {
  const comparisons = pieces.map(sampleComparison);
  return async (play) => {
    const figures: SampleFigures[] = [];
    let shown: ShownSample | undefined;
    for (const [i, piece] of pieces.entries()) {
      const drawn = await play(piece);
      const curves = comparisons[i](asCompared(drawn));
      shown ??= { piece, drawn, curves };
      figures.push(curves);
    }
    if (!shown) throw new RangeError("sampleRound: needs a piece.");
    return { ...joinFigures(figures), shown };
  };
}

/** Compares draws with the pianists of a piece, whose own figures are computed once. */
export function sampleComparison({ score, pianists }: SamplePiece): (drawn: PerformanceParameters) => SampleFigures & SampleCurves {
  const among: HumanAgreement = humanAgreement(score, pianists, COMPARED);
  const shown = pianists.slice(0, MOST_CURVES);
  const humanTempo = shown.map((pianist) => rounded(tempoCurve(score, pianist).value));
  const humanVelocity = shown.map((pianist) => rounded(velocityCurve(score, pianist).value));
  const measures = Object.keys(among.betweenPianists) as (keyof typeof among.betweenPianists)[];
  return (drawn) => {
    const { oneDraw } = agreement(score, pianists, [drawn], COMPARED);
    const tempo = tempoCurve(score, drawn);
    return {
      agreement: Object.fromEntries(measures.map((measure) => [measure, Number.isFinite(among.betweenPianists[measure]) ? oneDraw[measure] : NaN])),
      human: Object.fromEntries(measures.map((measure) => [measure, [among.betweenPianists[measure], among.withMeanOfOthers[measure]] as const])),
      onsetBeat: [...tempo.onsetBeat],
      tempo: { sample: rounded(tempo.value), human: humanTempo },
      velocity: { sample: rounded(velocityCurve(score, drawn).value), human: humanVelocity },
    };
  };
}

function rounded(values: Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null));
}
