/**
 * @file The six targets of the `base` model, and their inverse: performance
 * parameters in a form in which they can be learned.
 *
 * | channel | target |
 * |---|---|
 * | tempo | log2 seconds per quarter minus its slow part; one value an onset |
 * | slowTempo | Gaussian average (12 beats) of log2 seconds per quarter, minus the piece's mean; one value an onset |
 * | velocity | MIDI velocity minus the performance's mean |
 * | timing | asinh(timing / 0.03 s) |
 * | articulation | log2 of key-down over notated duration at the local tempo, in [−4, 2]; 0 for grace notes |
 * | pedal | CC64 / 127 at the onset; one value an onset |
 */
import { groupOnsets, ShapeError, zeros, type Matrix, type PerformanceParameters } from "@dexter/codec";
import { TARGET_NAMES, type TargetConfig } from "../model/config.js";
import type { ModelNotes } from "./model-notes.js";
import { gaussianAverage } from "./slow-tempo.js";

/** Numbers that define the targets; they are part of a checkpoint's `config.json`. */
export type TargetScale = Pick<TargetConfig, "slowTempoBeats" | "timingScaleSec">;

/** The scale unless told otherwise. */
export const DEFAULT_TARGET_SCALE: TargetScale = { slowTempoBeats: 12, timingScaleSec: 0.03 };

/** Level of a whole performance, which the network does not predict. */
export interface PieceLevel {
  /** Mean log2 of seconds per quarter note over score time. */
  readonly log2SecPerQuarter: number;
  /** Mean MIDI velocity of the notes. */
  readonly meanVelocity: number;
}

/** A performance as targets. */
export interface Targets {
  /** `[N, 6]`, columns in the order of `TARGET_NAMES`, not standardized; 0 where the weight is 0. */
  readonly values: Matrix;
  /** Weight of each value in the loss, `[N, 6]`, ≥ 0: an onset's channels sum to at most 1 over its notes. */
  readonly weights: Matrix;
  /** What was taken off. */
  readonly level: PieceLevel;
}

const P = TARGET_NAMES.length;
/** Onsets closer to the next than this, s, say nothing of the tempo. */
const MIN_ADVANCE_SEC = 0.005;
/** Intervals around and below this, s, are motor noise: their loss weight is ioi² / (ioi² + this²). */
const MOTOR_SEC = 0.05;
const ARTICULATION_RANGE = [-4, 2] as const;
/** Bounds of rendered tempo, log2 seconds per quarter: 4,000 to 2 quarters per minute. */
const TEMPO_RANGE = [-6, 5] as const;
/** An onset's share in averages over score time is its distance to the next, up to this, quarters. */
const MAX_SHARE_QUARTER = 4;
/** Largest |asinh(timing / scale)| that is rendered: beyond any pianist, and finite. */
const TIMING_LIMIT = 6;

/**
 * Express a performance as targets.
 *
 * Notes that were not played have weight 0. Onsets that do not advance by 5 ms
 * take their tempo from their neighbours and have no tempo loss; neither has the
 * last onset, after which nothing tells the tempo.
 *
 * @throws ShapeError when notes and parameters differ in length
 */
