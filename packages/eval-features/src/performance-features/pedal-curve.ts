/**
 * @file The sustain pedal as a curve over time: straight lines between its events.
 */
import { CONTROLLER, type ControlChanges } from "@dexter/codec";

/** Above this the pedal covers what sounds, of 127. */
const COVERING = 10;

/** A release is a low point that the pedal falls to, and rises from, by at least this, of 127. */
const LEAST_FALL = 10;

/** Events of the sustain pedal, one an instant. */
export interface PedalCurve {
  /** Rising, s, `[E]`. */
  readonly timeSec: Float64Array;
  /** 0–127, `[E]`. */
  readonly value: Float64Array;
}

/** Over a stretch of time. */
export interface PedalUse {
  /** Mean value, 0–127. */
  readonly average: number;
  /** Share of the time above 10, 0–1. */
  readonly coverage: number;
}

/** The pedal of a performance; of several events in one instant the last counts. A single event is no pedalling: `E` is 0. */
export function pedalCurve(controls: ControlChanges): PedalCurve {
  const time: number[] = [];
  const value: number[] = [];
  for (let i = 0; i < controls.length; i++) {
    if (controls.controller[i] !== CONTROLLER.sustain) continue;
    if (time.length && time[time.length - 1] === controls.timeSec[i]) {
      time.pop();
      value.pop();
    }
    time.push(controls.timeSec[i]);
    value.push(controls.value[i]);
  }
  return time.length > 1 ? { timeSec: Float64Array.from(time), value: Float64Array.from(value) } : { timeSec: new Float64Array(0), value: new Float64Array(0) };
}

/** The pedal at a time, 0–127: up before the first event, as it was left after the last. */
export function pedalValueAt({ timeSec, value }: PedalCurve, atSec: number): number {
  const last = timeSec.length - 1;
  if (last < 0 || atSec < timeSec[0]) return 0;
  if (atSec >= timeSec[last]) return value[last];
  const i = firstAfter(timeSec, atSec) - 1;
  return value[i] + ((value[i + 1] - value[i]) * (atSec - timeSec[i])) / (timeSec[i + 1] - timeSec[i]);
}

/** Mean and coverage from one time to another, exactly. */
export function pedalUse(curve: PedalCurve, fromSec: number, toSec: number): PedalUse {
  const { timeSec } = curve;
  if (!timeSec.length || !(toSec > fromSec)) return { average: 0, coverage: 0 };
  let area = 0;
  let covered = 0;
  let t = fromSec;
  let v = pedalValueAt(curve, fromSec);
  for (let i = firstAfter(timeSec, fromSec); t < toSec; i++) {
    const next = i < timeSec.length ? Math.min(timeSec[i], toSec) : toSec;
    // the value that the line runs to; before the first event it runs nowhere
    const w = i === 0 ? 0 : pedalValueAt(curve, next);
    area += ((v + w) / 2) * (next - t);
    covered += shareAbove(v, w, COVERING) * (next - t);
    t = next;
    v = i === 0 ? pedalValueAt(curve, next) : w;
  }
  return { average: area / (toSec - fromSec), coverage: covered / (toSec - fromSec) };
}

/** When the pedal is let up: where it reaches a low point, the last one of the performance included, rising, s. */
export function pedalReleases({ timeSec, value }: PedalCurve): Float64Array {
  const found = valleys(value, LEAST_FALL, true).map(([first]) => timeSec[first]);
  return Float64Array.from(found);
}

/** The same read at `samples` moments from 0 to the last event, as partitura does: releases in the middle of low points. */
export function sampledPedal(curve: PedalCurve, samples: number): { readonly releases: Float64Array } & PedalUse {
  const endSec = curve.timeSec.length ? curve.timeSec[curve.timeSec.length - 1] : 0;
  if (!(endSec > 0) || samples < 2) return { releases: new Float64Array(0), average: 0, coverage: 0 };
  const time = Float64Array.from({ length: samples }, (_, i) => (i * endSec) / (samples - 1));
  const value = time.map((at) => pedalValueAt(curve, at));
  const releases = valleys(value, LEAST_FALL, false).map(([first, last]) => time[(first + last) >> 1]);
  let above = 0;
  for (const v of value) if (v > COVERING) above++;
  return { releases: Float64Array.from(releases), average: pedalUse(curve, 0, endSec).average, coverage: above / samples };
}

/**
 * Low points of a curve: first and last place of each run of equal values that is lower than what lies around it, and
 * from which the curve rises by `least` on both sides before it is lower again.
 *
 * @param openEnd - whether the end of the curve counts as a rise
 */
function valleys(values: Float64Array, least: number, openEnd: boolean): readonly (readonly [number, number])[] {
  const curve = openEnd ? Float64Array.from([...values, Infinity]) : values;
  const riseBehind = risesBehind(curve);
  const riseAhead = risesBehind(curve.slice().reverse()).reverse();
  const found: (readonly [number, number])[] = [];
  for (let first = 1; first < curve.length; ) {
    let last = first;
    while (last + 1 < curve.length && curve[last + 1] === curve[first]) last++;
    const low = curve[first - 1] > curve[first] && last + 1 < curve.length && curve[last + 1] > curve[last];
    if (low && Math.min(riseBehind[first], riseAhead[last]) >= least) found.push([first, last]);
    first = last + 1;
  }
  return found;
}

/** How far the curve rises above each place at most, going back to where it is lower than there. */
function risesBehind(values: Float64Array): Float64Array {
  const rise = new Float64Array(values.length);
  const lower: { value: number; most: number }[] = []; // values rise; `most`: the highest since the entry below
  for (let i = 0; i < values.length; i++) {
    let most = values[i];
    while (lower.length && lower[lower.length - 1].value >= values[i]) most = Math.max(most, lower.pop()!.most);
    rise[i] = most - values[i];
    lower.push({ value: values[i], most });
  }
  return rise;
}

function shareAbove(a: number, b: number, level: number): number {
  if (a > level && b > level) return 1;
  if (a <= level && b <= level) return 0;
  return (Math.max(a, b) - level) / Math.abs(a - b);
}

/** Index of the first entry that is greater than `at`. */
export function firstAfter(sorted: Float64Array, at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
