/**
 * @file MazurkaBL: mazurkas by Chopin, with the times and the loudness of the
 * beats in some 45 recordings each.
 *
 * Kosta, Bandtlow & Chew (2018), MazurkaBL: Score-aligned loudness, beat and expressive markings data for 2000 Chopin
 * Mazurka recordings. Rows give a beat by its bar, counted from 1 in the order of playing, and its quarter in the bar,
 * from 0; a pickup's beats count from the end of its bar. Loudness is in sones, normalised per recording.
 */
import { readScore, unfoldRepeats, type BeatRecordings, type Measure, type Score } from "@dexter/codec";
import { parse } from "csv-parse/sync";
import { CorpusError } from "../errors.js";
import type { FileTree } from "../files/file-tree.js";
import type { BeatMismatches, BeatPiece, LoadedBeats } from "./beat-corpus.js";
import { readMarkings, withMarkings } from "./beat-markings.js";
import type { Skipped } from "./corpus.js";
import { workOf } from "./work.js";

const SCORE = /^(.*?)xml_scores\/(M(\d+)-(\d+))\.(?:xml|musicxml|mxl)$/;

/** All mazurkas are in three quarters; an annotated bar has at most so many beats. */
const BAR_QUARTERS = 3;

/** Rows and columns that a table may have; the largest of MazurkaBL have 673 and 66. */
const LIMITS = { rows: 20_000, columns: 1_000 } as const;

/** A table is another score's where fewer of the beats in the score are at onsets … */
const MIN_AT_ONSETS = 0.8;

/** … or fewer of all its beats are in the score. */
const MIN_INSIDE = 0.75;

/** Two positions closer than this are one, quarters. */
const SAME_QUARTER = 1e-4;

/** Mazurkas of a folder, by their scores. */
export function listMazurkas(files: FileTree, corpus: string): { pieces: BeatPiece[]; skipped: Skipped[] } {
  const known = new Set(files.paths);
  const pieces: BeatPiece[] = [];
  const skipped: Skipped[] = [];
  for (const scorePath of files.paths) {
    const [, base, id, opus, number] = SCORE.exec(scorePath) ?? [];
    if (id === undefined) continue;
    const timePath = `${base}beat_time/${id}beat_time.csv`;
    const loudnessPath = `${base}beat_dyn/${id}beat_dynNORM.csv`;
    const markingsPath = `${base}markings/${id}markings.csv`;
    const missing = [timePath, loudnessPath].find((path) => !known.has(path));
    if (missing !== undefined) {
      skipped.push({ corpus, piece: id, reason: "missing-file", message: `no file ${missing}` });
      continue;
    }
    const composer = "Frédéric Chopin";
    const title = `Mazurka op. ${Number(opus)} no. ${Number(number)}`;
    pieces.push({
      corpus, id, composer, title, work: workOf(composer, title), scorePath, timePath, loudnessPath,
      ...(known.has(markingsPath) ? { markingsPath } : {}),
    });
  }
  return { pieces, skipped };
}

/** A mazurka with its recordings, in the form that was recorded. */
export async function loadMazurka(files: FileTree, piece: BeatPiece, markings: boolean): Promise<LoadedBeats> {
  const times = readBeatTable(await files.read(piece.timePath), piece.timePath);
  const loudness = readBeatTable(await files.read(piece.loudnessPath), piece.loudnessPath);
  let written = readScore(await files.read(piece.scorePath), { file: piece.scorePath });
  let score = playedForm(written, times, piece);
  if (markings && piece.markingsPath !== undefined) {
    const marks = readMarkings(await files.read(piece.markingsPath), piece.markingsPath, times.rows.length);
    const places = times.rows.map(({ bar, beat }) => ({ measure: bar - 1, offsetQuarter: beat - missingQuarters(score.measures, bar - 1) }));
    const unfolded = score.unfolding !== undefined;
    written = withMarkings(score, marks, places);
    score = unfolded ? unfoldRepeats(written) : written;
  }
  return { score, ...placeBeats(score, times, loudness, piece) };
}

/** One row of a table. */
interface BeatRow {
  /** From 1, in the order of playing. */
  readonly bar: number;
  /** Quarters from the beginning of a whole bar. */
  readonly beat: number;
  /** One a recording; NaN where the cell is no number. */
  readonly values: Float64Array;
}

interface BeatTable {
  readonly recordings: readonly string[];
  readonly rows: readonly BeatRow[];
}

/** A table of beats: running number, bar, beat, then one column a recording. */
function readBeatTable(bytes: Uint8Array, path: string): BeatTable {
  const fail = (place: string, message: string): never => {
    throw new CorpusError(path, place, message);
  };
  let cells: string[][] = [];
  try {
    cells = parse(Buffer.from(bytes), { bom: true, skip_empty_lines: true, to: LIMITS.rows + 2, max_record_size: 2 ** 20 });
  } catch (error) {
    fail("", `not a table (${(error as Error).message})`);
  }
  const [head = [], ...body] = cells;
  if (head[1] !== "measure_number" || head[2] !== "beat_number" || head.length < 4 || head.length > LIMITS.columns) {
    fail("line 1", `expected the columns "", measure_number, beat_number and recordings, got "${head.slice(0, 4).join(",").slice(0, 80)}"`);
  }
  if (body.length === 0 || body.length > LIMITS.rows) fail("", `expected 1 to ${LIMITS.rows} beats, got ${body.length}`);
  let before = -1;
  const rows = body.map((line, k): BeatRow => {
    const bar = Number(line[1]);
    const beat = Number(line[2]);
    const good = Number.isInteger(bar) && bar >= 1 && bar <= LIMITS.rows && beat >= 0 && beat < BAR_QUARTERS;
    const place = bar * BAR_QUARTERS + beat;
    if (!good || place <= before) fail(`line ${k + 2}`, `expected a bar and a beat after those before, got bar "${line[1]}" and beat "${line[2]}"`);
    before = place;
    return { bar, beat, values: Float64Array.from(line.slice(3), (cell) => (cell.trim() === "" ? NaN : Number(cell))) };
  });
  const recordings = head.slice(3);
  if (new Set(recordings).size !== recordings.length) fail("line 1", "expected every recording once");
  return { recordings, rows };
}

