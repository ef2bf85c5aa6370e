/**
 * @file Melodiousness: one line that stands out, moves in near steps, and is joined tone to tone.
 *
 * The line is the skyline of what is struck. Nearness: the Gaussian of melodic intervals (Temperley, 2008, A
 * probabilistic model of melody perception; variance 7.2 semitones²; Huron, 2001, Tone and voice: pitch proximity).
 * Standing out: the share of the melody in the energy struck around it. Joining: the part of the way to the
 * line's next tone through which the tone sounds (Bresin & Battel, 2000).
 */
import type { PerformedNotes } from "@dexter/codec";
import { windowMean, windowSums } from "../window-sums.js";
import type { OnsetClusters } from "./onset-clusters.js";

const INTERVAL_VARIANCE = 7.2;
/** A melody moves on within this, s: a longer tone is a long tone, a longer rest an end. */
const LONGEST_STEP_SEC = 3;
/** Over this the melody is weighed against the rest, s. */
const VOICING_SEC = 1.5;

/** 0 to 1 around each of the given times, `[Q]`. */
export function melodiousness(notes: PerformedNotes, clusters: OnsetClusters, at: Float64Array, width: number): Float64Array {
  const line = melodyLine(notes, clusters);
  const energy = (n: number): number => (notes.velocity[n] / 127) ** 2;
  const lineSec = Float64Array.from(line, (n) => notes.onsetSec[n]);
  const [struck] = windowSums(notes.onsetSec, [Float64Array.from(notes.velocity, (_, n) => energy(n))], lineSec, VOICING_SEC);
  const [melodic] = windowSums(lineSec, [Float64Array.from(line, energy)], lineSec, VOICING_SEC);

  const value = new Float64Array(line.length);
  const weight = new Float64Array(line.length);
  for (let i = 0; i + 1 < line.length; i++) {
    const step = Math.max(1e-3, Math.min(LONGEST_STEP_SEC, lineSec[i + 1] - lineSec[i]));
    const interval = notes.pitch[line[i + 1]] - notes.pitch[line[i]];
    const near = Math.exp(-(interval * interval) / (2 * INTERVAL_VARIANCE));
    const joined = Math.min(1, heardSec(notes, line[i]) / step);
    value[i] = Math.cbrt(near * joined * Math.min(1, melodic[i] / struck[i]));
    weight[i] = step;
  }
  return windowMean(lineSec, value, weight, at, width);
}

/** Indices of the notes that are the highest struck, and below no key still held. */
export function melodyLine(notes: PerformedNotes, { length, start, onsetSec, top }: OnsetClusters): number[] {
  const line: number[] = [];
  const heldUntil = new Float64Array(128).fill(Number.NEGATIVE_INFINITY);
  for (let m = 0; m < length; m++) {
    // fingers overlap in legato: a key about to be released covers nothing
    let covered = false;
    for (let pitch = notes.pitch[top[m]] + 1; pitch < 128 && !covered; pitch++) covered = heldUntil[pitch] > onsetSec[m] + OVERLAP_SEC;
    if (!covered) line.push(top[m]);
    for (let n = start[m]; n < start[m + 1]; n++) heldUntil[notes.pitch[n]] = notes.onsetSec[n] + notes.keyDurationSec[n];
  }
  return line;
}

/** Legato overlaps are shorter than this, s (Repp, 1997, Acoustics, perception, and production of legato articulation). */
const OVERLAP_SEC = 0.15;

/**
 * How long a tone is heard as held, s: between the release of the key and that of the pedal, in the geometric mean.
 * A detached touch is heard as such under the pedal too, but less.
 */
export function heardSec({ keyDurationSec, soundDurationSec }: PerformedNotes, note: number): number {
  return Math.sqrt(keyDurationSec[note] * Math.min(soundDurationSec[note], keyDurationSec[note] + 4));
}