export function parametersToTargets(notes: ModelNotes, parameters: PerformanceParameters, scale: TargetScale = DEFAULT_TARGET_SCALE): Targets {
  const N = notes.length;
  if (parameters.length !== N) throw new ShapeError(`parametersToTargets: parameters must have ${N} notes, got ${parameters.length}.`);
  const values = zeros(N, P);
  const weights = zeros(N, P);
  const onset = groupOnsets(notes).ofNote;
  const tempo = onsetTempo(notes, parameters, onset);
  const slow = gaussianAverage(tempo.beat, tempo.log2SecPerQuarter, tempo.share, scale.slowTempoBeats);
  const log2SecPerQuarter = weightedMean(tempo.log2SecPerQuarter, tempo.share);
  let played = 0;
  let velocitySum = 0;
  for (let n = 0; n < N; n++) {
    if (!parameters.mask[n]) continue;
    played++;
    velocitySum += 127 * parameters.velocityNorm[n];
  }
  const meanVelocity = played > 0 ? velocitySum / played : 64;
  for (let begin = 0, end = 0; begin < N; begin = end) {
    const u = onset[begin];
    let playedHere = 0;
    let pedal = 0;
    for (end = begin; end < N && onset[end] === u; end++) {
      if (!parameters.mask[end]) continue;
      playedHere++;
      pedal += parameters.pedalNorm[end];
    }
    if (playedHere === 0) continue;
    const ioi = tempo.ioiSec[u];
    const tempoWeight = (ioi * ioi) / (ioi * ioi + MOTOR_SEC * MOTOR_SEC) / (end - begin);
    const slowWeight = tempo.share[u] > 0 ? 1 / (end - begin) : 0;
    for (let n = begin; n < end; n++) {
      const row = n * P;
      values.data[row] = tempo.log2SecPerQuarter[u] - slow[u];
      weights.data[row] = tempo.share[u] > 0 ? tempoWeight : 0;
      values.data[row + 1] = slow[u] - log2SecPerQuarter;
      weights.data[row + 1] = slowWeight;
      values.data[row + 5] = pedal / playedHere;
      weights.data[row + 5] = 1 / (end - begin);
      if (!parameters.mask[n]) continue;
      values.data[row + 2] = 127 * parameters.velocityNorm[n] - meanVelocity;
      weights.data[row + 2] = 1;
      values.data[row + 3] = Math.asinh(parameters.timingSec[n] / scale.timingScaleSec);
      weights.data[row + 3] = 1;
      if (notes.grace[n]) continue;
      // The same key-down seconds against the tempo that stands here now.
      const retold = Math.log2(parameters.beatPeriod[n]) - (tempo.log2SecPerQuarter[u] + log2QuartersPerBeat(notes, n));
      const articulation = parameters.articulationLog2[n] + (Number.isFinite(retold) ? retold : 0);
      values.data[row + 4] = clamp(articulation, ...ARTICULATION_RANGE);
      weights.data[row + 4] = 1;
    }
  }
  return { values, weights, level: { log2SecPerQuarter, meanVelocity } };
}

/** What {@link targetsToParameters} needs beside the targets. */
export interface RenderLevel extends PieceLevel {
  /** Factor on the slow part of the tempo: 1 takes it as it is. */
  readonly slowTempoFactor: number;
}

/**
 * Turn targets back into performance parameters with `release: "key"`; the
 * inverse of {@link parametersToTargets} at a factor of 1.
 *
 * Values are bounded to what can be played, whatever the targets say.
 *
 * @param targets - `[N, 6]`, not standardized
 * @throws ShapeError when the shapes do not fit, or a target is not a number
 */
export function targetsToParameters(
  notes: ModelNotes, targets: Matrix, level: RenderLevel, scale: TargetScale = DEFAULT_TARGET_SCALE,
): PerformanceParameters {
  const N = notes.length;
  if (targets.shape[0] !== N || targets.shape[1] !== P) {
    throw new ShapeError(`targetsToParameters: targets must be [${N}, ${P}], got [${targets.shape.join(", ")}].`);
  }
  const parameters = {
    length: N,
    beatPeriod: new Float64Array(N),
    velocityNorm: new Float64Array(N),
    timingSec: new Float64Array(N),
    articulationLog2: new Float64Array(N),
    pedalNorm: new Float64Array(N),
    mask: new Uint8Array(N).fill(1),
    release: "key" as const,
  };
  const onset = groupOnsets(notes).ofNote;
  const { data } = targets;
  for (let begin = 0, end = 0; begin < N; begin = end) {
    let tempo = 0;
    let pedal = 0;
    for (end = begin; end < N && onset[end] === onset[begin]; end++) {
      tempo += data[end * P] + level.slowTempoFactor * data[end * P + 1];
      pedal += data[end * P + 5];
    }
    const log2SecPerQuarter = clamp(level.log2SecPerQuarter + tempo / (end - begin), ...TEMPO_RANGE);
    for (let n = begin; n < end; n++) {
      const row = n * P;
      parameters.beatPeriod[n] = 2 ** (log2SecPerQuarter + log2QuartersPerBeat(notes, n));
      parameters.velocityNorm[n] = clamp(level.meanVelocity + data[row + 2], 1, 127) / 127;
      parameters.timingSec[n] = scale.timingScaleSec * Math.sinh(clamp(data[row + 3], -TIMING_LIMIT, TIMING_LIMIT));
      parameters.articulationLog2[n] = notes.grace[n] ? 0 : clamp(data[row + 4], ...ARTICULATION_RANGE);
      parameters.pedalNorm[n] = clamp(pedal / (end - begin), 0, 1);
      if (Number.isNaN(parameters.beatPeriod[n] + parameters.velocityNorm[n] + parameters.timingSec[n] + parameters.articulationLog2[n] + parameters.pedalNorm[n])) {
        throw new ShapeError(`targetsToParameters: the targets of note ${n} are not numbers.`);
      }
    }
  }
  return parameters;
}

