/**
 * @file Errors of corpora and of stored sets that a caller may handle.
 */
import { FormatError } from "@dexter/codec";

/** A corpus that cannot be opened: no such folder, a damaged archive, a missing table. */
export class CorpusError extends FormatError {}

/** A stored set that is not one, is damaged, or is of a version that this code does not know. */
export class SetFileError extends FormatError {}

/** A whole set that is not what was asked for: another release, other features, nothing of the split. */
export class UnsuitableSetError extends SetFileError {}

/** A performance that cannot be aligned with a score: one is empty, or they are not the same piece. */
export class AlignmentError extends Error {
  /** 2 · matched notes / (score notes + performed notes), 0–1. */
  readonly matchRatio: number;

  constructor(message: string, matchRatio: number) {
    super(message);
    this.name = "AlignmentError";
    this.matchRatio = matchRatio;
  }
}

/** An option outside its range. */
export class OptionError extends Error {
  /** Name of the option. */
  readonly option: string;

  constructor(option: string, message: string) {
    super(`${option}: ${message}`);
    this.name = "OptionError";
    this.option = option;
  }
}
