/**
 * @file ATEPP: performances by virtuosos, transcribed from recordings, about half of them with a score.
 *
 * Zhang, Tang, Rafee, Dixon & Fazekas (2022), ATEPP: a dataset of automatically transcribed expressive piano performance.
 * A table `ATEPP-metadata-1.x.csv` with a row a performance (`artist`, `track`, `composer`, `score_path`, `midi_path`,
 * `quality`, `perf_id` …), and files below a folder that the paths of the table are relative to, scores as `.mxl`,
 * `.musicxml` or `.xml`. Names in archives are often written otherwise than in the table: accents composed or not, and
 * "_" for signs that some file systems do not have.
 *
 * The published data has no note alignments. Beside `…/00159.mid` the first of these is taken, whoever made it:
 * a match file `00159.match`; Parangonada's `00159/align.csv` or `00159_align.csv` (as the Python DExter has them);
 * nASAP's `00159_note_alignments/note_alignment.tsv`; Nakamura's `00159_match.csv` or `00159_match.txt`. Where there is
 * none, the performance is aligned while it is read.
 */
import { parse } from "csv-parse/sync";
import {
  readMatch, readMidi, readNasapAlignment, readParangonadaAlignment, readScore, type Performance, type Score,
} from "@dexter/codec";
import { alignPerformance } from "../aligner/align-performance.js";
import { CorpusError, OptionError } from "../errors.js";
import type { FileTree } from "../files/file-tree.js";
import type { Corpus, LoadedPerformance, PerformanceEntry, Piece, Skipped } from "./corpus.js";
import { nakamuraAlignment, readNakamuraMatch, readNakamuraTable } from "./nakamura-match.js";
import { cataloguedWork } from "./pianocore.js";

/** What the corpus says of recordings whose transcription is doubtful: left out unless told otherwise. */
export const ATEPP_LEFT_OUT: readonly string[] = ["low quality", "background noise", "applause", "corrupted"];

/** The values of {@link AteppOptions.align}. */
export const ATEPP_ALIGN = ["missing", "always", "never"] as const;

/** How to read ATEPP. */
export interface AteppOptions {
  /** Marks in the column `quality` whose performances are left out, in any case of letters. Default {@link ATEPP_LEFT_OUT}. */
  readonly leaveOut?: readonly string[];
  /** Which performances are aligned while they are read: those without an alignment, all, or none. Default `"missing"`. */
  readonly align?: (typeof ATEPP_ALIGN)[number];
  /** What aligns them. Default `alignPerformance`. */
  readonly aligner?: AlignNotes;
}

/** Aligns a performance with a score as written; ids are those of the score, or of the unfolded score. The performance that it answers with may lack what is not played on a piano. */
export type AlignNotes = (score: Score, performance: Performance) => LoadedPerformance;

const TABLE = /(?:^|\/)ATEPP-metadata[^/]*\.csv$/i;
const COLUMNS = ["artist", "composer", "score_path", "midi_path"] as const;
type Row = Record<(typeof COLUMNS)[number] | "quality" | "track" | "perf_id", string>;

/** Rows that the table may have; version 1.2 has 11,674. */
const MAX_ROWS = 1_000_000;

/** Rows by which the folder of the files is found. */
const PROBED = 50;

/** How far below the root that folder may lie. */
const MAX_DEPTH = 3;

const ENDINGS = [".match", "/align.csv", "_align.csv", "_note_alignments/note_alignment.tsv", "_match.csv", "_match.txt"] as const;

/**
 * Open ATEPP.
 *
 * @throws CorpusError when the table is missing, or names files that are not there
 * @throws OptionError for options out of range
 */
