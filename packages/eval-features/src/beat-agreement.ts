/**
 * @file How much recordings that are known by their beats agree with each other,
 * and renderings with them.
 *
 * The counterpart of `agreement` for corpora without notes, such as MazurkaBL
 * (Kosta et al., 2018): one tempo and one loudness a beat. Agreement is
 * Pearson's r over the beats that both have, averaged over pairs; a corpus is
 * the mean over its pieces.
 */
import { CodecError, ShapeError, type BeatRecordings } from "@dexter/codec";
import { bootstrapInterval, meanOfMemberPairs, meanOfMembers, type BootstrapOptions, type Interval, type Resampled } from "./comparison/bootstrap.js";
import { correlation, mean } from "./correlation.js";

/** Beats further from the median tempo than this are clipped, octaves: an annotation slipped, or the pianist paused. */
const MAX_OCTAVES = 1.5;

/** Added to sones before the logarithm: what is nearly silent stays finite. */
const SILENCE_SONE = 0.05;

/** One figure for tempo and one for loudness; NaN where it could not be computed. */
export interface BeatMeasures {
  /** log2 of the beat's length. */
  readonly tempo: number;
  /** log2 of the loudness of the beat, or the mean velocity of its notes. */
  readonly loudness: number;
}

/** A rendering at the beats of the recordings that it is compared with. */
export interface RenderedBeats {
  /** When each beat falls, s, `[K]`; NaN before the first onset and behind the last. */
  readonly timeSec: Float64Array;
  /** How loud it is: the mean MIDI velocity of the onset at the beat, `[K]`; NaN where nothing is struck. */
  readonly velocity: Float64Array;
}

/** Agreement on one piece. */
export interface BeatAgreement {
  /** Recordings. */
  readonly recordings: number;
  /** Renderings. */
  readonly draws: number;
  /** Mean r over all pairs of recordings; NaN with fewer than two. */
  readonly betweenRecordings: BeatMeasures;
  /** Mean r over all pairs of a rendering and a recording; NaN without renderings. */
  readonly oneDraw: BeatMeasures;
  /** Mean r of the mean of all renderings with a recording; NaN without renderings. */
  readonly meanOfDraws: BeatMeasures;
}

/** What the figures of a piece are means of, by measure, so that recordings can be drawn again. */
export type BeatSamples = Readonly<Record<keyof BeatMeasures, {
  /** r of every pair of recordings, symmetric, `[R, R]`; NaN on the diagonal. */
  readonly betweenRecordings: Float64Array;
  /** Mean r of all renderings with each recording, `[R]`; empty without renderings. */
  readonly oneDraw: Float64Array;
  /** r of the mean of all renderings with each recording, `[R]`; empty without renderings. */
  readonly meanOfDraws: Float64Array;
}>>;

/** Intervals of the mean over pieces. */
export interface BeatIntervals {
  /** Of {@link BeatAgreement.betweenRecordings}. */
  readonly betweenRecordings: Readonly<Record<keyof BeatMeasures, Interval>>;
  /** Of {@link BeatAgreement.oneDraw}. */
  readonly oneDraw: Readonly<Record<keyof BeatMeasures, Interval>>;
  /** Of {@link BeatAgreement.meanOfDraws}. */
  readonly meanOfDraws: Readonly<Record<keyof BeatMeasures, Interval>>;
}

/** A performance as two curves over the beats. */
interface BeatCurves {
  readonly tempo: Float64Array;
  readonly loudness: Float64Array;
}

/**
 * The agreements of single recordings with each other, and of renderings with them.
 *
 * @param beats - `R` recordings of `K` beats
 * @param draws - renderings at the same beats
 * @throws ShapeError when the arrays do not belong together
 * @throws CodecError when the beats do not rise
 */
export function beatSamples(beats: BeatRecordings, draws: readonly RenderedBeats[] = []): BeatSamples {
  const { onsetQuarter } = beats;
  const K = onsetQuarter.length;
  const R = beats.recordings.length;
  for (let k = 1; k < K; k++) {
    if (!(onsetQuarter[k] > onsetQuarter[k - 1])) throw new CodecError(`beatAgreement: expected rising beats, got ${onsetQuarter[k - 1]} and ${onsetQuarter[k]} quarters.`);
  }
  for (const name of ["timeSec", "loudnessSone"] as const) {
    if (beats[name].length !== R * K) throw new ShapeError(`beatAgreement: ${name} must be [${R}, ${K}], got ${beats[name].length} values.`);
  }
  const recorded = beats.recordings.map((_, r): BeatCurves => ({
    tempo: tempoOfBeats(beats.timeSec.subarray(r * K, (r + 1) * K), onsetQuarter),
    loudness: beats.loudnessSone.slice(r * K, (r + 1) * K).map((sones) => Math.log2(sones + SILENCE_SONE)),
  }));
  const drawn = draws.map(({ timeSec, velocity }, d): BeatCurves => {
    if (timeSec.length !== K || velocity.length !== K) {
      throw new ShapeError(`beatAgreement: rendering ${d} must have ${K} beats, got ${timeSec.length} times and ${velocity.length} velocities.`);
    }
    return { tempo: tempoOfBeats(timeSec, onsetQuarter), loudness: velocity };
  });
  const middle = meanOfCurves(drawn, K);
  return perBeatMeasure((name) => {
    const betweenRecordings = new Float64Array(R * R).fill(Number.NaN);
    for (let i = 0; i < R; i++) {
      for (let j = 0; j < i; j++) betweenRecordings[i * R + j] = betweenRecordings[j * R + i] = correlation(recorded[i][name], recorded[j][name]);
    }
    return {
      betweenRecordings,
      oneDraw: Float64Array.from(middle ? recorded : [], (recording) => mean(drawn.map((draw) => correlation(draw[name], recording[name])))),
      meanOfDraws: Float64Array.from(middle ? recorded : [], (recording) => (middle ? correlation(middle[name], recording[name]) : Number.NaN)),
    };
  });
}

