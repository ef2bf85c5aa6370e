/**
 * @file A score as plain data: sounding notes in structures of arrays, and the
 * signs that stand around them.
 *
 * The field names of the note array follow partitura's (Cancino-Chacón et al.,
 * 2022), in camelCase; `NOTE_ARRAY_FIELDS` maps them to the names in files.
 */

/** A fault that a reader survived: where it stood and what was done about it. */
export interface ReadWarning {
  /** Where, as `measure 12`, `line 40` … */
  readonly place: string;
  readonly message: string;
}

/** What kind of grace note, if any. A grace note has duration 0. */
export const GRACE = { none: 0, acciaccatura: 1, appoggiatura: 2 } as const;

/** Bits of {@link ScoreNotes.marks}: what is written at a note. */
export const NOTE_MARK = {
  staccato: 1 << 0,
  staccatissimo: 1 << 1,
  accent: 1 << 2,
  /** MusicXML `strong-accent`, the wedge "^". */
  marcato: 1 << 3,
  tenuto: 1 << 4,
  trill: 1 << 5,
  mordent: 1 << 6,
  turn: 1 << 7,
  tremolo: 1 << 8,
  arpeggio: 1 << 9,
  fermata: 1 << 10,
  /** Sounds longer than its first note head: a tie starts here. */
  tied: 1 << 11,
  /** A cue note (read only on request). */
  cue: 1 << 12,
  slurStart: 1 << 13,
  slurEnd: 1 << 14,
  detachedLegato: 1 << 15,
  /** A breath mark or caesura after the note. */
  breath: 1 << 16,
} as const;

/**
 * The sounding notes of a score, `N` of them, ordered by onset, then pitch, then
 * the order in the document. Tied notes are one note (the first id).
 */
export interface ScoreNotes {
  readonly length: number;
  readonly id: readonly string[];
  /** In beats of the time signature's denominator; 0 at the first full bar, negative in a pickup. */
  readonly onsetBeat: Float64Array;
  readonly durationBeat: Float64Array;
  /** In quarter notes; 0 at the first full bar. */
  readonly onsetQuarter: Float64Array;
  readonly durationQuarter: Float64Array;
  /** In divisions of the part; 0 at the start of the document. */
  readonly onsetDiv: Int32Array;
  readonly durationDiv: Int32Array;
  /** Divisions per quarter note in force at the onset. */
  readonly divsPerQuarter: Int32Array;
  /** Sounding MIDI pitch, 0–127. */
  readonly pitch: Uint8Array;
  /** Unique in the score: the voices of a later part count on from those before. */
  readonly voice: Int32Array;
  /** 1 is the upper staff, also where none is written. */
  readonly staff: Int32Array;
  /** Index of the part, from 0. */
  readonly part: Int32Array;
  /** Index into {@link Score.measures}. */
  readonly measure: Int32Array;
  /** One of {@link GRACE}. */
  readonly grace: Uint8Array;
  /** Bits of {@link NOTE_MARK}. */
  readonly marks: Int32Array;
}

/** One bar as it sounds (an unfolded score lists a repeated bar again). */
export interface Measure {
  /** The number as written, for example "12" or "X1". */
  readonly number: string;
  readonly onsetQuarter: number;
  readonly durationQuarter: number;
  readonly onsetBeat: number;
  readonly onsetDiv: number;
  readonly durationDiv: number;
  /** A pickup or otherwise not counted (`implicit="yes"`). */
  readonly implicit: boolean;
  /** Index of the bar in the document. */
  readonly writtenIndex: number;
}

/** A time signature from its onset on. */
export interface TimeSignature {
  readonly onsetQuarter: number;
  readonly onsetBeat: number;
  readonly beats: number;
  readonly beatType: number;
}

/** A key signature from its onset on: sharps positive, flats negative. */
export interface KeySignature {
  readonly onsetQuarter: number;
  readonly fifths: number;
  readonly mode?: string;
}

/** Where a sign stands. */
interface SignPlace {
  readonly onsetQuarter: number;
  readonly part: number;
  /** 0 where none is written. */
  readonly staff: number;
  /** Index of the bar in which it is written, where known: a sign at a bar's end is not the next bar's. */
  readonly measure?: number;
}

/** A dynamic mark at a point: `p`, `sfz`, or the text of `<other-dynamics>` (lower case). */
export interface DynamicMark extends SignPlace {
  readonly kind: "dynamic";
  readonly mark: string;
}

