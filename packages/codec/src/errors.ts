/**
 * @file Errors that a caller may handle. Each says what failed, where, what was
 * expected and what came.
 */

/** What a damaged file makes a message quote may be long, or hold line ends. */
const MAX_MESSAGE = 400;

function inOneLine(message: string): string {
  const start = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return start.replace(/[\r\n\u2028\u2029]+/g, " ");
}

/** A file or text that cannot be read as what it should be. */
export class FormatError extends Error {
  /** File name, or what stands for it. */
  readonly file: string;
  /** Where in the file: `line 41`, `measure 12`, `byte 200`; empty for the whole. */
  readonly place: string;

  constructor(file: string, place: string, message: string) {
    super(`${place ? `${file}:${inOneLine(place)}` : file}: ${inOneLine(message)}`);
    this.name = new.target.name;
    this.file = file;
    this.place = place;
  }
}

/** MusicXML or MXL that is damaged, hostile or contradicts itself. */
export class ScoreFileError extends FormatError {}

/** A damaged MIDI file. */
export class MidiFileError extends FormatError {}

/** A damaged match file. */
export class MatchFileError extends FormatError {}

/** A damaged alignment table (nASAP tsv, Parangonada csv). */
export class AlignmentFileError extends FormatError {}

/** A damaged table of performance parameters. */
export class ParameterFileError extends FormatError {}

/** Arrays whose shapes do not fit one another. */
export class ShapeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ShapeError";
  }
}

/** Performance parameters that cannot be computed or decoded. */
export class CodecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CodecError";
  }
}
