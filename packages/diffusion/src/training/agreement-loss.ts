/**
 * @file Agreement with pianists as a loss: 1 − r, as renderings are compared with performances (Pearson's r of tempo, velocity per onset
 * and per note, articulation and timing over a passage). A squared error asks most of pieces that vary most and of chords of many notes;
 * r asks the same of every passage, onset and pianist.
 */
import { TARGET_NAMES, type TargetConfig } from "../model/config.js";
import type { CropBatch } from "./batch.js";
import type { LinearTerms } from "./linear-terms.js";
import { linearTempo, linearTempoSlope, TEMPO_CHANNEL, type TempoScale } from "./tempo-scale.js";
import type { PreparedPerformance } from "./training-piece.js";

const P = TARGET_NAMES.length;
const SLOW_TEMPO = TARGET_NAMES.indexOf("slowTempo");
const VELOCITY = TARGET_NAMES.indexOf("velocity");
const TIMING = TARGET_NAMES.indexOf("timing");
const ARTICULATION = TARGET_NAMES.indexOf("articulation");

/** What is compared, in the order of all weights and figures here. */
export const AGREEMENT_NAMES = ["tempo", "velocityOnset", "velocityNote", "articulation", "timing"] as const;
const M = AGREEMENT_NAMES.length;
const [TEMPO_CURVE, VELOCITY_ONSET, VELOCITY_NOTE, ARTICULATION_CURVE, TIMING_CURVE] = AGREEMENT_NAMES.keys();

/** A curve that is told at fewer places than this in a crop is not compared. */
const LEAST_TOLD = 16;
/** Added to the prediction's variance, in standardized units, so that a flat prediction has a gradient. */
const VARIANCE_FLOOR = 0.02;
/** Pianists vary more than this, or there is nothing to agree with. */
const LEAST_VARIANCE = 1e-6;
/** A piece known by its beats counts as one of this many performances: more, and other music is played like it. */
const BEAT_PERFORMANCES = 1;

/** How targets become curves. */
export interface AgreementScale {
  /** Scale of the tempo. */
  readonly tempo: TempoScale;
  /** Scale of its slow part. */
  readonly slow: TempoScale;
  /** Factor on the slow part of a prediction, as it will be rendered; a performance keeps its own. */
  readonly slowFactor: number;
}

/** That of a model's targets. */
export function agreementScaleOf({ mean, sd }: TargetConfig, slowFactor: number): AgreementScale {
  const of = (channel: number): TempoScale => ({ mean: mean[channel], sd: sd[channel] });
  return { tempo: of(TEMPO_CHANNEL), slow: of(SLOW_TEMPO), slowFactor };
}

/** How far a batch is from agreement, and the gradient of that. */
export interface AgreementLoss {
  /** Σ over measures of weight · (1 − r). */
  readonly total: number;
  /** 1 − r per measure, `[5]`; 0 where nothing is told. */
  readonly measures: number[];
  /** Of the total, `[B·T, 6]`. */
  readonly gradient: Float32Array;
}

/**
 * 1 − r of a batch's crops with every performance, averaged: a crop of n notes and K performances weighs n √K.
 *
 * @param prediction - standardized targets, `[B·T, 6]`
 * @param performancesOf - performances of a piece, whole
 * @param terms - what recordings known by their beats tell; r is with their mean
 * @param weights - of the measures, `[5]`
 */
export function agreementLoss(
  prediction: Float32Array, batch: CropBatch, performancesOf: (piece: number) => readonly PreparedPerformance[], terms: LinearTerms | null,
  weights: readonly number[], scale: AgreementScale,
): AgreementLoss {
  const { crops, notes: T } = batch;
  const gradient = new Float32Array(prediction.length);
  const compared = crops.map(({ piece, begin, length }, b): Compared => {
    const rows = prediction.subarray(b * T * P, (b * T + length) * P);
    const onset = batch.onset.subarray(b * T, b * T + length);
    const told = new Float32Array(rows.length).fill(1);
    const mine = curvesOf(rows, told, onset, scale, scale.slowFactor);
    const humans = performancesOf(piece).map(({ values, weights: w }) =>
      curvesOf(values.subarray(begin * P, (begin + length) * P), w.subarray(begin * P, (begin + length) * P), onset, scale, 1));
    return compare(mine, humans, length);
  });
  const beats = terms ? compareTerms(terms, prediction, crops.map(({ length }) => length), T) : [];
  const mass = new Float64Array(M);
  const measures = new Float64Array(M);
  for (const { share, lack } of [...compared, ...beats]) {
    for (let m = 0; m < M; m++) {
      mass[m] += share[m];
      measures[m] += share[m] * lack[m];
    }
  }
  const factor = Array.from(mass, (sum, m) => (sum > 0 ? weights[m] / sum : 0));
  compared.forEach(({ slopes, share }, b) => {
    const { length } = crops[b];
    const of = (m: number) => slopes.subarray(m * length, (m + 1) * length);
    addSlopes(of, share.map((part, m) => part * factor[m]), batch.onset.subarray(b * T, b * T + length), prediction.subarray(b * T * P, (b * T + length) * P), gradient.subarray(b * T * P), scale);
  });
  for (const { add, share } of beats) add(gradient, share.map((part, m) => part * factor[m]));
  return {
    total: measures.reduce((sum, x, m) => sum + factor[m] * x, 0),
    measures: Array.from(measures, (x, m) => (mass[m] > 0 ? x / mass[m] : 0)),
    gradient,
  };
}