/** A hairpin from onset to end. */
export interface Wedge extends SignPlace {
  readonly kind: "wedge";
  readonly shape: "crescendo" | "diminuendo";
  readonly endQuarter: number;
}

/** Any words above or below the staff, as written. Dashes after them extend to `endQuarter`. */
export interface Words extends SignPlace {
  readonly kind: "words";
  readonly text: string;
  readonly endQuarter?: number;
}

/** A metronome mark, or the `tempo` attribute of `<sound>`, in quarter notes per minute. */
export interface Metronome extends SignPlace {
  readonly kind: "metronome";
  readonly quartersPerMinute: number;
  /** False for a playback tempo (`<sound tempo>`) that nobody sees. */
  readonly printed: boolean;
}

/** The sustain pedal goes down, comes up, or changes. */
export interface PedalMark extends SignPlace {
  readonly kind: "pedal";
  readonly action: "start" | "stop" | "change";
}

/** A sign in the score that is not part of a note. */
export type Direction = DynamicMark | Wedge | Words | Metronome | PedalMark;

/** A slur between two notes (indices into {@link ScoreNotes}). */
export interface Slur {
  readonly startNote: number;
  readonly endNote: number;
}

/**
 * A note head that a tie joins to the one before it. It sounds in the note that
 * the tie begins; where a jump separates the two, it becomes a note of its own.
 */
export interface TiedHead {
  /** The note it belongs to, an index into {@link ScoreNotes}. */
  readonly note: number;
  readonly id: string;
  /** Index into {@link Score.measures}. */
  readonly measure: number;
  readonly onsetQuarter: number;
  readonly durationQuarter: number;
  readonly onsetDiv: number;
  readonly durationDiv: number;
  readonly divsPerQuarter: number;
  readonly voice: number;
  readonly staff: number;
  /** Bits of {@link NOTE_MARK}. */
  readonly marks: number;
}

/** A notated silence. */
export interface Rest {
  readonly onsetQuarter: number;
  readonly durationQuarter: number;
  readonly voice: number;
  readonly staff: number;
  readonly part: number;
}

/** How the bars of the document follow one another when repeats are played. */
export interface MeasureNavigation {
  readonly repeatStart?: boolean;
  /** Times the passage is played in all, normally 2. */
  readonly repeatEnd?: number;
  /** Numbers of the passes in which this bar is played (voltas). */
  readonly endings?: readonly number[];
  readonly endingStart?: boolean;
  readonly endingStop?: boolean;
  readonly segno?: boolean;
  readonly coda?: boolean;
  readonly toCoda?: boolean;
  readonly fine?: boolean;
  readonly daCapo?: boolean;
  readonly dalSegno?: boolean;
}

/** Where the notes of an unfolded score come from. */
export interface Unfolding {
  /** The score as written. */
  readonly written: Score;
  /** Per note: its index in `written.notes`, `[N]`. */
  readonly writtenNote: Int32Array;
  /** Per note: which time its passage is played, from 1 (the suffix of the id), `[N]`. */
  readonly pass: Uint8Array;
}

/** A whole score. Parts are merged into one list of notes. */
export interface Score {
  readonly title?: string;
  readonly composer?: string;
  readonly partNames: readonly string[];
  readonly notes: ScoreNotes;
  readonly measures: readonly Measure[];
  readonly timeSignatures: readonly TimeSignature[];
  readonly keySignatures: readonly KeySignature[];
  readonly directions: readonly Direction[];
  readonly slurs: readonly Slur[];
  readonly rests: readonly Rest[];
  /** Heads after the first of tied notes, each chain in order. Without the field there are none. */
  readonly tiedHeads?: readonly TiedHead[];
  /**
   * Per part: the division at which each bar starts, then the end, `[parts][bars + 1]`.
   * Without the field all parts count divisions as {@link Measure.onsetDiv} does.
   */
  readonly barDivs?: readonly Int32Array[];
  /** One entry a written bar. */
  readonly navigation: readonly MeasureNavigation[];
  readonly unfolding?: Unfolding;
  readonly warnings: readonly ReadWarning[];
}

/** Names of the note array's fields in files (partitura's), by their names here. */
export const NOTE_ARRAY_FIELDS = {
  id: "id",
  onsetBeat: "onset_beat",
  durationBeat: "duration_beat",
  onsetQuarter: "onset_quarter",
  durationQuarter: "duration_quarter",
  onsetDiv: "onset_div",
  durationDiv: "duration_div",
  divsPerQuarter: "divs_pq",
  pitch: "pitch",
  voice: "voice",
  staff: "staff",
} as const;
