/**
 * @file Dynamics against what is written, and with the tempo.
 *
 * Kosta, Bandtlow & Chew (2018), Dynamics and relativity: practical implications of dynamic markings in the score;
 * Todd (1992), The dynamics of dynamics.
 */
import { dynamicsMarks, type Score } from "@dexter/codec";
import { localPearson, pearson } from "./pearson.js";
import type { PlayedOnsets } from "./played-onsets.js";

/** How far around an onset tempo and velocity are correlated, beats. */
export const COUPLING_REACH_BEAT = 5;

/** A level mark at the onset where it is first heard. */
export interface MarkAtOnset {
  /** Index of the onset, `[0, U)`, rising. */
  readonly onset: number;
  /** Louder is greater; only the order counts. */
  readonly level: number;
}

/** A hairpin, cresc. or dim. over onsets `from` to `to` (excluded). */
export interface RampOverOnsets {
  readonly from: number;
  readonly to: number;
  /** How far on each of its onsets lies, `[to − from]`; falling for a diminuendo. */
  readonly way: Float64Array;
}

/** The marks of a score at the onsets that were played. Of several marks heard first at one onset the last counts. */
export function marksAtOnsets(score: Score, { onsetQuarter }: PlayedOnsets): { readonly levels: readonly MarkAtOnset[]; readonly ramps: readonly RampOverOnsets[] } {
  const marks = dynamicsMarks(score);
  const levels: MarkAtOnset[] = [];
  for (const { onsetQuarter: at, level } of marks.levels) {
    const onset = firstFrom(onsetQuarter, at);
    if (onset === onsetQuarter.length) continue;
    if (levels.length && levels[levels.length - 1].onset === onset) levels.pop();
    levels.push({ onset, level });
  }
  const spans = [
    ...marks.crescendi.map((span) => ({ span, sign: 1 })),
    ...marks.diminuendi.map((span) => ({ span, sign: -1 })),
  ].sort((a, b) => a.span.startQuarter - b.span.startQuarter);
  const ramps = spans.map(({ span: { startQuarter, endQuarter }, sign }) => {
    const from = firstFrom(onsetQuarter, startQuarter);
    const to = Math.max(from, firstFrom(onsetQuarter, endQuarter + 2e-6));
    return { from, to, way: onsetQuarter.slice(from, to).map((at) => sign * (at - startQuarter)) };
  });
  return { levels, ramps: ramps.filter(({ from, to }) => to - from > 1) };
}

/**
 * Whether each mark is played louder or softer than the one before, as written: 1, or −1 where it is not. Equal marks
 * ask for no less; equal velocities count as louder.
 *
 * @returns `[U]`, NaN but at marks from the second on
 */
export function markAgreement(levels: readonly MarkAtOnset[], chordVelocity: Float64Array): Float64Array {
  const result = new Float64Array(chordVelocity.length).fill(Number.NaN);
  for (let k = 1; k < levels.length; k++) {
    const written = levels[k].level >= levels[k - 1].level;
    const heard = chordVelocity[levels[k].onset] >= chordVelocity[levels[k - 1].onset];
    result[levels[k].onset] = written === heard ? 1 : -1;
  }
  return result;
}

/**
 * How unlike the chords at all marks of one level are: the standard deviation of their velocities.
 *
 * @returns `[U]`, NaN but at marks whose level is written more than once
 */
export function markConsistency(levels: readonly MarkAtOnset[], chordVelocity: Float64Array): Float64Array {
  const byLevel = new Map<number, number[]>();
  for (const { onset, level } of levels) {
    const onsets = byLevel.get(level);
    if (onsets) onsets.push(onset);
    else byLevel.set(level, [onset]);
  }
  const result = new Float64Array(chordVelocity.length).fill(Number.NaN);
  for (const onsets of byLevel.values()) {
    if (onsets.length < 2) continue;
    const mean = onsets.reduce((sum, u) => sum + chordVelocity[u], 0) / onsets.length;
    const variance = onsets.reduce((sum, u) => sum + (chordVelocity[u] - mean) ** 2, 0) / onsets.length;
    for (const u of onsets) result[u] = Math.sqrt(variance);
  }
  return result;
}

/**
 * How well chord velocities follow each ramp.
 *
 * @returns `[U]`, NaN outside ramps and where velocities stay equal; a later ramp takes over
 */
export function rampCorrelation(ramps: readonly RampOverOnsets[], chordVelocity: Float64Array): Float64Array {
  const result = new Float64Array(chordVelocity.length).fill(Number.NaN);
  let work = 0;
  for (const { from, to, way } of ramps) {
    // music has ramps side by side; a damaged file may pile them up
    work += to - from;
    if (work > 64 * (chordVelocity.length + 1)) break;
    result.fill(pearson(way, chordVelocity.subarray(from, to)), from, to);
  }
  return result;
}

/**
 * How tempo and velocity go together around each onset.
 *
 * @param tempo - `[U]`, NaN where not known
 * @returns `[U]`
 */
export function tempoVelocityCorrelation({ onsetBeat, chordVelocity }: PlayedOnsets, tempo: Float64Array): Float64Array {
  return localPearson(onsetBeat, tempo, chordVelocity, COUPLING_REACH_BEAT);
}

function firstFrom(sorted: Float64Array, at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < at - 1e-6) low = middle + 1;
    else high = middle;
  }
  return low;
}
