/**
 * @file What trees learn: the same that agreement asks for. A performance's channel is compared within passages, by its z-scores, so that
 * every pianist and every passage counts alike; the mean over the performances is what agrees best with them.
 */
import { ONSET_CHANNELS, TARGET_NAMES, type TargetName } from "../model/config.js";
import type { LinearTerms } from "./linear-terms.js";
import type { PreparedPiece } from "./training-piece.js";

const P = TARGET_NAMES.length;
/** Notes of a passage, about. */
const PASSAGE_NOTES = 400;
/** A performance that tells less of a passage is not heard there, notes (or onsets). */
const LEAST_TOLD = 8;
/** Pianists vary at least this much within a passage, standardized. */
const LEAST_DEVIATION = 0.1;
/** A passage in which they hardly vary is not blown up beyond this. */
const LEAST_SCALE = 0.2;
/** Bound of the z-scores. */
const CLIP = 4;

/** One channel of a piece, as trees learn it. */
export interface TreeTargets {
  /** Standardized, 0 on average in a passage, `[N]`. */
  readonly target: Float32Array;
  /** 0 where nobody tells it, `[N]`. */
  readonly weight: Float32Array;
}

/**
 * The mean over a piece's performances of their z-scores in passages of about 400 notes, times the deviation that pianists have there;
 * weighed so that errors count by z-scores, and K performances √K. Of a piece that is known by its beats alone: what its recordings
 * have on average at each beat, for each note that it is told of; 0 on average in the piece, weighed alike.
 */
export function treeTargets({ length, onset, performances, beats }: PreparedPiece, channel: TargetName): TreeTargets {
  const p = TARGET_NAMES.indexOf(channel);
  if (performances.length === 0 && beats) return beatTargets(beats, p, length);
  const target = new Float32Array(length);
  const weight = new Float32Array(length);
  const share = ONSET_CHANNELS[p] ? shareOfOnset(onset) : new Float32Array(length).fill(1);
  const passages = Math.max(1, Math.round(length / PASSAGE_NOTES));
  for (let k = 0; k < passages; k++) {
    const from = Math.floor((k * length) / passages);
    const to = Math.floor(((k + 1) * length) / passages);
    let deviations = 0;
    let heard = 0;
    for (const { values, weights } of performances) {
      let mass = 0, sum = 0, squares = 0;
      for (let n = from; n < to; n++) {
        const w = weights[n * P + p] * share[n];
        mass += w;
        sum += w * values[n * P + p];
      }
      if (mass <= LEAST_TOLD) continue;
      const mean = sum / mass;
      for (let n = from; n < to; n++) squares += weights[n * P + p] * share[n] * (values[n * P + p] - mean) ** 2;
      const deviation = Math.max(Math.sqrt(squares / mass), LEAST_DEVIATION);
      for (let n = from; n < to; n++) {
        const w = weights[n * P + p] * share[n];
        weight[n] += w;
        target[n] += w * Math.max(-CLIP, Math.min(CLIP, (values[n * P + p] - mean) / deviation));
      }
      deviations += deviation;
      heard++;
    }
    const scale = Math.max(heard > 0 ? deviations / heard : 0, LEAST_SCALE);
    for (let n = from; n < to; n++) {
      if (weight[n] <= 0) continue;
      target[n] *= scale / weight[n];
      weight[n] /= Math.sqrt(performances.length) * scale ** 2;
    }
  }
  return { target, weight };
}

/** One over the notes of each note's onset, `[N]`. */
function shareOfOnset(onset: Int32Array): Float32Array {
  const size = new Map<number, number>();
  for (const at of onset) size.set(at, (size.get(at) ?? 0) + 1);
  return Float32Array.from(onset, (at) => 1 / size.get(at)!);
}

/** What recordings known by their beats tell of a channel, at the notes of the beats. */
function beatTargets({ channel, begin, row, share, target: values, weight: weights }: LinearTerms, p: number, length: number): TreeTargets {
  const target = new Float32Array(length);
  const weight = new Float32Array(length);
  let mass = 0, sum = 0, squares = 0;
  for (let j = 0; j < channel.length; j++) {
    if (channel[j] !== p) continue;
    for (let i = begin[j]; i < begin[j + 1]; i++) {
      target[row[i]] = values[j];
      weight[row[i]] = weights[j] * share[i];
    }
  }
  for (let n = 0; n < length; n++) {
    mass += weight[n];
    sum += weight[n] * target[n];
  }
  for (let n = 0; n < length; n++) squares += weight[n] * (target[n] - sum / mass) ** 2;
  const scale = Math.max(Math.sqrt(squares / mass), LEAST_SCALE);
  for (let n = 0; n < length; n++) {
    if (weight[n] <= 0) continue;
    target[n] -= sum / mass;
    weight[n] /= scale ** 2;
  }
  return { target, weight };
}
