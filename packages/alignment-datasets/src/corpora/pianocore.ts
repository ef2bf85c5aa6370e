/**
 * @file PianoCoRe-A: 157,207 performances of 1,591 pieces, aligned note by note.
 *
 * Borovik (2026), PianoCoRe: Combined and Refined Piano MIDI Dataset, version 1.0. A folder with `metadata.csv` (one row
 * a performance) and the unpacked archives `refined` (score and performance as MIDI, alignment as `.npz`) and `raw` (the
 * scores as MusicXML). An alignment has one entry for every note of the refined score: `perf_idx`, a note of the
 * refined performance, and `interpolated`, whether that note was made up because nobody played it. Notes count by tick, then
 * pitch. The MusicXML score has the marks that MIDI lacks: it is taken where the refined score's notes are found in it.
 *
 * The table is read as a stream and only rows of tier A are kept; scores, performances and alignments are read on demand.
 */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse";
import { readMidi, readMidiScore, readScore, unfoldRepeats, type Alignment, type AlignmentEntry, type Score } from "@dexter/codec";
import { CorpusError } from "../errors.js";
import { MAX_FILE_BYTES } from "../files/file-tree.js";
import { readNpz } from "../files/npz.js";
import type { Corpus, LoadedPerformance, PerformanceEntry, Piece, Skipped } from "./corpus.js";
import { workOf } from "./work.js";

const TABLE = "metadata.csv";
const COLUMNS = [
  "id", "composer", "composition", "movement", "tier_a", "score_xml_path", "performer",
  "refined_score_midi_path", "refined_performance_midi_path", "refined_alignment_path",
] as const;
type Row = Record<(typeof COLUMNS)[number], string>;

/** Rows that the table may have; version 1.0 has 250,046. */
const MAX_ROWS = 5_000_000;

/** Part of the refined score's notes that must be in the MusicXML score for it to be taken. */
const FOUND_IN_XML = 0.9;

/** Two onsets closer than this are one, quarters: MIDI ticks round what MusicXML divides exactly. */
const SAME_QUARTER = 0.02;

/** Folders in which the archives' `refined` and `raw` may lie. */
const BASES = ["", "PianoCoRe/", "PianoCoRe-1.0/"];

/** A refined score, and whose notes in the piece's score its notes are. */
interface RefinedScore {
  /** Pitch by index in the alignment. */
  readonly pitch: Uint8Array;
  /** Id in the score that is taken; `null` where it has no such note. */
  readonly ids: readonly (string | null)[];
  /** The score that is taken, as written. */
  readonly score: Score;
}

/**
 * Open PianoCoRe-A.
 *
 * @throws CorpusError when the table or the unpacked archive is missing
 */
export async function openPianoCore(root: string, name: string, licence: string): Promise<Corpus> {
  const isFolder = async (path: string): Promise<boolean> => (await stat(join(root, path)).catch(() => null))?.isDirectory() ?? false;
  if (!(await isFolder(""))) throw new CorpusError(root, "", "not a folder. Unpack PianoCoRe-1.0-refined.zip and -raw-midi.zip beside metadata.csv and give their folder");
  let base: string | undefined;
  for (const candidate of BASES) if (base === undefined && (await isFolder(`${candidate}refined`))) base = candidate;
  if (base === undefined) throw new CorpusError(root, "refined", "no such folder. Unpack PianoCoRe-1.0-refined.zip beside metadata.csv");
  const { pieces, skipped } = await listPieces(root, base, name);
  const remarks: string[] = [];
  let last: { readonly path: string; readonly refined: Promise<RefinedScore> } | undefined;

  const read = async (path: string): Promise<Uint8Array> => {
    const info = await stat(join(root, path)).catch(() => null);
    if (!info?.isFile()) throw new CorpusError(root, path, "no such file in the corpus");
    if (info.size > MAX_FILE_BYTES) throw new CorpusError(root, path, `${info.size} bytes; at most ${MAX_FILE_BYTES} are read`);
    return readFile(join(root, path));
  };
  const refinedScore = (refinedPath: string, xmlPath: string | undefined): Promise<RefinedScore> => {
    // Performances come score by score: one is kept.
    if (last?.path !== refinedPath) last = { path: refinedPath, refined: loadRefinedScore(read, refinedPath, xmlPath, remarks) };
    return last.refined;
  };
  const ofPiece = new Map(pieces.map((piece) => [piece.refinedPath, piece]));
  return {
    name, kind: "pianocore", path: root, licence, pieces, skipped, remarks,
    loadScore: async (piece) => {
      const own = ofPiece.get((piece as PianoCorePiece).refinedPath);
      if (!own) throw new CorpusError(root, piece.id, "no such piece in the corpus");
      return (await refinedScore(own.refinedPath, own.xmlPath)).score;
    },
    loadPerformance: async (entry) => {
      const own = ofPiece.get((entry as PianoCoreEntry).refinedPath);
      if (!own) throw new CorpusError(root, entry.id, "no such performance in the corpus");
      return loadPerformance(read, entry, await refinedScore(own.refinedPath, own.xmlPath));
    },
  };
}

