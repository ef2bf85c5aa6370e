/**
 * @file Comma-separated values (RFC 4180): fields that hold commas, quotes or line ends stand in quotes.
 */
import { decodeText, MAX_TEXT_BYTES } from "./text.js";

/** More columns than this are no table of ours. */
const MAX_COLUMNS = 1000;

/** One record. */
export interface CsvRow {
  /** Its fields. */
  readonly fields: string[];
  /** The line of the file, from 1, on which it begins. */
  readonly line: number;
}

/** A field as it is written; in quotes where it must be, or where a reader might take blanks off. */
export function quoteField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The records of a table; empty lines are passed over, blanks around a field without quotes are taken off.
 *
 * @param refuse - throws; line 0 stands for the whole file
 */
export function* readCsv(source: string | Uint8Array, refuse: (line: number, message: string) => never): Generator<CsvRow, undefined> {
  if (source.length > MAX_TEXT_BYTES) refuse(0, `expected at most ${MAX_TEXT_BYTES} bytes, got ${source.length}.`);
  const text = decodeText(source);
  // A field, quoted or bare, and what ends it.
  const pattern = /[^\S\r\n]*(?:"((?:[^"]|"")*)"[^\S\r\n]*|([^",\r\n]*))(,|\r\n|\r|\n|$)/y;
  let line = 1;
  let start = 1;
  let fields: string[] = [];
  for (let at = 0; at <= text.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return refuse(line, "a quote is not closed, or text follows it.");
    const [, quoted, bare, end] = found;
    if (fields.length === MAX_COLUMNS) refuse(line, `expected at most ${MAX_COLUMNS} fields.`);
    fields.push(quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'));
    if (quoted !== undefined) line += quoted.split(/\r\n|\r|\n/).length - 1;
    if (end === ",") continue;
    if (fields.length > 1 || fields[0] !== "") yield { fields, line: start };
    if (end === "") return;
    fields = [];
    start = ++line;
  }
}
