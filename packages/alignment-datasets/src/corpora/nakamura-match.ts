/**
 * @file Alignments as Nakamura's aligner writes them (`…_match.txt`), and the tables made of them (`…_match.csv`).
 *
 * Nakamura, Yoshii & Katayose (2017), Performance error detection and post-processing for fast and accurate symbolic
 * music alignment. A line is a performed note: `ID onset offset pitch onvel offvel channel status stime …`, score time in
 * ticks, `//TPQN:` of which are a quarter note; behind it an older and a newer form differ (`noteID error skip`, or with
 * `duration voice` before). Notes have no ids that other programs know: they are found by pitch and time. The table has
 * score times in quarters and the matched notes alone.
 */
import { AlignmentFileError, unfoldRepeats, type Alignment, type AlignmentEntry, type Performance, type Score } from "@dexter/codec";
import { parse } from "csv-parse/sync";

/** A performed note that plays a score note. */
export interface NakamuraNote {
  /** When, s. */
  readonly onsetSec: number;
  /** MIDI pitch. */
  readonly pitch: number;
  /** Score time in quarters from the start of the score. */
  readonly scoreQuarter: number;
}

/** Performed onsets closer than this are one, s: the file rounds to the millisecond or finer. */
const SAME_SEC = 0.003;

/** Score onsets closer than this are one, quarters: ticks round what MusicXML divides exactly. */
const SAME_QUARTER = 0.02;

const TABLE_COLUMNS = ["onset_time", "spelled_pitch", "score_time"] as const;

/** Lines that a file may have. */
const MAX_LINES = 1_000_000;

/**
 * Read the matched notes: those with error index 0.
 *
 * @throws AlignmentFileError naming the line
 */
export function readNakamuraMatch(bytes: Uint8Array, file: string): NakamuraNote[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/, MAX_LINES);
  const fail = (line: number, message: string): never => {
    throw new AlignmentFileError(file, `line ${line + 1}`, message);
  };
  let ticks = Number.NaN;
  const notes: NakamuraNote[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("//")) {
      const found = /^\/\/\s*TPQN:?\s*(\d+)/i.exec(line);
      if (found) ticks = Number(found[1]);
      continue;
    }
    const fields = line.trim().split(/\s+/);
    if (fields.length === 1 && fields[0] === "") continue;
    if (fields.length !== 12 && fields.length !== 14) fail(at, `expected 12 or 14 fields, got ${fields.length}`);
    if (!(ticks > 0)) fail(at, 'expected "//TPQN:" before the first note');
    if (fields.at(-2) !== "0") continue;
    const [, onset, , spelling] = fields;
    const note = { onsetSec: Number(onset), pitch: pitchOf(spelling), scoreQuarter: Number(fields[8]) / ticks };
    if (!(note.onsetSec >= 0) || !Number.isFinite(note.scoreQuarter) || note.pitch < 0) fail(at, `expected an onset, a pitch and a score time, got "${onset} ${spelling} ${fields[8]}"`);
    notes.push(note);
  }
  return notes;
}

/** Read the table that is made of such a file. @throws AlignmentFileError */
export function readNakamuraTable(bytes: Uint8Array, file: string): NakamuraNote[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(Buffer.from(bytes), { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true, to: MAX_LINES }) as Record<string, string>[];
  } catch (error) {
    throw new AlignmentFileError(file, "", `not a table (${(error as Error).message})`);
  }
  const absent = TABLE_COLUMNS.find((column) => rows[0]?.[column] === undefined);
  if (absent !== undefined) throw new AlignmentFileError(file, "line 1", `expected the columns ${TABLE_COLUMNS.join(", ")}; "${absent}" is missing`);
  return rows.map((row, at) => {
    const note = { onsetSec: Number(row.onset_time), pitch: pitchOf(row.spelled_pitch), scoreQuarter: Number(row.score_time) };
    if (!(note.onsetSec >= 0) || !Number.isFinite(note.scoreQuarter) || note.pitch < 0) {
      throw new AlignmentFileError(file, `row ${at + 1}`, `expected an onset, a pitch and a score time, got "${row.onset_time} ${row.spelled_pitch} ${row.score_time}"`);
    }
    return note;
  });
}

