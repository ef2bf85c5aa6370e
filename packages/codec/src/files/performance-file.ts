/**
 * @file Performances and alignments on disk.
 */
import type { Alignment } from "../alignment/alignment.js";
import { readNasapAlignment, readParangonadaAlignment } from "../alignment/alignment-tables.js";
import type { MatchFile } from "../alignment/match-file.js";
import { readMatch } from "../alignment/match-reader.js";
import { AlignmentFileError, MatchFileError, MidiFileError } from "../errors.js";
import { readMidi } from "../performance/midi-reader.js";
import type { Performance } from "../performance/performance.js";
import { decodeText } from "../text.js";
import { readFileBounded } from "./bounded-file.js";

const MAX_BYTES = 64 << 20;

/**
 * Read a MIDI file as a performance. Messages carry the path.
 *
 * @throws {MidiFileError} when there is no such file, or it is damaged
 */
export async function loadPerformance(path: string): Promise<Performance> {
  return readMidi(await readFileBounded(path, MAX_BYTES, MidiFileError), { file: path });
}

/**
 * Read a match file. Messages carry the path.
 *
 * @throws {MatchFileError} when there is no such file, or it is damaged
 */
export async function loadMatch(path: string): Promise<MatchFile> {
  return readMatch(await readFileBounded(path, MAX_BYTES, MatchFileError), { file: path });
}

/**
 * Read an alignment: nASAP's tsv, Parangonada's csv or a match file, told by their first line. Messages carry the path.
 *
 * @throws {AlignmentFileError | MatchFileError} when there is no such file, or it is damaged
 */
export async function loadAlignment(path: string): Promise<Alignment> {
  const text = decodeText(await readFileBounded(path, MAX_BYTES, AlignmentFileError));
  if (/^\s*xml_id\t/.test(text)) return readNasapAlignment(text, { file: path });
  if (/^\s*(info|snote|meta|%)/.test(text)) return readMatch(text, { file: path }).alignment;
  if (/^\s*idx\s*,/.test(text)) return readParangonadaAlignment(text, { file: path });
  throw new AlignmentFileError(path, "line 1", `expected nASAP's tsv (xml_id …), Parangonada's csv (idx,…) or a match file (info(…)), got "${text.slice(0, 40).split("\n")[0]}".`);
}
