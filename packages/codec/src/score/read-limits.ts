/**
 * @file How much a score file may ask for before it is refused: hostile input
 * must end in an error, soon and in little memory.
 */

/** Bounds on what the score readers accept. */
export interface ReadLimits {
  /** Size of the file, and of each file unpacked from it, in bytes. */
  readonly bytes: number;
  /** Nesting of XML elements. */
  readonly depth: number;
  /** XML elements inside one child of a measure (a note, a direction …). */
  readonly elements: number;
  /** Notes, rests and signs, before and after repeats are unfolded. */
  readonly notes: number;
  /** Measures, before and after repeats are unfolded. */
  readonly measures: number;
  /** Parts. */
  readonly parts: number;
}

/** Defaults: the largest score of the corpora (4 MB, 9,800 notes) eight times in bytes and 25 times in notes, and still a few seconds' work. */
export const READ_LIMITS: ReadLimits = {
  bytes: 32 * 2 ** 20,
  depth: 64,
  elements: 10_000,
  notes: 250_000,
  measures: 50_000,
  parts: 256,
};

/** What all score readers may be told. */
export interface ReadScoreOptions {
  /** Name of the file, for messages. */
  readonly file?: string;
  /**
   * Whether cue notes are notes, marked with `NOTE_MARK.cue`, or left out. Default: true.
   *
   * A cue note is silent by the specification, but MuseScore writes every small
   * note as one, written-out cadenzas and ornaments included, and pianists play
   * them: of the 18,841 in the scores of ASAP, the alignments of nASAP match
   * 14,734 to a performed note.
   */
  readonly cues?: boolean;
  /**
   * Survive a negative duration of a note with a warning: it leads back, as in
   * partitura. Two scores of nASAP have one. Default: false, it is an error.
   */
  readonly lenient?: boolean;
  /** Bounds that differ from {@link READ_LIMITS}. */
  readonly limits?: Partial<ReadLimits>;
}
