/**
 * @file Note arrays outside the program: rows, CSV and JSON records with
 * partitura's field names.
 */
import { GRACE, type ScoreNotes } from "./score.js";

/** One note as a record, in the order of the columns. */
export interface NoteArrayRecord {
  /** Id of the note. */
  readonly id: string;
  /** Beats of the time signature's denominator, from the first full bar. */
  readonly onset_beat: number;
  /** In the same beats. */
  readonly duration_beat: number;
  /** Quarter notes, from the first full bar. */
  readonly onset_quarter: number;
  /** Quarter notes. */
  readonly duration_quarter: number;
  /** Divisions of the part, from its beginning. */
  readonly onset_div: number;
  /** In the same divisions. */
  readonly duration_div: number;
  /** MIDI pitch, 0–127. */
  readonly pitch: number;
  /** Unique in the score. */
  readonly voice: number;
  /** 1 is the upper staff. */
  readonly staff: number;
  /** Whether it is a grace note; its durations are 0. */
  readonly grace: boolean;
}

/** Names of the columns, in order. */
export const NOTE_ARRAY_COLUMNS = [
  "id", "onset_beat", "duration_beat", "onset_quarter", "duration_quarter", "onset_div", "duration_div", "pitch", "voice", "staff", "grace",
] as const satisfies readonly (keyof NoteArrayRecord)[];

/** One record a note, in the order of the notes. */
export function noteArrayRecords(notes: ScoreNotes): NoteArrayRecord[] {
  const records: NoteArrayRecord[] = [];
  for (let i = 0; i < notes.length; i++)
    records.push({
      id: notes.id[i],
      onset_beat: notes.onsetBeat[i],
      duration_beat: notes.durationBeat[i],
      onset_quarter: notes.onsetQuarter[i],
      duration_quarter: notes.durationQuarter[i],
      onset_div: notes.onsetDiv[i],
      duration_div: notes.durationDiv[i],
      pitch: notes.pitch[i],
      voice: notes.voice[i],
      staff: notes.staff[i],
      grace: notes.grace[i] !== GRACE.none,
    });
  return records;
}

/** One row of values a note, in the order of {@link NOTE_ARRAY_COLUMNS}; `grace` is 1 or 0. */
export function noteArrayRows(notes: ScoreNotes): (string | number)[][] {
  return noteArrayRecords(notes).map((record) =>
    NOTE_ARRAY_COLUMNS.map((column) => (column === "grace" ? Number(record.grace) : record[column])));
}

/** The note array as CSV (RFC 4180, but with `\n`), first the names of the columns. */
export function formatNoteArrayCsv(notes: ScoreNotes): string {
  const lines = [NOTE_ARRAY_COLUMNS.join(",")];
  for (const row of noteArrayRows(notes)) lines.push(row.map((value) => (typeof value === "string" ? quoted(value) : String(value))).join(","));
  return lines.join("\n") + "\n";
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
