/**
 * @file Which score note is which performed note.
 */

/** A score note that was played. */
export interface Match {
  readonly kind: "match";
  readonly scoreId: string;
  readonly performedId: string;
}

/** A score note that was not played. */
export interface Deletion {
  readonly kind: "deletion";
  readonly scoreId: string;
}

/** A performed note that the score does not have. */
export interface Insertion {
  readonly kind: "insertion";
  readonly performedId: string;
}

/** A performed note that belongs to an ornament of a score note. */
export interface Ornament {
  readonly kind: "ornament";
  readonly scoreId: string;
  readonly performedId: string;
}

/** One line of an alignment. */
export type AlignmentEntry = Match | Deletion | Insertion | Ornament;

/** A note alignment, in the order of its file. */
export type Alignment = readonly AlignmentEntry[];
