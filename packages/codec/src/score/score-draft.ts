/**
 * @file What a reader notes down before a score is put together: positions in
 * the divisions of one part, bar by bar, note heads not yet tied.
 */
import type { ReadWarning } from "./score.js";

/** One note head as written. */
export interface NoteHead {
  id: string;
  readonly part: number;
  readonly bar: number;
  readonly onsetDiv: number;
  readonly durationDiv: number;
  readonly pitch: number;
  readonly voice: number;
  readonly staff: number;
  readonly grace: number;
  marks: number;
  readonly tieStart: boolean;
  readonly tieStop: boolean;
}

/** One end of a slur. */
export interface SlurEnd {
  readonly number: string;
  readonly type: "start" | "stop";
  readonly head: NoteHead;
}

/** A sign at a place in a part; `endDiv` grows a wedge or words. */
export interface SignDraft {
  readonly bar: number;
  readonly div: number;
  readonly staff: number;
  readonly sign:
    | { readonly kind: "dynamic"; readonly mark: string }
    | { readonly kind: "wedge"; readonly shape: "crescendo" | "diminuendo" }
    | { readonly kind: "words"; readonly text: string }
    | { readonly kind: "metronome"; readonly quartersPerMinute: number; readonly printed: boolean }
    | { readonly kind: "pedal"; readonly action: "start" | "stop" | "change" };
  endDiv?: number;
  endBar?: number;
}

/** A rest as written. */
export interface RestDraft {
  readonly bar: number;
  readonly onsetDiv: number;
  readonly durationDiv: number;
  readonly voice: number;
  readonly staff: number;
}

/** One bar of one part. */
export interface BarDraft {
  readonly number: string;
  readonly implicit: boolean;
  readonly startDiv: number;
  endDiv: number;
}

/** Signs that lead the reader through the bars; see `MeasureNavigation`. */
export interface NavigationDraft {
  repeatStart?: boolean;
  repeatEnd?: number;
  endingStart?: readonly number[];
  endingStop?: boolean;
  segno?: boolean;
  coda?: boolean;
  toCoda?: boolean;
  fine?: boolean;
  daCapo?: boolean;
  dalSegno?: boolean;
}

/** One part as read. */
export interface PartDraft {
  readonly index: number;
  /** Divisions per quarter note from a position on, in order. */
  readonly divisions: { div: number; perQuarter: number }[];
  readonly bars: BarDraft[];
  readonly heads: NoteHead[];
  readonly rests: RestDraft[];
  readonly signs: SignDraft[];
  readonly slurEnds: SlurEnd[];
  readonly times: { bar: number; div: number; beats: number; beatType: number }[];
  readonly keys: { bar: number; div: number; fifths: number; mode?: string }[];
  readonly navigation: NavigationDraft[];
}

/** A document as read. */
export interface ScoreDraft {
  title?: string;
  composer?: string;
  readonly partNames: string[];
  readonly parts: PartDraft[];
  readonly warnings: ReadWarning[];
}

/** A part with nothing in it yet. */
export function emptyPart(index: number): PartDraft {
  return { index, divisions: [], bars: [], heads: [], rests: [], signs: [], slurEnds: [], times: [], keys: [], navigation: [] };
}
