/**
 * @file nASAP, the (n)ASAP dataset: `metadata.csv`, a score a folder, a MIDI file and a table of note ids a performance.
 *
 * Peter et al. (2023), Automatic note-level score-to-performance alignments in the ASAP dataset.
 */
import { parse } from "csv-parse/sync";
import { readMidi, readNasapAlignment } from "@dexter/codec";
import { CorpusError } from "../errors.js";
import type { FileTree } from "../files/file-tree.js";
import type { LoadedPerformance, PerformanceEntry, Piece, Skipped } from "./corpus.js";
import { workOf } from "./work.js";

const TABLE = "metadata.csv";
const COLUMNS = ["composer", "title", "folder", "xml_score", "midi_performance", "note_alignments"] as const;
type Row = Record<(typeof COLUMNS)[number], string>;

/** Pieces of nASAP, in the order of its table. */
export async function listAsap(files: FileTree, corpus: string): Promise<{ pieces: Piece[]; skipped: Skipped[] }> {
  const table = files.paths.filter((path) => path === TABLE || path.endsWith(`/${TABLE}`)).sort((a, b) => a.length - b.length)[0];
  if (table === undefined) throw new CorpusError(files.root, TABLE, "the table of nASAP is missing. Give the folder that holds it");
  const base = table.slice(0, -TABLE.length);
  const known = new Set(files.paths);
  const skipped: Skipped[] = [];
  const pieces = new Map<string, Piece & { performances: PerformanceEntry[] }>();
  for (const row of readTable(await files.read(table), `${files.root}/${table}`)) {
    const scorePath = base + row.xml_score;
    const midiPath = base + row.midi_performance;
    const alignmentPath = base + row.note_alignments;
    const id = row.midi_performance.replace(/\.midi?$/i, "");
    const missing = [scorePath, midiPath, alignmentPath].find((path) => !known.has(path));
    if (missing !== undefined) {
      skipped.push({ corpus, piece: row.folder, performance: id, reason: "missing-file", message: `no file ${missing}` });
      continue;
    }
    let piece = pieces.get(scorePath);
    if (!piece) {
      const { composer, title } = row;
      piece = { corpus, id: row.folder, composer, title, work: workOf(composer, title), scorePath, performances: [] };
      pieces.set(scorePath, piece);
    }
    const performer = /([^/]*?)\d*M?$/.exec(id)?.[1] ?? "";
    piece.performances.push({ id, performer, midiPath, alignmentPath });
  }
  return { pieces: [...pieces.values()], skipped };
}

function readTable(bytes: Uint8Array, file: string): Row[] {
  let rows: Row[];
  try {
    rows = parse(Buffer.from(bytes), { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true }) as Row[];
  } catch (error) {
    throw new CorpusError(file, "", `not a table (${(error as Error).message})`);
  }
  const absent = COLUMNS.find((column) => rows.length > 0 && rows[0][column] === undefined);
  if (absent !== undefined || rows.length === 0) {
    throw new CorpusError(file, "line 1", `expected the columns ${COLUMNS.join(", ")}; ${absent ? `"${absent}" is missing` : "there are no rows"}`);
  }
  return rows.filter((row) => COLUMNS.every((column) => row[column]));
}

/** A performance of nASAP. */
export async function loadAsapPerformance(files: FileTree, entry: PerformanceEntry): Promise<LoadedPerformance> {
  const performance = readMidi(await files.read(entry.midiPath!), { file: entry.midiPath });
  return { performance, alignment: readNasapAlignment(await files.read(entry.alignmentPath), { file: entry.alignmentPath }) };
}
