/**
 * @file The sustain pedal as a parameter: its CC64 value at onsets, and back.
 */
import type { ControlChange } from "../performance/assembly.js";
import { CONTROLLER, type ControlChanges } from "../performance/performance.js";

/**
 * CC64 / 127 at given times, on straight lines between events. Before the first event the pedal is up, after the last
 * it stays; of several events in one instant the last one counts.
 *
 * @param timeSec - `[N]`, s, in any order
 * @returns `[N]`, 0–1; 0 where the performance has no CC64
 */
export function pedalAt(controls: ControlChanges, timeSec: Float64Array): Float64Array {
  const time: number[] = [];
  const value: number[] = [];
  for (let i = 0; i < controls.length; i++) {
    if (controls.controller[i] !== CONTROLLER.sustain) continue;
    time.push(controls.timeSec[i]);
    value.push(controls.value[i] / 127);
  }
  return timeSec.map((at) => {
    let low = -1; // time[low] ≤ at < time[high]
    let high = time.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (time[middle] <= at) low = middle;
      else high = middle;
    }
    if (low < 0) return 0;
    if (high === time.length) return value[low];
    return value[low] + ((value[high] - value[low]) * (at - time[low])) / (time[high] - time[low]);
  });
}

/**
 * CC64 events that have the given values at the given times: one an onset, where it or a neighbour differs.
 *
 * @param timeSec - onsets in any order, `[N]`, s
 * @param pedalNorm - `[N]`, 0–1
 */
export function pedalEvents(timeSec: Float64Array, pedalNorm: Float64Array): ControlChange[] {
  const order = Array.from(timeSec, (_, i) => i).sort((a, b) => timeSec[a] - timeSec[b]);
  const events: ControlChange[] = [];
  for (const i of order) {
    const value = Math.max(0, Math.min(127, Math.round(pedalNorm[i] * 127)));
    if (events.length && timeSec[i] === events[events.length - 1].timeSec) continue;
    events.push({ timeSec: timeSec[i], controller: CONTROLLER.sustain, value });
  }
  return events.filter(({ value }, i) => {
    const before = events[i - 1]?.value ?? 0;
    const after = events[i + 1]?.value ?? value;
    return value !== before || value !== after;
  });
}