export async function openAtepp(files: FileTree, name: string, licence: string, options: AteppOptions = {}): Promise<Corpus> {
  const { leaveOut = ATEPP_LEFT_OUT, align: which = "missing", aligner = alignPerformance } = options;
  if (!ATEPP_ALIGN.includes(which)) throw new OptionError("align", `expected ${ATEPP_ALIGN.join(", ")}, got "${String(which)}"`);
  const table = files.paths.filter((path) => TABLE.test(path)).sort((a, b) => (versionOf(a) < versionOf(b) ? 1 : -1))[0];
  if (table === undefined) throw new CorpusError(files.root, "ATEPP-metadata-1.2.csv", "the table of ATEPP is missing. Give the folder that holds it");
  const rows = readTable(await files.read(table), `${files.root}/${table}`);
  const places = new Map(files.paths.map((path) => [spelled(path), path]));
  const base = baseOf(rows, [...places.keys()], `${files.root}/${table}`);
  const find = (path: string): string | undefined => places.get(base + spelled(path));
  const left = new Set(leaveOut.map((mark) => mark.trim().toLowerCase()));
  const pieces = new Map<string, Piece & { performances: PerformanceEntry[] }>();
  const skipped: Skipped[] = [];
  const leftOut = new Map<string, number>();
  let unaligned = 0;
  let scoreless = 0;
  for (const row of rows) {
    const mark = (row.quality ?? "").trim().toLowerCase();
    if (!row.score_path) scoreless++;
    else if (left.has(mark)) leftOut.set(mark, (leftOut.get(mark) ?? 0) + 1);
    else {
      const id = row.midi_path.replace(/\.midi?$/i, "");
      const piece = row.score_path.replace(/\.[^./]*$/, "");
      const [midiPath, scorePath] = [find(row.midi_path), find(row.score_path)];
      if (midiPath === undefined || scorePath === undefined) {
        skipped.push({ corpus: name, piece, performance: id, reason: "missing-file", message: `no file ${midiPath === undefined ? row.midi_path : row.score_path}` });
        continue;
      }
      const own = which === "always" ? undefined : ENDINGS.map((ending) => places.get(spelled(midiPath).replace(/\.midi?$/i, ending))).find((path) => path !== undefined);
      if (own === undefined && which === "never") {
        unaligned++;
        continue;
      }
      const entry: AteppEntry = { id, performer: row.artist ?? "", midiPath, alignmentPath: own ?? midiPath, scorePath };
      const known = pieces.get(scorePath);
      if (known) known.performances.push(entry);
      else {
        const title = titleOf(row);
        pieces.set(scorePath, { corpus: name, id: piece, composer: row.composer, title, work: ateppWork(row.composer, title), scorePath, performances: [entry] });
      }
    }
  }
  const remarks = [
    ...(scoreless > 0 ? [`${scoreless} performances have no score`] : []),
    ...[...leftOut].map(([mark, count]) => `${count} performances left out: ${mark}`),
    ...(unaligned > 0 ? [`${unaligned} performances have no alignment`] : []),
  ];
  if (pieces.size === 0 && skipped.length === 0) throw new CorpusError(`${files.root}/${table}`, "", `of its ${rows.length} performances none is left (${remarks.join("; ")})`);
  let last: { readonly path: string; readonly score: Promise<Score> } | undefined;
  const loadScore = (path: string): Promise<Score> => {
    // Performances come score by score: one is kept.
    if (last?.path !== path) last = { path, score: files.read(path).then((bytes) => readScore(bytes, { file: path })) };
    return last.score;
  };
  return {
    name, kind: "atepp", path: files.root, licence, pieces: [...pieces.values()], skipped, remarks,
    loadScore: ({ scorePath }) => loadScore(scorePath),
    loadPerformance: (entry) => loadPerformance(files, entry as AteppEntry, loadScore, aligner),
  };
}

interface AteppEntry extends PerformanceEntry {
  readonly midiPath: string;
  readonly scorePath: string;
}

