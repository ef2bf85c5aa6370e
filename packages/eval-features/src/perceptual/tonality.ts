/**
 * @file Tonal stability and minorness: how well what sounds fits a key, and whether it is a minor one.
 *
 * The correlation of the sounding pitch classes with the tonal hierarchies of Krumhansl & Kessler (1982), over all 24
 * keys (Krumhansl, 1990, the Krumhansl-Schmuckler algorithm). The highest is the key clarity, the highest of minor
 * less that of major keys the mode (Lartillot & Toiviainen, 2007, MIR toolbox). A tone weighs what it sounds: its
 * loudness, dying away until key or pedal let it go.
 */
import type { PerformedNotes } from "@dexter/codec";
import { windowRowSums } from "../window-sums.js";
import { decaySec } from "./dissonance.js";

/** The two features around each of the given times, `[Q]` each. */
export interface Tonality {
  /** Correlation with the nearest key's profile. */
  readonly stability: Float64Array;
  /** Correlation with the nearest minor key's less that with the nearest major key's. */
  readonly minorness: Float64Array;
}

/** Measure both. */
export function tonality(notes: PerformedNotes, at: Float64Array, width: number): Tonality {
  const rows = new Float64Array(notes.length * 12);
  for (let n = 0; n < notes.length; n++) {
    const decay = decaySec(notes.pitch[n]);
    rows[n * 12 + (notes.pitch[n] % 12)] = (notes.velocity[n] / 127) * decay * (1 - Math.exp(-notes.soundDurationSec[n] / decay));
  }
  const sums = windowRowSums(notes.onsetSec, rows, 12, at, width);
  const stability = new Float64Array(at.length);
  const minorness = new Float64Array(at.length);
  for (let q = 0; q < at.length; q++) {
    const profile = standardized(sums.subarray(q * 12, q * 12 + 12));
    const asMajor = bestCorrelation(profile, MAJOR);
    const asMinor = bestCorrelation(profile, MINOR);
    stability[q] = Math.max(asMajor, asMinor);
    minorness[q] = asMinor - asMajor;
  }
  return { stability, minorness };
}

/** With the nearest of the twelve keys that have this hierarchy. */
function bestCorrelation(profile: Float64Array, hierarchy: Float64Array): number {
  let best = -1;
  for (let tonic = 0; tonic < 12; tonic++) {
    let r = 0;
    for (let c = 0; c < 12; c++) r += profile[(tonic + c) % 12] * hierarchy[c];
    best = Math.max(best, r);
  }
  return best;
}

/** Less the mean, over the length: the products of two are Pearson's r. All zeros where nothing varies. */
function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return values.map((value) => (length > 1e-12 ? (value - mean) / length : 0));
}

const MAJOR = standardized(Float64Array.of(6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88));
const MINOR = standardized(Float64Array.of(6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17));
