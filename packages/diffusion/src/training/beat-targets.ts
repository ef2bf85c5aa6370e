/**
 * @file What recordings that are known by their beats teach: tempo over a beat
 * and loudness on it, averaged over the recordings (the squared error of the
 * average equals the mean squared error of the single ones up to a constant).
 *
 * Beat times and loudness are those of MazurkaBL (Kosta, Bandtlow & Chew, 2018).
 */
import { groupOnsets, ShapeError, type BeatRecordings } from "@dexter/codec";
import type { ModelNotes } from "../base/model-notes.js";
import { gaussianAverage } from "../base/slow-tempo.js";
import { TARGET_NAMES, type TargetConfig } from "../model/config.js";
import { termList, type LinearTerms } from "./linear-terms.js";

/** A beat's length is clipped to this many octaves around the recording's mean. */
const TEMPO_CLIP = 1.5;
/** Keeps the logarithm of silence finite, sones. */
const SILENCE_SONE = 0.05;
/** A standard deviation of log loudness in MIDI velocity: that of single performances with notes. */
const VELOCITY_PER_SD = 13.3;
/** Loudness tells the velocities of an onset less exactly than MIDI does. */
const LOUDNESS_WEIGHT = 0.5;
const SAME_QUARTER = 1e-6;

const TEMPO = TARGET_NAMES.indexOf("tempo");
const SLOW = TARGET_NAMES.indexOf("slowTempo");
const VELOCITY = TARGET_NAMES.indexOf("velocity");

/** Means over the recordings per beat, `[K]` each. */
export interface BeatMeans {
  /** log2 seconds per quarter, minus the slow part, minus the recording's mean. */
  readonly tempo: Float64Array;
  /** The slow part. */
  readonly slowTempo: Float64Array;
  /** Recordings that tell the tempo. */
  readonly tempoCount: Float64Array;
  /** Velocity minus the recording's mean, in MIDI units. */
  readonly velocity: Float64Array;
  /** Recordings that tell the loudness. */
  readonly velocityCount: Float64Array;
}

/**
 * Average recordings beat by beat.
 *
 * @param slowTempoBeats - width of the Gaussian that splits the slow part off
 * @throws ShapeError when arrays differ in length
 */
export function beatMeans({ recordings, onsetQuarter, timeSec, loudnessSone }: BeatRecordings, slowTempoBeats: number): BeatMeans {
  const R = recordings.length;
  const K = onsetQuarter.length;
  if (timeSec.length !== R * K || loudnessSone.length !== R * K) {
    throw new ShapeError(`beatMeans: times and loudness must be [${R}, ${K}], got ${timeSec.length} and ${loudnessSone.length} values.`);
  }
  const zero = () => new Float64Array(K);
  const means = { tempo: zero(), slowTempo: zero(), tempoCount: zero(), velocity: zero(), velocityCount: zero() };
  for (let r = 0; r < R; r++) {
    const tempo = zero();
    const share = zero();
    for (let k = 0; k + 1 < K; k++) {
      const seconds = timeSec[r * K + k + 1] - timeSec[r * K + k];
      const quarters = onsetQuarter[k + 1] - onsetQuarter[k];
      if (!(seconds > 0.02 && quarters > 0)) continue;
      tempo[k] = Math.log2(seconds / quarters);
      share[k] = quarters;
    }
    center(tempo, share);
    for (let k = 0; k < K; k++) tempo[k] = Math.max(-TEMPO_CLIP, Math.min(TEMPO_CLIP, tempo[k]));
    const slow = gaussianAverage(onsetQuarter, tempo, share, slowTempoBeats);
    const loudness = zero();
    const told = zero();
    for (let k = 0; k < K; k++) {
      const sone = loudnessSone[r * K + k];
      if (!(sone >= 0)) continue;
      loudness[k] = Math.log2(sone + SILENCE_SONE);
      told[k] = 1;
    }
    const deviation = center(loudness, told);
    for (let k = 0; k < K; k++) {
      if (share[k] > 0) {
        means.tempo[k] += tempo[k] - slow[k];
        means.slowTempo[k] += slow[k];
        means.tempoCount[k]++;
      }
      if (told[k] > 0 && deviation > 0) {
        means.velocity[k] += (VELOCITY_PER_SD * loudness[k]) / deviation;
        means.velocityCount[k]++;
      }
    }
  }
  for (let k = 0; k < K; k++) {
    if (means.tempoCount[k] > 0) {
      means.tempo[k] /= means.tempoCount[k];
      means.slowTempo[k] /= means.tempoCount[k];
    }
    if (means.velocityCount[k] > 0) means.velocity[k] /= means.velocityCount[k];
  }
  return means;
}

/**
 * The recordings as terms of the loss.
 *
 * @param notes - of the unfolded score
 * @param scale - of the targets
 */
export function beatTerms(notes: ModelNotes, beats: BeatRecordings, scale: TargetConfig): LinearTerms {
  const { onsetQuarter, recordings } = beats;
  const means = beatMeans(beats, scale.slowTempoBeats);
  const standard = (channel: number, value: number): number => {
    const z = (value - scale.mean[channel]) / scale.sd[channel];
    return Math.max(-scale.clip, Math.min(scale.clip, z));
  };
  const { start, count: U } = groupOnsets(notes);
  const at = Float64Array.from({ length: U }, (_, u) => notes.onsetQuarter[start[u]]);
  const list = termList();
  const root = Math.sqrt(recordings.length);
  for (let k = 0, u = 0; k < onsetQuarter.length; k++) {
    const from = onsetQuarter[k];
    while (u + 1 < U && at[u + 1] <= from + SAME_QUARTER) u++;
    if (k + 1 < onsetQuarter.length && means.tempoCount[k] > 0 && at[u] <= from + SAME_QUARTER) {
      const to = onsetQuarter[k + 1];
      const rows: number[] = [];
      const shares: number[] = [];
      for (let v = u; v < U && at[v] < to - SAME_QUARTER; v++) {
        rows.push(start[v]);
        shares.push((Math.min(to, v + 1 < U ? at[v + 1] : to) - Math.max(from, at[v])) / (to - from));
      }
      const weight = means.tempoCount[k] / root;
      list.add(TEMPO, rows, shares, standard(TEMPO, means.tempo[k]), weight);
      list.add(SLOW, rows, shares, standard(SLOW, means.slowTempo[k]), weight);
    }
    if (means.velocityCount[k] > 0 && Math.abs(at[u] - from) <= SAME_QUARTER) {
      const size = start[u + 1] - start[u];
      const rows = Array.from({ length: size }, (_, i) => start[u] + i);
      list.add(VELOCITY, rows, rows.map(() => 1 / size), standard(VELOCITY, means.velocity[k]), (LOUDNESS_WEIGHT * means.velocityCount[k]) / root);
    }
  }
  return list.done();
}

/** Subtract the weighted mean from values of positive weight, in place; returns their standard deviation. */
function center(values: Float64Array, weights: Float64Array): number {
  let mass = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    mass += weights[i];
    sum += weights[i] * values[i];
  }
  const mean = mass > 0 ? sum / mass : 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    if (weights[i] <= 0) continue;
    values[i] -= mean;
    square += weights[i] * values[i] * values[i];
  }
  return mass > 0 ? Math.sqrt(square / mass) : 0;
}
