/**
 * @file `@dexter/codec/node`: files on disk, read whole but not if they are too
 * large, written whole or not at all.
 */
import { Buffer } from "node:buffer";
import { constants } from "node:fs";
import { mkdir, open, stat, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import write from "write-file-atomic";
import type { Alignment } from "./alignment/alignment.js";
import { readNasapAlignment, readParangonadaAlignment } from "./alignment/alignment-tables.js";
import type { MatchFile } from "./alignment/match-file.js";
import { readMatch } from "./alignment/match-reader.js";
import { AlignmentFileError, MatchFileError, MidiFileError, ScoreFileError, type FormatError } from "./errors.js";
import { MAX_MIDI_BYTES, readMidi } from "./performance/midi-reader.js";
import type { Performance } from "./performance/performance.js";
import { READ_LIMITS, type ReadScoreOptions } from "./score/read-limits.js";
import { readScore } from "./score/read-score.js";
import type { Score } from "./score/score.js";
import { decodeText, MAX_TEXT_BYTES } from "./text.js";


/** The class of error that a reader throws. */
export type FormatErrorClass = new (file: string, place: string, message: string) => FormatError;

/**
 * Read a MusicXML, MXL or MIDI file. Messages carry the path.
 *
 * @throws {ScoreFileError} when there is no such file, or it is no score
 */
export async function loadScore(path: string, options: ReadScoreOptions = {}): Promise<Score> {
  const bytes = await readFileBounded(path, options.limits?.bytes ?? READ_LIMITS.bytes, ScoreFileError);
  return readScore(bytes, { file: path, ...options });
}

/**
 * Read a MIDI file as a performance. Messages carry the path.
 *
 * @throws {MidiFileError} when there is no such file, or it is damaged
 */
export async function loadPerformance(path: string): Promise<Performance> {
  return readMidi(await readFileBounded(path, MAX_MIDI_BYTES, MidiFileError), { file: path });
}

/**
 * Read a match file. Messages carry the path.
 *
 * @throws {MatchFileError} when there is no such file, or it is damaged
 */
export async function loadMatch(path: string): Promise<MatchFile> {
  return readMatch(await readFileBounded(path, MAX_TEXT_BYTES, MatchFileError), { file: path });
}

/**
 * Read an alignment: nASAP's tsv, Parangonada's csv or a match file, told by their first line. Messages carry the path.
 *
 * @throws {AlignmentFileError | MatchFileError} when there is no such file, or it is damaged
 */
export async function loadAlignment(path: string): Promise<Alignment> {
  const text = decodeText(await readFileBounded(path, MAX_TEXT_BYTES, AlignmentFileError));
  if (/^\s*xml_id\t/.test(text)) return readNasapAlignment(text, { file: path });
  if (/^\s*(info|snote|meta|%)/.test(text)) return readMatch(text, { file: path }).alignment;
  if (/^\s*idx\s*,/.test(text)) return readParangonadaAlignment(text, { file: path });
  const start = JSON.stringify(text.slice(0, 40).split("\n")[0]);
  throw new AlignmentFileError(path, "line 1", `expected nASAP's tsv (xml_id …), Parangonada's csv (idx,…) or a match file (info(…)), got ${start}.`);
}

/**
 * The bytes of a file. A pipe, socket or device is refused before it is opened: reading it might never end.
 *
 * @param bytes - the most that is read
 * @param ErrorClass - what to throw; its message carries the path
 * @throws an error of that class when the path is no readable file or holds more
 */
export async function readFileBounded(path: string, bytes: number, ErrorClass: FormatErrorClass): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(path)).isFile()) throw new ErrorClass(path, "", NO_FILE);
    // Not to wait for a pipe that has taken the file's place since.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ErrorClass(path, "", NO_FILE);
    if (stats.size > bytes) throw new ErrorClass(path, "", `expected at most ${bytes} bytes, got ${stats.size}.`);
    return await readAtMost(handle, stats.size, bytes, () => new ErrorClass(path, "", `expected at most ${bytes} bytes, got more.`));
  } catch (error) {
    if (error instanceof ErrorClass) throw error;
    throw new ErrorClass(path, "", reason(error));
  } finally {
    await handle?.close();
  }
}

const NO_FILE = "expected a file, got a folder, pipe or device.";

/** A file may hold more than its size says: it grows while it is read, or the system makes it up (`/proc`). */
async function readAtMost(handle: FileHandle, size: number, most: number, tooLarge: () => Error): Promise<Uint8Array> {
  let data = new Uint8Array(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(data, length, data.length - length, null);
    if (bytesRead === 0) return data.subarray(0, length);
    length += bytesRead;
    if (length > most) throw tooLarge();
    if (length < data.length) continue;
    const larger = new Uint8Array(Math.min(2 * data.length + 4096, most + 1));
    larger.set(data);
    data = larger;
  }
}

/**
 * Write a file beside its place and move it there: who reads it sees the old
 * contents or the new, and a fault leaves nothing half written.
 *
 * @throws the file system's error when the folder is missing or cannot be written
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await write(path, typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * Make a folder and those above it that are missing, one level at a time: where the system will have no folder (`/proc`),
 * Node's own recursive `mkdir` never ends.
 *
 * @throws the file system's error when it cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const failed = await mkdir(folder).then(() => null, (error: NodeJS.ErrnoException) => error);
  if (failed === null || (await isFolder(folder))) return;
  const parent = dirname(folder);
  if (failed.code !== "ENOENT" || parent === folder) throw failed;
  // Somebody else may have made the parent since.
  if (!(await isFolder(parent))) await makeFolder(parent);
  await mkdir(folder).catch(async (error: Error) => {
    if (!(await isFolder(folder))) throw error; // somebody else was faster
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file.",
  EACCES: "the file may not be read.",
  EISDIR: "expected a file, got a folder.",
};

function reason(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? `the file cannot be read (${code || "unknown fault"}).`;
}
