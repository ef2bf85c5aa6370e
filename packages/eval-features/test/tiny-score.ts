/**
 * @file Small scores and performances for the tests, made by hand.
 */
import type { PerformanceParameters, Release, Score } from "@dexter/codec";

/** A note of a tiny score: onset and duration in quarters (which are its beats, unless `beatsPerQuarter` says otherwise). */
export interface TinyNote {
  readonly onset: number;
  readonly duration?: number;
  readonly pitch?: number;
}

/** A score of these notes in bars of four quarters. A note of duration 0 is a grace note. */
export function tinyScore(tiny: readonly TinyNote[], beatsPerQuarter = 1): Score {
  const length = tiny.length;
  const onsets = tiny.map(({ onset }) => onset);
  const durations = tiny.map(({ duration }) => duration ?? 1);
  const bars = Math.ceil(Math.max(1, ...onsets.map((onset) => onset + 1)) / 4);
  return {
    partNames: ["Piano"],
    notes: {
      length,
      id: tiny.map((_, n) => `n${n + 1}`),
      onsetBeat: Float64Array.from(onsets, (onset) => onset * beatsPerQuarter),
      durationBeat: Float64Array.from(durations, (duration) => duration * beatsPerQuarter),
      onsetQuarter: Float64Array.from(onsets),
      durationQuarter: Float64Array.from(durations),
      onsetDiv: Int32Array.from(onsets, (onset) => onset * 12),
      durationDiv: Int32Array.from(durations, (duration) => duration * 12),
      divsPerQuarter: new Int32Array(length).fill(12),
      pitch: Uint8Array.from(tiny, ({ pitch }) => pitch ?? 60),
      voice: new Int32Array(length).fill(1),
      staff: new Int32Array(length).fill(1),
      part: new Int32Array(length),
      measure: Int32Array.from(onsets, (onset) => Math.floor(onset / 4)),
      grace: Uint8Array.from(durations, (duration) => (duration === 0 ? 1 : 0)),
      marks: new Int32Array(length),
    },
    measures: Array.from({ length: bars }, (_, m) => ({
      number: String(m + 1),
      onsetQuarter: 4 * m,
      durationQuarter: 4,
      onsetBeat: 4 * m * beatsPerQuarter,
      onsetDiv: 48 * m,
      durationDiv: 48,
      implicit: false,
      writtenIndex: m,
    })),
    timeSignatures: [{ onsetQuarter: 0, onsetBeat: 0, beats: 4 * beatsPerQuarter, beatType: 4 * beatsPerQuarter }],
    keySignatures: [],
    directions: [],
    slurs: [],
    rests: [],
    navigation: [],
    warnings: [],
  };
}

/** Parameters of a played note; `null` for a note that was not played. */
export interface TinyPlayed {
  readonly beatPeriod?: number;
  readonly velocity?: number;
  readonly timing?: number;
  readonly articulation?: number;
  readonly pedal?: number;
}

/** Performance parameters of these notes. */
export function tinyPerformance(played: readonly (TinyPlayed | null)[], release: Release = "key"): PerformanceParameters {
  return {
    length: played.length,
    beatPeriod: Float64Array.from(played, (note) => note?.beatPeriod ?? 0.5),
    velocityNorm: Float64Array.from(played, (note) => (note?.velocity ?? 64) / 127),
    timingSec: Float64Array.from(played, (note) => note?.timing ?? 0),
    articulationLog2: Float64Array.from(played, (note) => note?.articulation ?? 0),
    pedalNorm: Float64Array.from(played, (note) => note?.pedal ?? 0),
    mask: Uint8Array.from(played, (note) => (note ? 1 : 0)),
    release,
  };
}
