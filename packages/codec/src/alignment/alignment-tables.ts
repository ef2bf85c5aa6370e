/**
 * @file Alignments as tables: nASAP's tsv and Parangonada's csv.
 *
 * nASAP: Peter et al., Automatic Note-Level Score-to-Performance Alignments in the ASAP Dataset (2023).
 * Parangonada: https://sildater.github.io/parangonada/, as partitura reads and writes it.
 */
import { AlignmentFileError } from "../errors.js";
import type { Performance } from "../performance/performance.js";
import { textLines } from "../text.js";
import type { Alignment, AlignmentEntry } from "./alignment.js";

const NASAP_COLUMNS = ["xml_id", "midi_id", "track", "channel", "pitch", "onset"];
const PARANGONADA_COLUMNS = ["idx", "matchtype", "partid", "ppartid"];
/** Parangonada's `matchtype`. */
const MATCH_TYPE = { match: 0, deletion: 1, insertion: 2 } as const;

/**
 * Read an alignment of nASAP: `xml_id midi_id track channel pitch onset`, `deletion` in place of a MIDI id and
 * `insertion` in place of a score id.
 *
 * @throws AlignmentFileError naming the line
 */
export function readNasapAlignment(source: string | Uint8Array, { file = "alignment.tsv" }: { readonly file?: string } = {}): Alignment {
  return readTable(source, file, "\t", NASAP_COLUMNS, 2, ([scoreId, performedId]) => {
    if (scoreId === "insertion") return { kind: "insertion", performedId };
    return performedId === "deletion" ? { kind: "deletion", scoreId } : { kind: "match", scoreId, performedId };
  });
}

/**
 * Read an alignment of Parangonada: `idx,matchtype,partid,ppartid` with match type 0 for a match, 1 for a deletion, 2 for an insertion.
 *
 * @throws AlignmentFileError naming the line
 */
export function readParangonadaAlignment(source: string | Uint8Array, { file = "align.csv" }: { readonly file?: string } = {}): Alignment {
  return readTable(source, file, ",", PARANGONADA_COLUMNS, 4, ([, type, scoreId, performedId], fail) => {
    switch (Number(type || NaN)) {
      case MATCH_TYPE.match:
        return { kind: "match", scoreId, performedId };
      case MATCH_TYPE.deletion:
        return { kind: "deletion", scoreId };
      case MATCH_TYPE.insertion:
        return { kind: "insertion", performedId };
      default:
        return fail(`expected a match type of 0, 1 or 2, got "${type}".`);
    }
  });
}

/** Write an alignment as nASAP's tsv. Notes of ornaments are written as insertions, for which the table has a word. */
export function formatNasapAlignment(alignment: Alignment, performance: Performance): string {
  const { notes } = performance;
  const index = new Map(notes.id.map((id, i) => [id, i]));
  const place = (id: string): string => {
    const i = index.get(id);
    return i === undefined ? "" : `\t${notes.track[i]}\t${notes.channel[i]}\t${notes.pitch[i]}\t${notes.onsetSec[i]}`;
  };
  const rows = alignment.map((entry) => {
    if (entry.kind === "deletion") return `${entry.scoreId}\tdeletion`;
    return `${entry.kind === "match" ? entry.scoreId : "insertion"}\t${entry.performedId}${place(entry.performedId)}`;
  });
  return [NASAP_COLUMNS.join("\t"), ...rows, ""].join("\n");
}

/** Write an alignment as Parangonada's csv. Notes of ornaments are written as insertions. */
export function formatParangonadaAlignment(alignment: Alignment): string {
  const rows = alignment.map((entry, i) => {
    const type = entry.kind === "ornament" ? "insertion" : entry.kind;
    const scoreId = "scoreId" in entry && type !== "insertion" ? entry.scoreId : "undefined";
    return `${i},${MATCH_TYPE[type]},${scoreId},${"performedId" in entry ? entry.performedId : "undefined"}`;
  });
  return [PARANGONADA_COLUMNS.join(","), ...rows, ""].join("\n");
}

/**
 * Read rows under a known header. Two oddities of the published nASAP tables have one meaning each: a row that stands
 * twice counts once, and a performed note that is listed as an insertion and as a match is matched.
 */
function readTable(
  source: string | Uint8Array,
  file: string,
  separator: string,
  columns: readonly string[],
  leastFields: number,
  toEntry: (fields: string[], fail: (message: string) => never) => AlignmentEntry,
): Alignment {
  const lines = textLines(source, (message) => {
    throw new AlignmentFileError(file, "", message);
  });
  const header = lines[0].split(separator).map((name) => name.trim());
  if (columns.slice(0, leastFields).some((name, i) => header[i] !== name)) {
    throw new AlignmentFileError(file, "line 1", `expected the columns ${columns.join(", ")}, got "${lines[0].slice(0, 60)}".`);
  }
  const entries: AlignmentEntry[] = [];
  const seen = new Set<string>();
  const scoreLine = new Map<string, number>();
  const matched = new Set<string>();
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i].trim();
    const fail = (message: string): never => {
      throw new AlignmentFileError(file, `line ${i + 1}`, message);
    };
    if (line === "" || seen.has(line)) continue;
    seen.add(line);
    const fields = lines[i].split(separator).map((field) => field.trim());
    if (fields.length < leastFields) fail(`expected at least ${leastFields} fields, got ${fields.length}.`);
    const entry = toEntry(fields, fail);
    if (("scoreId" in entry && !entry.scoreId) || ("performedId" in entry && !entry.performedId)) fail("expected an id, got an empty field.");
    if ("scoreId" in entry) {
      const first = scoreLine.get(entry.scoreId);
      if (first !== undefined) fail(`score note "${entry.scoreId}" stands in line ${first} already.`);
      scoreLine.set(entry.scoreId, i + 1);
    }
    if (entry.kind === "match") matched.add(entry.performedId);
    entries.push(entry);
  }
  return entries.filter((entry) => entry.kind !== "insertion" || !matched.has(entry.performedId));
}
