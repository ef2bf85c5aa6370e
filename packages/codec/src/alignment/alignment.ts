/**
 * @file Which score note is which performed note.
 */

/** A score note that was played. */
export interface Match {
  /** Tells this entry from the others. */
  readonly kind: "match";
  /** Id of the score note. */
  readonly scoreId: string;
  /** Id of the performed note. */
  readonly performedId: string;
}

/** A score note that was not played. */
export interface Deletion {
  /** Tells this entry from the others. */
  readonly kind: "deletion";
  /** Id of the score note. */
  readonly scoreId: string;
}

/** A performed note that the score does not have. */
export interface Insertion {
  /** Tells this entry from the others. */
  readonly kind: "insertion";
  /** Id of the performed note. */
  readonly performedId: string;
}

/** A performed note that belongs to an ornament of a score note. */
export interface Ornament {
  /** Tells this entry from the others. */
  readonly kind: "ornament";
  /** Id of the ornamented score note. */
  readonly scoreId: string;
  /** Id of the performed note. */
  readonly performedId: string;
}

/** One line of an alignment. */
export type AlignmentEntry = Match | Deletion | Insertion | Ornament;

/** A note alignment, in the order of its file. */
export type Alignment = readonly AlignmentEntry[];
