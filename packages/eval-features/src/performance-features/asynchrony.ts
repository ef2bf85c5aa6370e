/**
 * @file Asynchrony: how far apart the notes of a chord are played, and which come first.
 *
 * Goebl (2001), Melody lead in piano performance: expressive device or artifact?
 */
import type { ScoreNotes } from "@dexter/codec";
import { pearson } from "./pearson.js";
import type { PlayedOnsets } from "./played-onsets.js";

/** Wider spreads count as this, s: they are another thing than a chord. */
const WIDEST_SEC = 1;

/** Per onset, `[U]` each; NaN where one note alone, or no variation, leaves nothing to tell. */
export interface Asynchrony {
  /** Latest minus earliest onset, s, at most 1. */
  readonly deltaSec: Float64Array;
  /** Of pitch with earliness. */
  readonly pitchCorrelation: Float64Array;
  /** Of velocity with earliness. */
  readonly velocityCorrelation: Float64Array;
  /** Of pitch with velocity. */
  readonly pitchVelocityCorrelation: Float64Array;
  /** Standard deviation of the voices' mean onsets, s, at most 1; NaN with one voice. */
  readonly voiceSpreadSec: Float64Array;
  /** Mean onset of the others minus that of the highest note, s. */
  readonly melodyLeadSec: Float64Array;
  /** Velocity of the highest note minus the mean of the others. */
  readonly melodyProminence: Float64Array;
}

/** Measure every chord. */
export function asynchrony(notes: ScoreNotes, played: PlayedOnsets): Asynchrony {
  const U = played.start.length - 1;
  const empty = (): Float64Array => new Float64Array(U).fill(Number.NaN);
  const result = {
    deltaSec: empty(), pitchCorrelation: empty(), velocityCorrelation: empty(), pitchVelocityCorrelation: empty(),
    voiceSpreadSec: empty(), melodyLeadSec: empty(), melodyProminence: empty(),
  };
  for (let u = 0; u < U; u++) {
    const chord = played.note.subarray(played.start[u], played.start[u + 1]);
    if (chord.length < 2) continue;
    let first = chord[0], last = chord[0], top = chord[0];
    for (const n of chord) {
      if (played.onsetSec[n] < played.onsetSec[first]) first = n;
      if (played.onsetSec[n] > played.onsetSec[last]) last = n;
      if (notes.pitch[n] >= notes.pitch[top]) top = n;
    }
    const from = played.onsetSec[first];
    result.deltaSec[u] = Math.min(played.onsetSec[last] - from, WIDEST_SEC);
    const early = Float64Array.from(chord, (n) => from - played.onsetSec[n]);
    const pitch = Float64Array.from(chord, (n) => notes.pitch[n]);
    const velocity = Float64Array.from(chord, (n) => played.velocity[n]);
    result.pitchCorrelation[u] = pearson(pitch, early);
    result.velocityCorrelation[u] = pearson(velocity, early);
    result.pitchVelocityCorrelation[u] = pearson(pitch, velocity);
    result.voiceSpreadSec[u] = voiceSpread(chord, early, notes.voice);
    let othersSec = 0;
    let othersVelocity = 0;
    for (const n of chord) {
      if (n === top) continue;
      othersSec += played.onsetSec[n] - from;
      othersVelocity += played.velocity[n];
    }
    result.melodyLeadSec[u] = othersSec / (chord.length - 1) - (played.onsetSec[top] - from);
    result.melodyProminence[u] = played.velocity[top] - othersVelocity / (chord.length - 1);
  }
  return result;
}

function voiceSpread(chord: Int32Array, early: Float64Array, voice: Int32Array): number {
  const voices = new Map<number, { sum: number; count: number }>();
  chord.forEach((n, i) => {
    const of = voices.get(voice[n]);
    if (of) {
      of.sum += early[i];
      of.count++;
    } else voices.set(voice[n], { sum: early[i], count: 1 });
  });
  if (voices.size < 2) return Number.NaN;
  const means = [...voices.values()].map(({ sum, count }) => sum / count);
  const middle = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  const variance = means.reduce((sum, mean) => sum + (mean - middle) ** 2, 0) / means.length;
  return Math.min(Math.sqrt(variance), WIDEST_SEC);
}