async function loadPerformance(files: FileTree, { midiPath, alignmentPath, scorePath }: AteppEntry, loadScore: (path: string) => Promise<Score>, align: AlignNotes): Promise<LoadedPerformance> {
  const performance = readMidi(await files.read(midiPath), { file: midiPath });
  if (alignmentPath === midiPath) {
    const aligned = align(await loadScore(scorePath), performance);
    return { performance: aligned.performance, alignment: aligned.alignment };
  }
  const bytes = await files.read(alignmentPath);
  const file = { file: alignmentPath };
  if (/\.match$/i.test(alignmentPath)) return readMatch(bytes, file);
  if (/\.tsv$/i.test(alignmentPath)) return { performance, alignment: readNasapAlignment(bytes, file) };
  if (/align\.csv$/i.test(alignmentPath)) return { performance, alignment: readParangonadaAlignment(bytes, file) };
  const matched = /\.csv$/i.test(alignmentPath) ? readNakamuraTable(bytes, alignmentPath) : readNakamuraMatch(bytes, alignmentPath);
  return { performance, alignment: nakamuraAlignment(matched, await loadScore(scorePath), performance) };
}

function readTable(bytes: Uint8Array, file: string): Row[] {
  let rows: Row[];
  try {
    rows = parse(Buffer.from(bytes), { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true, to: MAX_ROWS }) as Row[];
  } catch (error) {
    throw new CorpusError(file, "", `not a table (${(error as Error).message})`);
  }
  const absent = COLUMNS.find((column) => rows.length > 0 && rows[0][column] === undefined);
  if (absent !== undefined || rows.length === 0) {
    throw new CorpusError(file, "line 1", `expected the columns ${COLUMNS.join(", ")}; ${absent ? `"${absent}" is missing` : "there are no rows"}`);
  }
  return rows.filter((row) => row.midi_path);
}

/** The folder, with its "/", below which most of the first rows' files lie. */
function baseOf(rows: readonly Row[], paths: readonly string[], file: string): string {
  const known = new Set(paths);
  const folders = new Set([""]);
  for (const path of paths) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= Math.min(MAX_DEPTH, parts.length); depth++) folders.add(`${parts.slice(0, depth).join("/")}/`);
  }
  const probe = rows.slice(0, PROBED).map(({ midi_path }) => spelled(midi_path));
  let best = "";
  let most = 0;
  for (const folder of folders) {
    const count = probe.reduce((sum, path) => sum + (known.has(folder + path) ? 1 : 0), 0);
    if (count > most) [best, most] = [folder, count];
  }
  if (most === 0) throw new CorpusError(file, "", `none of its first ${probe.length} performances is there (${rows[0]?.midi_path ?? "no rows"}). Unpack ATEPP beside it`);
  return best;
}

/** A path in one spelling: composed accents, "_" for what Windows cannot have in a name. */
function spelled(path: string): string {
  return path.normalize("NFC").replaceAll("\\", "/").replace(/^\.?\//, "").replace(/[:"*?<>|]/g, "_");
}

/** "ATEPP-metadata-1.10.csv" as something to sort by. */
function versionOf(path: string): string {
  return [...path.slice(path.lastIndexOf("/")).matchAll(/\d+/g)].map(([digits]) => digits.padStart(6, "0")).join(".");
}

/** Composition and movement, from the folders of the performance: they are the same for all who played it. */
function titleOf({ midi_path, track }: Row): string {
  const folders = midi_path.split("/").slice(1, -1).map((part) => part.replaceAll("_", " ").replace(/\s+/g, " ").trim());
  return folders.length > 0 ? folders.join(", ") : (track ?? "");
}

const ROMAN: Readonly<Record<string, number>> = { I: 1, II: 2, III: 3, IV: 4, V: 5, VI: 6, VII: 7, VIII: 8, IX: 9 };

/** The composition, named as for the other corpora where the title tells the number; movements may be counted in Roman numerals. */
export function ateppWork(composer: string, title: string): string {
  return cataloguedWork(composer, title.replace(/(^|, )(IX|IV|V?I{1,3}|V)\.(?=\s|$)/g, (_, before: string, numeral: string) => `${before}${ROMAN[numeral]}.`));
}