/** One crop's r, `[5]` each. */
interface Lack {
  /** Its weight per measure; 0 where it is not told. */
  readonly share: Float64Array;
  /** 1 − r. */
  readonly lack: Float64Array;
}

interface Compared extends Lack {
  /** Derivative of the lack by the prediction's curves, `[5 · n]`. */
  readonly slopes: Float64Array;
}

interface ComparedTerms extends Lack {
  /** Add the gradient, times a factor per measure. */
  add(gradient: Float32Array, factors: Float64Array): void;
}

/** The five curves of `n` notes and what is told of them, `[5 · n]` each; those per onset stand at its first note. */
interface Curves {
  readonly values: Float64Array;
  readonly told: Float64Array;
}

function curvesOf(rows: Float32Array, weights: Float32Array, onset: Int32Array, { tempo, slow }: AgreementScale, slowFactor: number): Curves {
  const n = onset.length;
  const values = new Float64Array(M * n);
  const told = new Float64Array(M * n);
  for (let first = 0, end = 0; first < n; first = end) {
    let velocity = 0;
    let played = 0;
    for (end = first; end < n && onset[end] === onset[first]; end++) {
      const at = end * P;
      velocity += weights[at + VELOCITY] * rows[at + VELOCITY];
      played += weights[at + VELOCITY];
      values[VELOCITY_NOTE * n + end] = rows[at + VELOCITY];
      told[VELOCITY_NOTE * n + end] = weights[at + VELOCITY];
      values[ARTICULATION_CURVE * n + end] = rows[at + ARTICULATION];
      told[ARTICULATION_CURVE * n + end] = weights[at + ARTICULATION];
      values[TIMING_CURVE * n + end] = rows[at + TIMING];
      told[TIMING_CURVE * n + end] = weights[at + TIMING];
    }
    // A note alone has nobody to be early against.
    if (end === first + 1) told[TIMING_CURVE * n + first] = 0;
    values[TEMPO_CURVE * n + first] = tempoAt(rows, first, tempo, slow, slowFactor);
    told[TEMPO_CURVE * n + first] = weights[first * P + SLOW_TEMPO] > 0 ? 1 : 0;
    values[VELOCITY_ONSET * n + first] = played > 0 ? velocity / played : 0;
    told[VELOCITY_ONSET * n + first] = played > 0 ? 1 : 0;
  }
  return { values, told };
}

/** A tempo as errors measure it: slope 1 by the standardized log2 beat period at the mean tempo. */
function tempoAt(rows: Float32Array, note: number, tempo: TempoScale, slow: TempoScale, slowFactor: number): number {
  return linearTempo(octaves(rows, note, tempo, slow, slowFactor), OCTAVES) / tempo.sd;
}

const OCTAVES: TempoScale = { mean: 0, sd: 1 };

function octaves(rows: Float32Array, note: number, tempo: TempoScale, slow: TempoScale, slowFactor: number): number {
  return rows[note * P + TEMPO_CHANNEL] * tempo.sd + tempo.mean + slowFactor * (rows[note * P + SLOW_TEMPO] * slow.sd + slow.mean);
}

function compare(mine: Curves, humans: readonly Curves[], n: number): Compared {
  const share = new Float64Array(M);
  const lack = new Float64Array(M);
  const slopes = new Float64Array(M * n);
  for (let m = 0; m < M; m++) {
    const x = mine.values.subarray(m * n, (m + 1) * n);
    const slope = slopes.subarray(m * n, (m + 1) * n);
    let performances = 0;
    for (const human of humans) {
      const r = addCorrelation(x, human.values.subarray(m * n, (m + 1) * n), human.told.subarray(m * n, (m + 1) * n), slope);
      if (r === null) continue;
      lack[m] += 1 - r;
      performances++;
    }
    if (performances === 0) continue;
    share[m] = n * Math.sqrt(performances);
    lack[m] /= performances;
    for (let i = 0; i < n; i++) slope[i] /= performances;
  }
  return { share, lack, slopes };
}

