/**
 * @file One performance as the reference encoded it, and its score as our types have it.
 */
import type { PerformanceParameters, Score } from "../../src/index.js";

/** The fields of a reference file that the codec is compared with. */
export interface CodecReference {
  readonly score_file: string;
  readonly score_notes: { readonly id: string[]; readonly onset_beat: number[]; readonly duration_beat: number[]; readonly pitch: number[] };
  readonly snote_ids: readonly string[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly decoded: {
    readonly id: readonly string[];
    readonly onset_sec: readonly number[];
    readonly offset_sec: readonly number[];
    readonly velocity: readonly number[];
  };
}

/** A score of the given notes: what the codec looks at, and nothing else. */
export function scoreOf(notes: { id: readonly string[]; onset_beat: readonly number[]; duration_beat: readonly number[]; pitch: readonly number[] }): Score {
  const length = notes.id.length;
  const zeros = new Int32Array(length);
  return {
    partNames: ["Piano"],
    notes: {
      length,
      id: notes.id,
      onsetBeat: Float64Array.from(notes.onset_beat),
      durationBeat: Float64Array.from(notes.duration_beat),
      onsetQuarter: Float64Array.from(notes.onset_beat),
      durationQuarter: Float64Array.from(notes.duration_beat),
      onsetDiv: zeros, durationDiv: zeros, divsPerQuarter: new Int32Array(length).fill(1),
      pitch: Uint8Array.from(notes.pitch),
      voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1), part: zeros, measure: zeros,
      grace: Uint8Array.from(notes.duration_beat, (duration) => (duration > 0 ? 0 : 1)),
      marks: zeros,
    },
    measures: [{ number: "1", onsetQuarter: 0, durationQuarter: 4, onsetBeat: 0, onsetDiv: 0, durationDiv: 4, implicit: false, writtenIndex: 0 }],
    timeSignatures: [{ onsetQuarter: 0, onsetBeat: 0, beats: 4, beatType: 4 }],
    keySignatures: [{ onsetQuarter: 0, fifths: 0 }],
    directions: [], slurs: [], rests: [], navigation: [{}], warnings: [],
  };
}

/** Reference parameters as ours, with what they were not given masked. */
export function parametersOf(score: Score, { snote_ids: ids, parameters }: CodecReference): PerformanceParameters {
  const index = new Map(score.notes.id.map((id, i) => [id, i]));
  const column = (name: string): Float64Array => {
    const values = new Float64Array(score.notes.length);
    ids.forEach((id, j) => (values[index.get(id)!] = parameters[name][j]));
    return values;
  };
  const mask = new Uint8Array(score.notes.length);
  for (const id of ids) mask[index.get(id)!] = 1;
  return {
    length: score.notes.length,
    beatPeriod: column("beat_period"),
    velocityNorm: column("velocity"),
    timingSec: column("timing"),
    articulationLog2: column("articulation_log"),
    pedalNorm: column("pedal"),
    mask,
    release: "sound",
  };
}
