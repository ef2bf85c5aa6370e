/**
 * @file A performance moved so that it measures what it shall: each musical control along its own parameter, the whole window
 * alike, so that what the pianist does within it stays.
 *
 * | control | moves |
 * |---|---|
 * | tempo | all beat periods, by a factor |
 * | rubato | what the beat's tempo departs from its local mean by, by a factor |
 * | dynamics | all velocities |
 * | dynamicRange | what velocities depart from their local mean by, by a factor |
 * | articulation | all lengths, in octaves |
 * | pedal | all pedal values |
 * | melodyLead | when the top note of a chord is struck |
 * | melodyProminence | how loud it is |
 * | chordSpread | what the notes of a chord depart from its mean by, by a factor |
 */
import { groupOnsets, type OnsetGroups, type PerformanceParameters, type Score } from "@dexter/codec";
import { copyParameters, moved } from "./parameter-changes.js";

/** Controls that can be moved so. */
export const MOVED_CONTROLS = ["tempo", "rubato", "dynamics", "dynamicRange", "articulation", "pedal", "melodyLead", "melodyProminence", "chordSpread"] as const;

/** One of {@link MOVED_CONTROLS}. */
export type MovedControl = (typeof MOVED_CONTROLS)[number];

/** By how much a control shall change at each note, in its unit, and what it measures now, both `[N]`. */
export interface ControlMove {
  /** 0 where it stays. */
  readonly by: Float64Array;
  /** As measured. */
  readonly now: Float64Array;
}

/** Factors of a departure are at least and at most this, a turn. */
const FACTOR = [0.4, 2.5] as const;
/** Local means reach this far to either side, quarters. */
const REACH_QUARTERS = 4;

/** The performance, moved. */
export function moveControls(score: Score, before: PerformanceParameters, moves: Partial<Record<MovedControl, ControlMove>>): PerformanceParameters {
  const parameters = copyParameters(before);
  const { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm } = parameters;
  const onsets = groupOnsets(score.notes);
  const { start, count, ofNote } = onsets;
  const top = topNotes(score, onsets);
  const { rubato, dynamicRange, chordSpread } = moves;
  const by = (control: MovedControl, n: number): number => moves[control]?.by[n] ?? 0;
  const octaves = rubato && departures(score, onsets, Float64Array.from({ length: count }, (_, u) => Math.log2(beatPeriod[start[u]])));
  const loudness = dynamicRange && departures(score, onsets, Float64Array.from({ length: count }, (_, u) => 127 * meanOver(velocityNorm, start[u], start[u + 1])));
  for (let u = 0; u < count; u++) {
    const first = start[u];
    const end = start[u + 1];
    let faster = meanOver(moves.tempo?.by ?? null, first, end);
    if (rubato && octaves) faster -= (factor(2 ** rubato.by[first]) - 1) * octaves[u];
    const louder = dynamicRange && loudness ? (factor((dynamicRange.now[first] + dynamicRange.by[first]) / dynamicRange.now[first]) - 1) * loudness[u] : 0;
    const pressed = meanOver(moves.pedal?.by ?? null, first, end);
    const wider = chordSpread ? factor((2 ** (chordSpread.now[first] + chordSpread.by[first]) - 1) / (2 ** chordSpread.now[first] - 1)) - 1 : 0;
    const together = wider === 0 ? 0 : meanOver(timingSec, first, end);
    for (let n = first; n < end; n++) {
      if (faster !== 0) beatPeriod[n] *= 2 ** -faster;
      if (pressed !== 0) pedalNorm[n] = moved(pedalNorm[n], pressed, 0, 1);
      const velocity = by("dynamics", n) + louder + (n === top[ofNote[n]] ? by("melodyProminence", n) : 0);
      if (velocity !== 0) velocityNorm[n] = moved(127 * velocityNorm[n], velocity, 1, 127) / 127;
      if (by("articulation", n) !== 0 && score.notes.grace[n] === 0) articulationLog2[n] = moved(articulationLog2[n], by("articulation", n), -4, 2);
      if (wider !== 0) timingSec[n] += wider * (timingSec[n] - together);
      if (end - first > 1 && n === top[u] && by("melodyLead", n) !== 0) timingSec[n] += by("melodyLead", n) / 1000;
    }
  }
  return parameters;
}

function factor(value: number): number {
  return Number.isFinite(value) ? Math.max(FACTOR[0], Math.min(FACTOR[1], value)) : 1;
}

/** The highest note of each onset, `[U]`. */
function topNotes({ notes }: Score, { start, count }: OnsetGroups): Int32Array {
  return Int32Array.from({ length: count }, (_, u) => {
    let top = start[u];
    for (let n = start[u]; n < start[u + 1]; n++) if (notes.pitch[n] > notes.pitch[top]) top = n;
    return top;
  });
}

/** What the values of onsets depart from their local mean by, `[U]`. */
function departures({ notes }: Score, { start, count }: OnsetGroups, values: Float64Array): Float64Array {
  const at = (u: number): number => notes.onsetQuarter[start[u]];
  let low = 0;
  let high = 0;
  let sum = 0;
  return values.map((value, u) => {
    while (high < count && at(high) <= at(u) + REACH_QUARTERS) sum += values[high++];
    while (at(low) < at(u) - REACH_QUARTERS) sum -= values[low++];
    return value - sum / (high - low);
  });
}

function meanOver(values: Float64Array | null, from: number, to: number): number {
  let sum = 0;
  for (let n = from; values && n < to; n++) sum += values[n];
  return sum / (to - from);
}