/** The tempo curve per onset, `[U]` each. */
interface OnsetTempo {
  readonly beat: Float64Array;
  /** Interpolated where nothing tells it. */
  readonly log2SecPerQuarter: Float64Array;
  /** Seconds to the next played onset; 0 where the tempo is not told. */
  readonly ioiSec: Float64Array;
  /** Share in averages over score time, quarters; 0 where the tempo is not told. */
  readonly share: Float64Array;
}

function onsetTempo(notes: ModelNotes, parameters: PerformanceParameters, onset: Int32Array): OnsetTempo {
  const N = notes.length;
  const U = N > 0 ? onset[N - 1] + 1 : 0;
  const beat = new Float64Array(U);
  const log2SecPerQuarter = new Float64Array(U);
  const ioiSec = new Float64Array(U);
  const share = new Float64Array(U);
  // Per onset: a note of it, and a played one if any.
  const played = new Int32Array(U).fill(-1);
  for (let n = N - 1; n >= 0; n--) {
    beat[onset[n]] = notes.onsetBeat[n];
    if (parameters.mask[n]) played[onset[n]] = n;
  }
  let next = -1; // the next played onset
  for (let u = U - 1; u >= 0; u--) {
    const n = played[u];
    if (n < 0) continue;
    if (next >= 0 && parameters.beatPeriod[n] > 0) {
      const quarters = notes.onsetQuarter[played[next]] - notes.onsetQuarter[n];
      const secPerQuarter = parameters.beatPeriod[n] / 2 ** log2QuartersPerBeat(notes, n);
      const ioi = secPerQuarter * quarters;
      if (ioi >= MIN_ADVANCE_SEC && Number.isFinite(ioi)) {
        ioiSec[u] = ioi;
        share[u] = Math.min(quarters, MAX_SHARE_QUARTER);
        log2SecPerQuarter[u] = Math.log2(secPerQuarter);
      }
    }
    next = u;
  }
  interpolate(beat, log2SecPerQuarter, share);
  return { beat, log2SecPerQuarter, ioiSec, share };
}

/** Fill values of no share from their neighbours with one, linearly along score time. */
function interpolate(beat: Float64Array, value: Float64Array, share: Float64Array): void {
  let left = -1;
  for (let u = 0; u <= value.length; u++) {
    if (u < value.length && share[u] <= 0) continue;
    const right = u < value.length ? u : -1;
    for (let gap = left + 1; gap < u; gap++) {
      if (left < 0) value[gap] = right < 0 ? 0 : value[right];
      else if (right < 0) value[gap] = value[left];
      else value[gap] = value[left] + ((value[right] - value[left]) * (beat[gap] - beat[left])) / (beat[right] - beat[left]);
    }
    left = u;
  }
}

/** log2 of quarters per beat: −1 in x/8. */
function log2QuartersPerBeat(notes: ModelNotes, n: number): number {
  return Math.log2(4 / notes.beatType[n]);
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return total > 0 ? sum / total : 0;
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
