/**
 * @file The unseen piece that samples are drawn of: the smallest that several pianists played.
 */
import { agreement, humanAgreement, tempoCurve, velocityCurve, type HumanAgreement } from "@dexter/eval-features";
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
/** Curves of more pianists are a blur. */
const MOST_CURVES = 8;

/** The one to draw: the smallest of those that are long enough; the longest where none is; none where nobody played with others. */
export function choosePiece(pieces: readonly SamplePiece[]): SamplePiece | null {
  const several = pieces.filter(({ pianists }) => pianists.length >= 2).sort((a, b) => a.score.notes.length - b.score.notes.length);
  return several.find(({ score }) => score.notes.length >= LEAST_NOTES) ?? several.at(-1) ?? null;
}

/** Figures of a drawn performance beside the pianists'. */
export interface SampleFigures {
  /** Mean r of the draw with each pianist, by measure. */
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

/** Compares draws with the pianists of a piece, whose own figures are computed once. */
export function sampleComparison({ score, pianists }: SamplePiece): (drawn: PerformanceParameters) => SampleFigures & SampleCurves {
  const among: HumanAgreement = humanAgreement(score, pianists);
  const shown = pianists.slice(0, MOST_CURVES);
  const humanTempo = shown.map((pianist) => rounded(tempoCurve(score, pianist).value));
  const humanVelocity = shown.map((pianist) => rounded(velocityCurve(score, pianist).value));
  const measures = Object.keys(among.betweenPianists) as (keyof typeof among.betweenPianists)[];
  return (drawn) => {
    const { oneDraw } = agreement(score, pianists, [drawn]);
    const tempo = tempoCurve(score, drawn);
    return {
      agreement: { ...oneDraw },
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