interface PianoCoreEntry extends PerformanceEntry {
  readonly refinedPath: string;
}

interface PianoCorePiece extends Piece {
  readonly refinedPath: string;
  readonly xmlPath?: string;
  readonly performances: PianoCoreEntry[];
}

/** Read the table row by row; pieces are the refined scores. */
async function listPieces(root: string, base: string, corpus: string): Promise<{ pieces: PianoCorePiece[]; skipped: Skipped[] }> {
  const pieces = new Map<string, PianoCorePiece>();
  const skipped: Skipped[] = [];
  const source = createReadStream(join(root, TABLE));
  const rows = source.pipe(parse({ columns: true, bom: true, skip_empty_lines: true, relax_column_count: true, max_record_size: 2 ** 20 }));
  source.on("error", (error) => rows.destroy(error));
  let count = 0;
  try {
    for await (const row of rows as AsyncIterable<Row>) {
      const absent = count === 0 ? COLUMNS.find((column) => row[column] === undefined) : undefined;
      if (absent !== undefined) throw new CorpusError(root, TABLE, `expected the columns ${COLUMNS.join(", ")}; "${absent}" is missing`);
      if (++count > MAX_ROWS) throw new CorpusError(root, TABLE, `more than ${MAX_ROWS} rows`);
      if (!/^(true|1(\.0)?)$/i.test(row.tier_a ?? "")) continue;
      const paths = [row.refined_score_midi_path, row.refined_performance_midi_path, row.refined_alignment_path];
      if (!row.id || !paths.every(isInside) || (row.score_xml_path && !isInside(row.score_xml_path))) {
        skipped.push({ corpus, piece: row.composition ?? "", performance: row.id, reason: "missing-file", message: `row ${count} of ${TABLE} names no id, or files that cannot be in the corpus` });
        continue;
      }
      const [refinedPath, midiPath, alignmentPath] = paths.map((path) => `${base}refined/${path}`);
      let piece = pieces.get(refinedPath);
      if (!piece) {
        const composer = nameOf(row.composer);
        const title = [row.composition, row.movement].filter(Boolean).map((text) => text.replaceAll("_", " ")).join(", ");
        const xmlPath = row.score_xml_path ? `${base}raw/${row.score_xml_path}` : undefined;
        piece = {
          corpus, id: row.refined_score_midi_path.replace(/\.midi?$/i, ""), composer, title, work: cataloguedWork(composer, title),
          scorePath: xmlPath ?? refinedPath, refinedPath, ...(xmlPath === undefined ? {} : { xmlPath }), performances: [],
        };
        pieces.set(refinedPath, piece);
      }
      piece.performances.push({ id: row.id, performer: row.performer ?? "", midiPath, alignmentPath, refinedPath });
    }
  } catch (error) {
    if (error instanceof CorpusError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CorpusError(root, TABLE, code === "ENOENT" ? "the table of PianoCoRe is missing" : `not a table (${message.split("\n")[0]})`);
  }
  if (pieces.size === 0) throw new CorpusError(root, TABLE, `of its ${count} rows none is of tier A`);
  return { pieces: [...pieces.values()], skipped };
}

/** A path of the table that stays in its folder. */
function isInside(path: string | undefined): boolean {
  return path !== undefined && path !== "" && path.length < 1000 && !/^[/\\]|^[A-Za-z]:|\0/.test(path) && !path.split(/[/\\]/).includes("..");
}

/** `Chopin,_Frédéric` as "Frédéric Chopin". */
function nameOf(composer: string): string {
  const [family, ...given] = composer.replaceAll("_", " ").split(",").map((part) => part.trim());
  return [...given, family].filter(Boolean).join(" ");
}

/** The composition, named as for the other corpora where the title tells the number. */
export function cataloguedWork(composer: string, title: string): string {
  const family = composer.split(" ").at(-1)?.toLowerCase();
  const bach = family === "bach" ? /\bBWV[ .]*(\d+)(.*)/i.exec(title) : null;
  const form = bach ? (/prelude|fugue/i.exec(bach[2]) ?? (/prelude.*fugue/i.test(title) ? null : /prelude|fugue/i.exec(title))) : null;
  if (bach && form) return workOf(composer, `${form[0]}_bwv_${bach[1]}`);
  const sonata = family === "beethoven" ? /\bpiano sonata no[. ]*(\d+)\b.*?, (\d)\./i.exec(title) : null;
  if (sonata) return workOf(composer, `Piano_Sonatas_${sonata[1]}-${sonata[2]}`);
  return workOf(composer, title);
}

async function loadRefinedScore(
  read: (path: string) => Promise<Uint8Array>, refinedPath: string, xmlPath: string | undefined, remarks: string[],
): Promise<RefinedScore> {
  const refined = readMidiScore(await read(refinedPath), { file: refinedPath });
  const { pitch, onsetQuarter, id } = refined.notes;
  const plain = (why: string): RefinedScore => {
    remarks.push(`${refinedPath}: taken as MIDI, without marks (${why})`);
    return { pitch, ids: id, score: refined };
  };
  if (xmlPath === undefined) return plain("the table names no MusicXML score");
  let written: Score;
  try {
    written = readScore(await read(xmlPath), { file: xmlPath });
  } catch (error) {
    return plain((error as Error).message);
  }
  let best: { readonly ids: (string | null)[]; readonly found: number } = { ids: [], found: -1 };
  for (const score of [written, unfoldRepeats(written)]) {
    const firstNote = (score.notes.onsetQuarter[0] ?? 0) - (onsetQuarter[0] ?? 0);
    const firstBar = (score.measures[0]?.onsetQuarter ?? 0) - (refined.measures[0]?.onsetQuarter ?? 0);
    for (const shift of new Set([firstNote, firstBar])) {
      const ids = findNotes(refined, score, shift);
      const found = ids.reduce((sum, found) => sum + (found === null ? 0 : 1), 0);
      if (found > best.found) best = { ids, found };
    }
  }
  const part = best.found / Math.max(1, id.length);
  if (part < FOUND_IN_XML) return plain(`${(100 * part).toFixed(0)} % of its notes are in ${xmlPath}`);
  return { pitch, ids: best.ids, score: written };
}

/** The id of each refined note in a score: the free note of its pitch that is nearest, within {@link SAME_QUARTER}. */
function findNotes(refined: Score, score: Score, shift: number): (string | null)[] {
  const byPitch = new Map<number, { readonly at: number[]; next: number }>();
  for (let n = 0; n < score.notes.length; n++) {
    const own = byPitch.get(score.notes.pitch[n]);
    if (own) own.at.push(n);
    else byPitch.set(score.notes.pitch[n], { at: [n], next: 0 });
  }
  return refined.notes.id.map((_, i) => {
    const candidates = byPitch.get(refined.notes.pitch[i]);
    if (!candidates) return null;
    const wanted = refined.notes.onsetQuarter[i] + shift;
    const { at } = candidates;
    while (candidates.next < at.length && score.notes.onsetQuarter[at[candidates.next]] < wanted - SAME_QUARTER) candidates.next++;
    const n = at[candidates.next];
    if (n === undefined || score.notes.onsetQuarter[n] > wanted + SAME_QUARTER) return null;
    candidates.next++;
    return score.notes.id[n];
  });
}

async function loadPerformance(
  read: (path: string) => Promise<Uint8Array>, entry: PerformanceEntry, refined: RefinedScore,
): Promise<LoadedPerformance> {
  const performance = readMidi(await read(entry.midiPath!), { file: entry.midiPath });
  const { perf_idx: played, interpolated } = readNpz(await read(entry.alignmentPath), entry.alignmentPath, ["perf_idx", "interpolated"]);
  const N = refined.pitch.length;
  const fail = (message: string): never => {
    throw new AlignmentError(`${entry.alignmentPath}: ${message}`);
  };
  if (played.length !== N || interpolated.length !== N) fail(`has ${played.length} and ${interpolated.length} entries, but the refined score has ${N} notes`);
  const alignment: AlignmentEntry[] = [];
  const taken = new Uint8Array(performance.notes.length);
  for (let i = 0; i < N; i++) {
    const note = played[i];
    if (note < -1 || note >= performance.notes.length) fail(`entry ${i} names note ${note} of a performance of ${performance.notes.length}`);
    if (note >= 0) {
      if (taken[note]) fail(`note ${note} plays two notes of the score`);
      if (performance.notes.pitch[note] !== refined.pitch[i]) fail(`entry ${i} matches pitch ${performance.notes.pitch[note]} with ${refined.pitch[i]}`);
      taken[note] = 1;
    }
    const scoreId = refined.ids[i];
    const performedId = note >= 0 ? performance.notes.id[note] : undefined;
    // What was interpolated nobody played; what the score in use does not have is an insertion.
    if (performedId === undefined || interpolated[i] !== 0) {
      if (scoreId !== null) alignment.push({ kind: "deletion", scoreId });
    } else if (scoreId === null) alignment.push({ kind: "insertion", performedId });
    else alignment.push({ kind: "match", scoreId, performedId });
  }
  return { performance, alignment: alignment satisfies Alignment };
}

/** An alignment that does not fit its score or its performance. */
class AlignmentError extends Error {}
