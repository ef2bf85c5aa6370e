/**
 * @file Errors of corpora and of stored sets that a caller may handle.
 */
import { FormatError } from "@dexter/codec";

/** A corpus that cannot be opened: no such folder, a damaged archive, a missing table. */
export class CorpusError extends FormatError {}

/** A stored set that is not one, is damaged, or is of a version that this code does not know. */
export class SetFileError extends FormatError {}

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
