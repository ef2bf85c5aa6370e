/**
 * @file From loose notes and control changes to a performance: sorted, numbered, with sounding lengths.
 */
import { type ControlChanges, type Performance } from "./performance.js";
import { soundDurations } from "./sounding.js";

/** One performed note, before sorting. */
export interface PerformedNote {
  /** Given by the source; the notes without one become `n0`, `n1` … in the sorted order. */
  readonly id?: string;
  /** When the key goes down, s. */
  readonly onsetSec: number;
  /** How long it stays down, s. */
  readonly keyDurationSec: number;
  /** MIDI pitch, 0–127. */
  readonly pitch: number;
  /** MIDI velocity, 1–127. */
  readonly velocity: number;
  /** 0–15, by default 0. */
  readonly channel?: number;
  /** By default 0. */
  readonly track?: number;
}

/** One control change, before sorting. */
export interface ControlChange {
  /** When, s. */
  readonly timeSec: number;
  /** 0–127, see {@link CONTROLLER}. */
  readonly controller: number;
  /** 0–127. */
  readonly value: number;
}

/**
 * Make a performance of notes and control changes in any order.
 *
 * @returns notes by onset, pitch, then the order given; control changes by time, then the order given
 */
export function assemblePerformance(
  notes: readonly PerformedNote[],
  controls: readonly ControlChange[] = [],
  about: { readonly performer?: string } = {},
): Performance {
  const sorted = [...notes].sort((a, b) => a.onsetSec - b.onsetSec || a.pitch - b.pitch);
  const onsetSec = Float64Array.from(sorted, (note) => note.onsetSec);
  const keyDurationSec = Float64Array.from(sorted, (note) => note.keyDurationSec);
  const changes = controlChanges(controls);
  let unnamed = 0;
  return {
    notes: {
      length: sorted.length,
      id: sorted.map((note) => note.id ?? `n${unnamed++}`),
      onsetSec,
      keyDurationSec,
      soundDurationSec: soundDurations(onsetSec, keyDurationSec, changes),
      pitch: Uint8Array.from(sorted, (note) => note.pitch),
      velocity: Uint8Array.from(sorted, (note) => note.velocity),
      channel: Uint8Array.from(sorted, (note) => note.channel ?? 0),
      track: Uint8Array.from(sorted, (note) => note.track ?? 0),
    },
    controls: changes,
    ...about,
  };
}

function controlChanges(controls: readonly ControlChange[]): ControlChanges {
  const sorted = [...controls].sort((a, b) => a.timeSec - b.timeSec);
  return {
    length: sorted.length,
    timeSec: Float64Array.from(sorted, (control) => control.timeSec),
    controller: Uint8Array.from(sorted, (control) => control.controller),
    value: Uint8Array.from(sorted, (control) => control.value),
  };
}