/**
 * How the recordings of a piece agree with each other, and renderings with them.
 *
 * @param beats - `R` recordings of `K` beats
 * @param draws - renderings at the same beats
 * @throws ShapeError when the arrays do not belong together
 * @throws CodecError when the beats do not rise
 */
export function beatAgreement(beats: BeatRecordings, draws: readonly RenderedBeats[] = []): BeatAgreement {
  return beatsFromSamples(beatSamples(beats, draws), beats.recordings.length, draws.length);
}

/** The figures of a piece, from what they are means of. */
export function beatsFromSamples(samples: BeatSamples, recordings: number, draws: number): BeatAgreement {
  const over = (part: BeatPart): BeatMeasures => perBeatMeasure((name) => mean(samples[name][part]));
  return { recordings, draws, betweenRecordings: over("betweenRecordings"), oneDraw: over("oneDraw"), meanOfDraws: over("meanOfDraws") };
}

/** Intervals of the mean over pieces, with recordings and pieces resampled. */
export function beatIntervals(pieces: readonly BeatSamples[], options: BootstrapOptions = {}): BeatIntervals {
  const over = (part: BeatPart) => perBeatMeasure((name) => bootstrapInterval(pieces.map((piece): Resampled => {
    const values = piece[name][part];
    return part === "betweenRecordings" ? meanOfMemberPairs(Math.sqrt(values.length), values) : meanOfMembers(values);
  }), options));
  return { betweenRecordings: over("betweenRecordings"), oneDraw: over("oneDraw"), meanOfDraws: over("meanOfDraws") };
}

type BeatPart = "betweenRecordings" | "oneDraw" | "meanOfDraws";

/** The mean over pieces, each counting once; figures that are not there are left out. */
export function meanBeatAgreement(pieces: readonly BeatAgreement[]): BeatAgreement {
  const over = (part: BeatPart): BeatMeasures => perBeatMeasure((name) => mean(pieces.map((piece) => piece[part][name])));
  return {
    recordings: pieces.reduce((sum, { recordings }) => sum + recordings, 0),
    draws: pieces.reduce((sum, { draws }) => sum + draws, 0),
    betweenRecordings: over("betweenRecordings"),
    oneDraw: over("oneDraw"),
    meanOfDraws: over("meanOfDraws"),
  };
}

/** log2 of each beat's length, seconds a quarter, clipped around its median; NaN where an end of it is unknown. */
function tempoOfBeats(timeSec: Float64Array, onsetQuarter: Float64Array): Float64Array {
  const tempo = new Float64Array(timeSec.length).fill(Number.NaN);
  for (let k = 0; k + 1 < timeSec.length; k++) {
    const length = (timeSec[k + 1] - timeSec[k]) / (onsetQuarter[k + 1] - onsetQuarter[k]);
    if (length > 0) tempo[k] = Math.log2(length);
  }
  const known = tempo.filter((value) => !Number.isNaN(value)).sort();
  const half = known.length >> 1;
  const median = known.length % 2 === 1 ? known[half] : (known[half - 1] + known[half]) / 2;
  return tempo.map((value) => Math.max(median - MAX_OCTAVES, Math.min(median + MAX_OCTAVES, value)));
}

function meanOfCurves(curves: readonly BeatCurves[], K: number): BeatCurves | null {
  if (curves.length === 0) return null;
  const over = (name: keyof BeatCurves): Float64Array => Float64Array.from({ length: K }, (_, k) => mean(curves.map((curve) => curve[name][k])));
  return { tempo: over("tempo"), loudness: over("loudness") };
}

function perBeatMeasure<T>(value: (name: keyof BeatCurves) => T): Record<keyof BeatCurves, T> {
  return { tempo: value("tempo"), loudness: value("loudness") };
}
