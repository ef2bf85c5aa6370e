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
  /** What was odd, and what was made of it. */
  readonly message: string;
}

/** What kind of grace note, if any. A grace note has duration 0. */
export const GRACE = {
  /** A full note. */
  none: 0,
  /** Written with a slash. */
  acciaccatura: 1,
  /** Written without a slash. */
  appoggiatura: 2,
} as const;

/** Bits of {@link ScoreNotes.marks}: what is written at a note. */
export const NOTE_MARK = {
  /** A dot. */
  staccato: 1 << 0,
  /** A wedge; also spiccato. */
  staccatissimo: 1 << 1,
  /** The sign ">"; also stress and soft accent. */
  accent: 1 << 2,
  /** MusicXML `strong-accent`, the wedge "^". */
  marcato: 1 << 3,
  /** A line. */
  tenuto: 1 << 4,
  /** A trill; also shake. */
  trill: 1 << 5,
  /** A mordent, either way. */
  mordent: 1 << 6,
  /** A turn of any kind. */
  turn: 1 << 7,
  /** A tremolo. */
  tremolo: 1 << 8,
  /** An arpeggio sign. */
  arpeggio: 1 << 9,
  /** A fermata. */
  fermata: 1 << 10,
  /** Sounds longer than its first note head: a tie starts here. */
  tied: 1 << 11,
  /** A cue note (left out on request). */
  cue: 1 << 12,
  /** A slur begins here. */
  slurStart: 1 << 13,
  /** A slur ends here. */
  slurEnd: 1 << 14,
  /** Portato: dot and line together. */
  detachedLegato: 1 << 15,
  /** A breath mark or caesura after the note. */
  breath: 1 << 16,
} as const;

/**
 * The sounding notes of a score, `N` of them, ordered by onset, then pitch, then
 * the order in the document. Tied notes are one note (the first id).
 */
export interface ScoreNotes {
  /** How many notes, `N`. */
  readonly length: number;
  /** Unique ids, from the document or made up; of unfolded notes with the pass behind it. */
  readonly id: readonly string[];
  /** In beats of the time signature's denominator; 0 at the first full bar, negative in a pickup. */
  readonly onsetBeat: Float64Array;
  /** In the same beats; 0 for grace notes. */
  readonly durationBeat: Float64Array;
  /** In quarter notes; 0 at the first full bar. */
  readonly onsetQuarter: Float64Array;
  /** In quarter notes; 0 for grace notes. */
  readonly durationQuarter: Float64Array;
  /** In divisions of the part; 0 at the start of the document. */
  readonly onsetDiv: Int32Array;
  /** In divisions; 0 for grace notes. */
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
  /** Where it starts, in quarter notes. */
  readonly onsetQuarter: number;
  /** How long it is, in quarter notes. */
  readonly durationQuarter: number;
  /** Where it starts, in beats. */
  readonly onsetBeat: number;
  /** Where it starts, in divisions. */
  readonly onsetDiv: number;
  /** How long it is, in divisions. */
  readonly durationDiv: number;
  /** A pickup or otherwise not counted (`implicit="yes"`). */
  readonly implicit: boolean;
  /** Index of the bar in the document. */
  readonly writtenIndex: number;
}

/** A time signature from its onset on. */
export interface TimeSignature {
  /** From where on, in quarter notes. */
  readonly onsetQuarter: number;
  /** From where on, in beats. */
  readonly onsetBeat: number;
  /** The upper number. */
  readonly beats: number;
  /** The lower number. */
  readonly beatType: number;
}

/** A key signature from its onset on: sharps positive, flats negative. */
export interface KeySignature {
  /** From where on, in quarter notes. */
  readonly onsetQuarter: number;
  /** Sharps, or flats as a negative number. */
  readonly fifths: number;
  /** `major`, `minor` …, where written. */
  readonly mode?: string;
}

/** Where a sign stands. */
interface SignPlace {
  /** Where it stands, in quarter notes. */
  readonly onsetQuarter: number;
  /** Index of the part, from 0. */
  readonly part: number;
  /** 0 where none is written. */
  readonly staff: number;
  /** Index of the bar in which it is written, where known: a sign at a bar's end is not the next bar's. */
  readonly measure?: number;
}

/** A dynamic mark at a point: `p`, `sfz`, or the text of `<other-dynamics>` (lower case). */
export interface DynamicMark extends SignPlace {
  /** Tells this direction from the others. */
  readonly kind: "dynamic";
  /** The mark in lower case. */
  readonly mark: string;
}

/** A hairpin from onset to end. */
export interface Wedge extends SignPlace {
  /** Tells this direction from the others. */
  readonly kind: "wedge";
  /** Louder or softer. */
  readonly shape: "crescendo" | "diminuendo";
  /** Where it ends, in quarter notes. */
  readonly endQuarter: number;
}

/** Any words above or below the staff, as written. Dashes after them extend to `endQuarter`. */
export interface Words extends SignPlace {
  /** Tells this direction from the others. */
  readonly kind: "words";
  /** As written. */
  readonly text: string;
  /** Where their dashes end, in quarter notes. */
  readonly endQuarter?: number;
}

