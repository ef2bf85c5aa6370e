/**
 * @file What a match file holds: a performance, the notes of its score, and which is which.
 *
 * The format: Foscarin et al., The match file format: Encoding Alignments between Scores and Performances (2022).
 */
import type { Performance } from "../performance/performance.js";
import type { Alignment } from "./alignment.js";

/** The score notes of a match file, `N` of them, in the order of the file. Rests are left out. */
export interface MatchScoreNotes {
  /** How many notes, `N`. */
  readonly length: number;
  /** Ids, the score's. */
  readonly id: readonly string[];
  /** Letter of the note, `A` to `G`. */
  readonly step: readonly string[];
  /** Semitones by which accidentals and key move the step. */
  readonly alter: Int8Array;
  /** Octave, 4 from middle C up. */
  readonly octave: Int8Array;
  /** MIDI pitch, 0–127. */
  readonly pitch: Uint8Array;
  /** Number of the bar. */
  readonly measure: Int32Array;
  /** Beat in the bar, from 1. */
  readonly beat: Int32Array;
  /** Time after that beat, in whole notes. */
  readonly offsetWhole: Float64Array;
  /** Notated duration in whole notes; 0 for grace notes. */
  readonly durationWhole: Float64Array;
  /** Onset in beats of the time signature. */
  readonly onsetBeat: Float64Array;
  /** End of the note in beats. */
  readonly offsetBeat: Float64Array;
  /** Voice (`v1`), staff (`staff2`), `grace`, articulations … as written. */
  readonly attributes: readonly (readonly string[])[];
}

/** A read match file. */
export interface MatchFile {
  /** `"1.0.0"`; the old `5.0` is `"0.5.0"`; `"0.1.0"` where none is written. */
  readonly version: string;
  /** The `info` lines: piece, composer, performer … */
  readonly info: Readonly<Record<string, string>>;
  /** The performed notes and pedals. */
  readonly performance: Performance;
  /** Which performed note plays which score note. */
  readonly alignment: Alignment;
  /** The score notes as the file tells them. */
  readonly scoreNotes: MatchScoreNotes;
}