/** Weighted r of a prediction with what was played; the derivative of −r is added to `slope`. Null where too little is told. */
function addCorrelation(x: Float64Array, y: Float64Array, w: Float64Array, slope: Float64Array): number | null {
  let mass = 0, sx = 0, sy = 0;
  for (let i = 0; i < x.length; i++) {
    mass += w[i];
    sx += w[i] * x[i];
    sy += w[i] * y[i];
  }
  if (mass < LEAST_TOLD) return null;
  const mx = sx / mass;
  const my = sy / mass;
  let xx = 0, yy = 0, xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i] - mx;
    const dy = y[i] - my;
    xx += w[i] * dx * dx;
    yy += w[i] * dy * dy;
    xy += w[i] * dx * dy;
  }
  if (yy / mass < LEAST_VARIANCE) return null;
  const variance = xx / mass + VARIANCE_FLOOR;
  const scale = 1 / Math.sqrt(variance * (yy / mass));
  const r = (xy / mass) * scale;
  for (let i = 0; i < x.length; i++) slope[i] -= (w[i] / mass) * ((y[i] - my) * scale - (r * (x[i] - mx)) / variance);
  return r;
}

/** From derivatives by curves to those by targets. */
function addSlopes(
  slopeOf: (measure: number) => Float64Array, factors: Float64Array, onset: Int32Array, rows: Float32Array, gradient: Float32Array, { tempo, slow, slowFactor }: AgreementScale,
): void {
  const n = onset.length;
  const [ofTempo, ofOnset, ofNote, ofArticulation, ofTiming] = AGREEMENT_NAMES.map((_, m) => slopeOf(m));
  for (let first = 0, end = 0; first < n; first = end) {
    for (end = first; end < n && onset[end] === onset[first]; end++);
    const shared = (factors[VELOCITY_ONSET] * ofOnset[first]) / (end - first);
    for (let i = first; i < end; i++) {
      gradient[i * P + VELOCITY] += shared + factors[VELOCITY_NOTE] * ofNote[i];
      gradient[i * P + ARTICULATION] += factors[ARTICULATION_CURVE] * ofArticulation[i];
      gradient[i * P + TIMING] += factors[TIMING_CURVE] * ofTiming[i];
    }
    const perOctave = (factors[TEMPO_CURVE] * ofTempo[first] * linearTempoSlope(octaves(rows, first, tempo, slow, slowFactor), OCTAVES)) / tempo.sd;
    gradient[first * P + TEMPO_CHANNEL] += perOctave * tempo.sd;
    gradient[first * P + SLOW_TEMPO] += perOctave * slowFactor * slow.sd;
  }
}

/** r of each crop's terms with what the prediction says to them: of the tempo, and of the loudness as velocity per onset. */
function compareTerms(terms: LinearTerms, prediction: Float32Array, lengths: readonly number[], T: number): ComparedTerms[] {
  const { channel, begin, row, share: shares, target, weight } = terms;
  const byCrop = new Map<number, number[]>();
  for (let j = 0; j < target.length; j++) {
    if (channel[j] !== TEMPO_CHANNEL && channel[j] !== VELOCITY) continue;
    const key = Math.floor(row[begin[j]] / T) * P + channel[j];
    const list = byCrop.get(key);
    if (list) list.push(j);
    else byCrop.set(key, [j]);
  }
  return [...byCrop].flatMap(([key, list]) => {
    if (list.length < LEAST_TOLD) return [];
    const ofChannel = key % P;
    const measure = ofChannel === TEMPO_CHANNEL ? TEMPO_CURVE : VELOCITY_ONSET;
    const answers = Float64Array.from(list, (j) => {
      let sum = 0;
      for (let i = begin[j]; i < begin[j + 1]; i++) sum += shares[i] * prediction[row[i] * P + ofChannel];
      return sum;
    });
    const slope = new Float64Array(list.length);
    const total = list.reduce((sum, j) => sum + weight[j], 0);
    // So that any weights tell enough.
    const r = addCorrelation(answers, Float64Array.from(list, (j) => target[j]), Float64Array.from(list, (j) => (weight[j] / total) * list.length), slope);
    if (r === null) return [];
    const share = new Float64Array(M);
    const lack = new Float64Array(M);
    share[measure] = lengths[Math.floor(key / P)] * Math.sqrt(BEAT_PERFORMANCES);
    lack[measure] = 1 - r;
    const add = (gradient: Float32Array, factors: Float64Array): void =>
      list.forEach((j, k) => {
        for (let i = begin[j]; i < begin[j + 1]; i++) gradient[row[i] * P + ofChannel] += factors[measure] * slope[k] * shares[i];
      });
    return [{ share, lack, add }];
  });
}