const STEPS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** "C#4", "Bb3", "E##5"; −1 for anything else. */
function pitchOf(spelling: string | undefined): number {
  const [, step, signs, octave] = /^([A-G])([#b]*)(-?\d)$/.exec(spelling ?? "") ?? [];
  if (step === undefined) return -1;
  const alter = [...signs].reduce((sum, sign) => sum + (sign === "#" ? 1 : -1), 0);
  return 12 * (Number(octave) + 1) + STEPS[step] + alter;
}

/**
 * The alignment of a performance with a score, note by note.
 *
 * Ids are those of the unfolded score. A score note that was played again belongs to a repeat: what was played first is
 * its first pass. Performed notes that the file does not match are insertions.
 *
 * @param score - as written
 */
export function nakamuraAlignment(matched: readonly NakamuraNote[], score: Score, performance: Performance): Alignment {
  const performed = performedNotes(matched, performance);
  const shifts = new Set([score.measures[0]?.onsetQuarter ?? 0, score.notes.onsetQuarter[0] ?? 0]);
  let best: readonly number[] = [];
  let most = -1;
  for (const shift of shifts) {
    const found = scoreNotes(matched, score, shift);
    const count = found.reduce((sum, note) => sum + (note >= 0 ? 1 : 0), 0);
    if (count > most) [best, most] = [found, count];
  }
  const order = matched.map((_, i) => i).filter((i) => best[i] >= 0 && performed[i] >= 0).sort((a, b) => matched[a].onsetSec - matched[b].onsetSec);
  const passes = passesOf(unfoldRepeats(score));
  const alignment: AlignmentEntry[] = [];
  const taken = new Uint8Array(performance.notes.length);
  const played = new Map<string, number>();
  for (const i of order) {
    const written = score.notes.id[best[i]];
    const pass = played.get(written) ?? 0;
    const scoreId = passes.get(written)?.[pass];
    if (scoreId === undefined) continue;
    played.set(written, pass + 1);
    taken[performed[i]] = 1;
    alignment.push({ kind: "match", scoreId, performedId: performance.notes.id[performed[i]] });
  }
  performance.notes.id.forEach((performedId, n) => {
    if (!taken[n]) alignment.push({ kind: "insertion", performedId });
  });
  return alignment;
}

/** The index of each matched note in the performance, −1 where it is not there; none twice. */
function performedNotes(matched: readonly NakamuraNote[], { notes }: Performance): number[] {
  const byPitch = indices(notes.length, (n) => notes.pitch[n]);
  const taken = new Uint8Array(notes.length);
  return matched.map(({ onsetSec, pitch }) => {
    const n = nearest(byPitch.get(pitch) ?? [], (index) => notes.onsetSec[index], onsetSec, SAME_SEC, (index) => taken[index] === 0);
    if (n >= 0) taken[n] = 1;
    return n;
  });
}

/** The index of each matched note's score note, −1 where there is none. Voices in unison take turns. */
function scoreNotes(matched: readonly NakamuraNote[], { notes }: Score, shift: number): number[] {
  const byPitch = indices(notes.length, (n) => notes.pitch[n]);
  const turns = new Map<number, number>();
  return matched.map(({ pitch, scoreQuarter }) => {
    const list = byPitch.get(pitch) ?? [];
    const n = nearest(list, (index) => notes.onsetQuarter[index], scoreQuarter + shift, SAME_QUARTER);
    if (n < 0) return n;
    const unison = list.filter((index) => notes.onsetQuarter[index] === notes.onsetQuarter[n]);
    const turn = turns.get(unison[0]) ?? 0;
    turns.set(unison[0], turn + 1);
    return unison[turn % unison.length];
  });
}

function indices(length: number, key: (index: number) => number): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (let n = 0; n < length; n++) {
    const list = lists.get(key(n));
    if (list) list.push(n);
    else lists.set(key(n), [n]);
  }
  return lists;
}

/** Of indices in order of time, the one nearest to a time; −1 where none is within the tolerance. */
function nearest(list: readonly number[], timeOf: (index: number) => number, time: number, tolerance: number, free: (index: number) => boolean = () => true): number {
  let low = 0;
  for (let high = list.length; low < high;) {
    const middle = (low + high) >> 1;
    if (timeOf(list[middle]) < time - tolerance) low = middle + 1;
    else high = middle;
  }
  let best = -1;
  for (let at = low; at < list.length && timeOf(list[at]) <= time + tolerance; at++) {
    const index = list[at];
    if (free(index) && (best < 0 || Math.abs(timeOf(index) - time) < Math.abs(timeOf(best) - time))) best = index;
  }
  return best;
}

/** The ids of every written note in an unfolded score, in the order of playing. */
function passesOf({ notes }: Score): Map<string, string[]> {
  const passes = new Map<string, string[]>();
  for (const id of notes.id) {
    const written = id.replace(/-\d+$/, "");
    const list = passes.get(written);
    if (list) list.push(id);
    else passes.set(written, [id]);
  }
  return passes;
}
