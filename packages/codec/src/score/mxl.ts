/**
 * @file Compressed MusicXML: a zip archive with the score and, normally, a
 * `META-INF/container.xml` that names it.
 *
 * The archive is unpacked in small steps into memory, counting bytes, so that
 * a bomb ends in an error; nothing is ever written to a path from the archive,
 * and names that lead out of it are refused.
 */
import { Unzip, UnzipInflate } from "fflate";
import { FormatError, ScoreFileError } from "../errors.js";
import { readMusicXml } from "./musicxml.js";
import { READ_LIMITS, type ReadLimits, type ReadScoreOptions } from "./read-limits.js";
import type { Score } from "./score.js";
import { xmlText } from "./xml-text.js";

const CONTAINER = "META-INF/container.xml";
const MAX_ENTRIES = 1000;
const MAX_CONTAINER_BYTES = 1 << 16;
/** Compressed bytes in one step; deflate makes at most 1,032 times as many of them. */
const STEP = 4096;

/**
 * Read an MXL archive. Without a container entry, the first `.musicxml` or
 * `.xml` file outside `META-INF` is the score.
 *
 * @throws {ScoreFileError} when the archive or the score in it is damaged, hostile or beyond the limits
 */
export function readMxl(bytes: Uint8Array, options: ReadScoreOptions = {}): Score {
  const file = options.file ?? "score";
  const limits: ReadLimits = { ...READ_LIMITS, ...options.limits };
  if (bytes.length > limits.bytes) throw new ScoreFileError(file, "", `expected at most ${limits.bytes} bytes, got ${bytes.length}.`);
  const entries = unpack(bytes, file, limits.bytes);
  const named = rootFile(entries, file);
  const name = named ?? [...entries.keys()].find((entry) => /\.(musicxml|xml)$/i.test(entry) && !entry.startsWith("META-INF/"));
  if (name === undefined) throw new ScoreFileError(file, "", "the archive has no MusicXML file.");
  const score = readMusicXml(entries.get(name)!, { ...options, file: `${file}!${name.slice(0, 100)}` });
  return named === undefined
    ? { ...score, warnings: [{ place: CONTAINER, message: `names no score in the archive; ${name} is taken` }, ...score.warnings] }
    : score;
}

function unpack(bytes: Uint8Array, file: string, budget: number): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  let total = 0, seen = 0, unfinished = 0;
  const unzip = new Unzip((entry) => {
    if (++seen > MAX_ENTRIES) throw new ScoreFileError(file, "", `the archive has more than ${MAX_ENTRIES} entries.`);
    const { name } = entry;
    const shown = name.slice(0, 100);
    if (/^([/\\]|[A-Za-z]:)/.test(name) || name.split(/[/\\]/).includes("..") || name.includes("\0"))
      throw new ScoreFileError(file, shown, "the entry's path leads out of the archive, which is refused.");
    if (!/\.(musicxml|xml)$/i.test(name) || entries.has(name)) return;
    const chunks: Uint8Array[] = [];
    let size = 0;
    unfinished++;
    entry.ondata = (error, chunk, final) => {
      if (error instanceof FormatError) throw error;
      if (error) throw new ScoreFileError(file, shown, `the entry cannot be unpacked: ${error.message}.`);
      size += chunk.length;
      total += chunk.length;
      if (total > budget) throw new ScoreFileError(file, shown, `the archive unpacks to more than ${budget} bytes. Raise the limit "bytes" if that is right.`);
      if (chunk.length > 0) chunks.push(chunk);
      if (!final) return;
      unfinished--;
      const whole = new Uint8Array(size);
      let at = 0;
      for (const part of chunks) {
        whole.set(part, at);
        at += part.length;
      }
      entries.set(name, whole);
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  try {
    for (let at = 0; at < bytes.length; at += STEP) unzip.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new ScoreFileError(file, "", `the archive cannot be unpacked: ${describe(error)}.`);
  }
  if (unfinished > 0) throw new ScoreFileError(file, `byte ${bytes.length}`, "the archive is cut off. Download it again.");
  return entries;
}

function rootFile(entries: ReadonlyMap<string, Uint8Array>, file: string): string | undefined {
  const container = entries.get(CONTAINER);
  if (!container || container.length > MAX_CONTAINER_BYTES) return undefined;
  const text = [...xmlText(container, `${file}!${CONTAINER}`)].join("");
  for (const [, quoted] of text.matchAll(/<rootfile\b[^<>]*?\sfull-path\s*=\s*("[^"<]*"|'[^'<]*')/g)) {
    const name = quoted.slice(1, -1).replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity]);
    if (entries.has(name)) return name;
  }
  return undefined;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "unknown fault";
}
