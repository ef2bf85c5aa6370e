/**
 * @file Dissonance: the roughness of what sounds together.
 *
 * The roughness of two partials is that of Plomp & Levelt (1965) in the form of Sethares (1993), Local consonance and
 * the relationship between timbre and scale; of tones it is the sum over pairs of partials, and of a chord the sum over
 * pairs of tones over the sum of their energies (Hutchinson & Knopoff, 1978, The acoustic component of western
 * consonance). Tones are as loud as they were struck, decay as strings do, and end with the key or the pedal.
 */
import type { PerformedNotes } from "@dexter/codec";
import { windowMean } from "../window-sums.js";
import type { OnsetClusters } from "./onset-clusters.js";

const PARTIALS = 6;
/** Each partial is this much as strong as the one below it (Sethares, 1993). */
const PARTIAL_DECAY = 0.88;
/** Tones further than this apart are not rough, semitones. */
const FARTHEST = 40;
/** A tone this much weaker than when struck is no longer heard. */
const FAINTEST = 0.02;
/** A longer sound counts as this long, s. */
const LONGEST_SEC = 2;

/** The cube root of the mean roughness around each of the given times, `[Q]`: the mean alone leans far to few clusters. */
export function dissonance(notes: PerformedNotes, clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const table = roughnessTable();
  const value = new Float64Array(clusters.length);
  const weight = new Float64Array(clusters.length);
  const struck = new Int32Array(128).fill(-1); // the note that last struck each string
  let sounding: number[] = [];
  const amplitude = new Float64Array(128);
  for (let m = 0; m < clusters.length; m++) {
    const now = clusters.onsetSec[m];
    for (let n = clusters.start[m]; n < clusters.start[m + 1]; n++) {
      if (struck[notes.pitch[n]] < 0) sounding.push(notes.pitch[n]);
      struck[notes.pitch[n]] = n;
    }
    sounding = sounding.filter((pitch) => {
      const n = struck[pitch];
      const age = Math.max(0, now - notes.onsetSec[n]);
      const left = Math.exp(-age / decaySec(pitch));
      amplitude[pitch] = (notes.velocity[n] / 127) * left;
      const heard = left > FAINTEST && (n >= clusters.start[m] || notes.onsetSec[n] + notes.soundDurationSec[n] > now);
      if (!heard) struck[pitch] = -1;
      return heard;
    });
    let rough = 0;
    let energy = 0;
    for (let i = 0; i < sounding.length; i++) {
      const a = sounding[i];
      energy += amplitude[a] * amplitude[a];
      for (let j = 0; j < i; j++) {
        const apart = Math.abs(a - sounding[j]);
        if (apart < FARTHEST) rough += amplitude[a] * amplitude[sounding[j]] * table[Math.min(a, sounding[j]) * FARTHEST + apart];
      }
    }
    value[m] = energy > 0 ? rough / energy : 0;
    weight[m] = clusters.strength[m] * (m + 1 < clusters.length ? Math.min(LONGEST_SEC, clusters.onsetSec[m + 1] - now) : LONGEST_SEC);
  }
  return windowMean(clusters.onsetSec, value, weight, at, width).map(Math.cbrt);
}

/** Time in which a string's sound falls to 1/e, s: long in the bass, short in the treble (Martin, 1947, Decay rates of piano tones). */
export function decaySec(pitch: number): number {
  return Math.max(0.25, 4 * 2 ** (-(pitch - 36) / 16));
}

let roughnesses: Float64Array | undefined;

/** Roughness of two tones of amplitude 1, `[128, FARTHEST]` by the lower pitch and the semitones between. */
function roughnessTable(): Float64Array {
  if (roughnesses) return roughnesses;
  roughnesses = new Float64Array(128 * FARTHEST);
  for (let pitch = 0; pitch < 128; pitch++) {
    for (let apart = 1; apart < FARTHEST; apart++) {
      let sum = 0;
      for (let i = 0; i < PARTIALS; i++) {
        for (let j = 0; j < PARTIALS; j++) {
          sum += PARTIAL_DECAY ** (i + j) * partialRoughness(hertz(pitch) * (i + 1), hertz(pitch + apart) * (j + 1));
        }
      }
      roughnesses[pitch * FARTHEST + apart] = sum;
    }
  }
  return roughnesses;
}

/** Sethares (1993), equation (2): greatest at about a quarter of the critical band. */
function partialRoughness(f: number, g: number): number {
  const scale = 0.24 / (0.021 * Math.min(f, g) + 19);
  const x = scale * Math.abs(f - g);
  return Math.exp(-3.5 * x) - Math.exp(-5.75 * x);
}

function hertz(pitch: number): number {
  return 440 * 2 ** ((pitch - 69) / 12);
}
