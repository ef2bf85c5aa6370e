/**
 * @file One clock for all parts of a score: ticks so fine that every division
 * of every part is a whole number of them, so that notes which sound together
 * get exactly equal onsets.
 */
import type { PartDraft } from "./score-draft.js";
import type { TimeSignature } from "./score.js";

const FINEST_GRID = 2 ** 24;

/** Ticks per quarter in which all divisions of these parts are whole, or 1 where that would be too fine. */
export function ticksPerQuarter(parts: readonly PartDraft[]): number {
  let ticks = 1;
  for (const part of parts)
    for (const { perQuarter } of part.divisions) {
      if (!Number.isInteger(perQuarter)) return 1;
      ticks *= perQuarter / greatestCommonDivisor(ticks, perQuarter);
      if (ticks > FINEST_GRID) return 1;
    }
  return ticks;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** The clock of one part. */
export interface DivisionClock {
  /** Ticks since the part's beginning. */
  tickAt(div: number): number;
  /** Divisions per quarter in force, 0 before any. */
  perQuarterAt(div: number): number;
}

/** The clock of one part, from its divisions. */
export function divisionClock(part: PartDraft, ticksPerQuarter: number): DivisionClock {
  const starts: number[] = [], ticks: number[] = [], rates: number[] = [];
  for (const { div, perQuarter } of part.divisions) {
    const last = starts.length - 1;
    ticks.push(last < 0 ? 0 : ticks[last] + (div - starts[last]) * rates[last]);
    starts.push(div);
    rates.push(ticksPerQuarter / perQuarter);
  }
  if (starts.length === 0) return { tickAt: () => 0, perQuarterAt: () => 0 };
  return {
    tickAt: (div) => {
      const at = lastAtOrBefore(starts, div);
      return ticks[at] + (div - starts[at]) * rates[at];
    },
    perQuarterAt: (div) => part.divisions[lastAtOrBefore(starts, div)].perQuarter,
  };
}

/** A function from quarters (from the first note of the document) to beats of the time signatures in force. */
export function beatClock(times: readonly { quarter: number; beatType: number }[]): (quarter: number) => number {
  const starts = [0], beats = [0], rates = [1];
  for (const { quarter, beatType } of times) {
    const last = starts.length - 1;
    const beat = beats[last] + (quarter - starts[last]) * rates[last];
    if (quarter === starts[last]) rates[last] = beatType / 4;
    else {
      starts.push(quarter);
      beats.push(beat);
      rates.push(beatType / 4);
    }
  }
  return (quarter) => {
    const at = lastAtOrBefore(starts, quarter);
    return beats[at] + (quarter - starts[at]) * rates[at];
  };
}

/**
 * Quarters before the first full bar: the length of a first bar that is shorter
 * than its time signature, otherwise 0.
 */
export function pickupQuarters(firstBarQuarters: number, time: Pick<TimeSignature, "beats" | "beatType"> | undefined): number {
  if (!time) return 0;
  return firstBarQuarters < (time.beats * 4) / time.beatType - 1e-9 ? firstBarQuarters : 0;
}

/** Index of the last element that is not greater than `value`; 0 when all are. */
export function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0, high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