/** The form of the score that has as many bars as the table counts. */
function playedForm(written: Score, { rows }: BeatTable, { timePath, scorePath }: BeatPiece): Score {
  const bars = rows[rows.length - 1].bar;
  if (written.measures.length === bars) return written;
  const unfolded = unfoldRepeats(written);
  if (unfolded.measures.length === bars) return unfolded;
  const has = `${written.measures.length} bars, ${unfolded.measures.length} with its repeats`;
  throw new CorpusError(timePath, `line ${rows.length + 1}`, `counts ${bars} bars, but ${scorePath} has ${has}. They are not of one edition`);
}

/** How much of a bar's beginning is not there: a pickup's beats count from its end. */
function missingQuarters(measures: readonly Measure[], index: number): number {
  return index === 0 ? Math.max(0, BAR_QUARTERS - measures[0].durationQuarter) : 0;
}

/** Put the beats of both tables on the score. */
function placeBeats(score: Score, times: BeatTable, loudness: BeatTable, piece: BeatPiece): Pick<LoadedBeats, "beats" | "mismatches"> {
  const { notes, measures } = score;
  const R = times.recordings.length;
  const loudColumn = times.recordings.map((recording) => loudness.recordings.indexOf(recording));
  const nameOf = ({ bar, beat }: BeatRow): string => `${bar}/${beat}`;
  const loudRow = new Map(loudness.rows.map((row) => [nameOf(row), row]));
  const timed = new Set(times.rows.map(nameOf));
  const outside: string[] = [];
  const silent: string[] = [];
  const oneTable = loudness.rows.map(nameOf).filter((name) => !timed.has(name));
  const lastOnset = notes.onsetQuarter[notes.length - 1];
  const onsetQuarter: number[] = [];
  const kept: { readonly row: BeatRow; readonly timeKnown: boolean }[] = [];
  let gap = false;
  let note = 0;
  for (const row of times.rows) {
    const measure = measures[row.bar - 1];
    const offset = row.beat - missingQuarters(measures, row.bar - 1);
    const quarter = measure.onsetQuarter + offset;
    if (offset < -SAME_QUARTER || offset > measure.durationQuarter - SAME_QUARTER || quarter > lastOnset + SAME_QUARTER) {
      outside.push(nameOf(row));
      gap = kept.length > 0;
      continue;
    }
    if (!loudRow.has(nameOf(row))) oneTable.push(nameOf(row));
    while (note < notes.length && notes.onsetQuarter[note] < quarter - SAME_QUARTER) note++;
    if (!(Math.abs(notes.onsetQuarter[note] - quarter) <= SAME_QUARTER)) silent.push(nameOf(row));
    onsetQuarter.push(quarter);
    // Behind a beat that the score lacks, the distance in the score is not the one that was played.
    kept.push({ row, timeKnown: !gap });
    gap = false;
  }
  const K = kept.length;
  const struck = K - silent.length;
  if (struck < MIN_AT_ONSETS * K || K < MIN_INSIDE * times.rows.length) {
    const message = `of ${times.rows.length} beats, ${K} lie in ${piece.scorePath} and ${struck} at its onsets. They are not of one edition`;
    throw new CorpusError(piece.timePath, "", message);
  }
  const timeSec = new Float64Array(R * K).fill(NaN);
  const loudnessSone = new Float64Array(R * K).fill(NaN);
  for (const [k, { row, timeKnown }] of kept.entries()) {
    const loud = loudRow.get(nameOf(row));
    for (let r = 0; r < R; r++) {
      const time = row.values[r];
      if (timeKnown && Number.isFinite(time)) timeSec[r * K + k] = time;
      const sones = loud?.values[loudColumn[r]] ?? NaN;
      // Smoothing left a few values of the corpus a hair below 0.
      if (Number.isFinite(sones)) loudnessSone[r * K + k] = Math.max(0, sones);
    }
  }
  forgetWhatGoesBack(timeSec, R, K);
  const beats: BeatRecordings = { recordings: times.recordings, onsetQuarter: Float64Array.from(onsetQuarter), timeSec, loudnessSone };
  const mismatches: BeatMismatches = { outside, silent, oneTable };
  return { beats, mismatches };
}

/** A beat that is not later than the last known one before it is unknown. */
function forgetWhatGoesBack(timeSec: Float64Array, R: number, K: number): void {
  for (let r = 0; r < R; r++) {
    let last = -Infinity;
    for (let at = r * K; at < (r + 1) * K; at++) {
      if (timeSec[at] <= last) timeSec[at] = NaN;
      else if (!Number.isNaN(timeSec[at])) last = timeSec[at];
    }
  }
}
