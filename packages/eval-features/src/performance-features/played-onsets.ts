/**
 * @file The played notes of a score by their onsets: what the features are computed from.
 */
import { groupOnsets, type Performance, type ScoreNotes } from "@dexter/codec";
import type { PerformanceFeatureOptions } from "./feature-options.js";

/** Played notes of a score, `M` of them, in `U` onsets. Arrays marked `[N]` are by the score's notes. */
export interface PlayedOnsets {
  /** When each note was played, s, `[N]`; NaN where it was not. */
  readonly onsetSec: Float64Array;
  /** When each note ended, s, `[N]`; NaN where it was not played. */
  readonly offsetSec: Float64Array;
  /** MIDI velocity, `[N]`; 0 where it was not played. */
  readonly velocity: Uint8Array;
  /** The notes that take part, by onset, `[M]`: indices into the score. */
  readonly note: Int32Array;
  /** Where in `note` each onset begins and, last, `M`: `[U + 1]`. */
  readonly start: Int32Array;
  /** In beats, `[U]`. */
  readonly onsetBeat: Float64Array;
  /** In quarter notes, `[U]`. */
  readonly onsetQuarter: Float64Array;
  /** Mean MIDI velocity, `[U]`. */
  readonly chordVelocity: Float64Array;
}

/** What of {@link PerformanceFeatureOptions} decides on notes. */
export type PlayedOptions = Required<Pick<PerformanceFeatureOptions, "release" | "graceNotes" | "shortestSec">>;

/**
 * Collect the played notes of each onset.
 *
 * @param performedOf - index of the performed note of each score note, or −1, `[N]`
 */
export function playedOnsets(notes: ScoreNotes, performance: Performance, performedOf: Int32Array, options: PlayedOptions): PlayedOnsets {
  const { release, graceNotes, shortestSec } = options;
  const N = notes.length;
  const played = performance.notes;
  const duration = release === "sound" ? played.soundDurationSec : played.keyDurationSec;
  const onsetSec = new Float64Array(N).fill(Number.NaN);
  const offsetSec = new Float64Array(N).fill(Number.NaN);
  const velocity = new Uint8Array(N);
  const note = new Int32Array(N);
  const start: number[] = [];
  const { ofNote } = groupOnsets(notes);
  let taken = 0;
  let onset = -1;
  // Single precision, as in the codec and in partitura's note arrays: the pedal may move far in a few microseconds.
  for (let n = 0; n < N; n++) {
    const performed = performedOf[n];
    if (performed < 0) continue;
    onsetSec[n] = Math.fround(played.onsetSec[performed]);
    offsetSec[n] = Math.fround(onsetSec[n] + Math.fround(Math.max(duration[performed], shortestSec)));
    velocity[n] = played.velocity[performed];
    if (!graceNotes && !(notes.durationQuarter[n] > 0)) continue;
    if (ofNote[n] !== onset) start.push(taken);
    onset = ofNote[n];
    note[taken++] = n;
  }
  const first = start.map((at) => note[at]);
  const chordVelocity = Float64Array.from(start, (from, u) => {
    const to = start[u + 1] ?? taken;
    let sum = 0;
    for (let m = from; m < to; m++) sum += velocity[note[m]];
    return sum / (to - from);
  });
  return {
    onsetSec, offsetSec, velocity,
    note: note.slice(0, taken),
    start: Int32Array.from([...start, taken]),
    onsetBeat: Float64Array.from(first, (n) => notes.onsetBeat[n]),
    onsetQuarter: Float64Array.from(first, (n) => notes.onsetQuarter[n]),
    chordVelocity,
  };
}

/** A value per onset at each of its notes, `[N]`; NaN at the others. */
export function onsetToNotes({ note, start }: PlayedOnsets, value: Float64Array, length: number): Float64Array {
  const perNote = new Float64Array(length).fill(Number.NaN);
  for (let u = 0; u + 1 < start.length; u++) for (let m = start[u]; m < start[u + 1]; m++) perNote[note[m]] = value[u];
  return perNote;
}