/** A metronome mark, or the `tempo` attribute of `<sound>`, in quarter notes per minute. */
export interface Metronome extends SignPlace {
  /** Tells this direction from the others. */
  readonly kind: "metronome";
  /** Quarter notes a minute. */
  readonly quartersPerMinute: number;
  /** False for a playback tempo (`<sound tempo>`) that nobody sees. */
  readonly printed: boolean;
}

/** The sustain pedal goes down, comes up, or changes. */
export interface PedalMark extends SignPlace {
  /** Tells this direction from the others. */
  readonly kind: "pedal";
  /** Down, up, or up and down again. */
  readonly action: "start" | "stop" | "change";
}

/** A sign in the score that is not part of a note. */
export type Direction = DynamicMark | Wedge | Words | Metronome | PedalMark;

/** A slur between two notes (indices into {@link ScoreNotes}). */
export interface Slur {
  /** The note under its beginning. */
  readonly startNote: number;
  /** The note under its end. */
  readonly endNote: number;
}

/**
 * A note head that a tie joins to the one before it. It sounds in the note that
 * the tie begins; where a jump separates the two, it becomes a note of its own.
 */
export interface TiedHead {
  /** The note it belongs to, an index into {@link ScoreNotes}. */
  readonly note: number;
  /** Its own id in the document. */
  readonly id: string;
  /** Index into {@link Score.measures}. */
  readonly measure: number;
  /** In quarter notes. */
  readonly onsetQuarter: number;
  /** In quarter notes. */
  readonly durationQuarter: number;
  /** In divisions of the part. */
  readonly onsetDiv: number;
  /** In divisions of the part. */
  readonly durationDiv: number;
  /** Divisions per quarter note in force. */
  readonly divsPerQuarter: number;
  /** As {@link ScoreNotes.voice}. */
  readonly voice: number;
  /** As {@link ScoreNotes.staff}. */
  readonly staff: number;
  /** Bits of {@link NOTE_MARK}. */
  readonly marks: number;
}

/** A notated silence. */
export interface Rest {
  /** In quarter notes. */
  readonly onsetQuarter: number;
  /** In quarter notes. */
  readonly durationQuarter: number;
  /** As {@link ScoreNotes.voice}. */
  readonly voice: number;
  /** As {@link ScoreNotes.staff}. */
  readonly staff: number;
  /** Index of the part, from 0. */
  readonly part: number;
}

/** How the bars of the document follow one another when repeats are played. */
export interface MeasureNavigation {
  /** A repeat begins before the bar. */
  readonly repeatStart?: boolean;
  /** Times the passage is played in all, normally 2. */
  readonly repeatEnd?: number;
  /** Numbers of the passes in which this bar is played (voltas). */
  readonly endings?: readonly number[];
  /** A volta begins here. */
  readonly endingStart?: boolean;
  /** A volta ends here. */
  readonly endingStop?: boolean;
  /** A segno stands here. */
  readonly segno?: boolean;
  /** The coda begins here. */
  readonly coda?: boolean;
  /** The last time, the coda follows this bar. */
  readonly toCoda?: boolean;
  /** The last time, the piece ends after this bar. */
  readonly fine?: boolean;
  /** Back to the beginning after this bar. */
  readonly daCapo?: boolean;
  /** Back to the segno after this bar. */
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
  /** The work's title. */
  readonly title?: string;
  /** The composer's name as written. */
  readonly composer?: string;
  /** Names of the parts, in their order. */
  readonly partNames: readonly string[];
  /** All sounding notes. */
  readonly notes: ScoreNotes;
  /** The bars, in the order in which they sound. */
  readonly measures: readonly Measure[];
  /** Time signatures, by onset. */
  readonly timeSignatures: readonly TimeSignature[];
  /** Key signatures, by onset. */
  readonly keySignatures: readonly KeySignature[];
  /** Dynamics, hairpins, words, metronome and pedal marks, by onset. */
  readonly directions: readonly Direction[];
  /** Slurs between notes. */
  readonly slurs: readonly Slur[];
  /** Written rests. */
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
  /** Where its notes come from; only on an unfolded score. */
  readonly unfolding?: Unfolding;
  /** What was odd but readable. */
  readonly warnings: readonly ReadWarning[];
}

/** Names of the note array's fields in files (partitura's), by their names here. */
export const NOTE_ARRAY_FIELDS = {
  /** Id of the note. */
  id: "id",
  /** Onset in beats. */
  onsetBeat: "onset_beat",
  /** Duration in beats. */
  durationBeat: "duration_beat",
  /** Onset in quarter notes. */
  onsetQuarter: "onset_quarter",
  /** Duration in quarter notes. */
  durationQuarter: "duration_quarter",
  /** Onset in divisions. */
  onsetDiv: "onset_div",
  /** Duration in divisions. */
  durationDiv: "duration_div",
  /** Divisions per quarter note. */
  divsPerQuarter: "divs_pq",
  /** MIDI pitch. */
  pitch: "pitch",
  /** Voice. */
  voice: "voice",
  /** Staff. */
  staff: "staff",
} as const;
