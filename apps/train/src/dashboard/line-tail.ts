/**
 * @file Read the lines that were added to a file since the last look. A place in the file is named by which file it is and by
 * a byte offset, so that a reader that was away goes on where it was, and notices when the file was replaced.
 */
import { open, stat, type FileHandle } from "node:fs/promises";

/** Whole lines, and where the next ones begin. */
export interface TailResult {
  /** Lines without their ends. */
  readonly lines: readonly string[];
  /** The place after them. */
  readonly cursor: string;
  /** The file was replaced or shortened: what was read before is void, and the lines are from its start. */
  readonly restarted: boolean;
  /** There is more to read at once. */
  readonly more: boolean;
}

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** Before anything was read. */
export const START = "";

/**
 * Read on from a place.
 *
 * A line longer than a megabyte is skipped. A file that is not there has no lines.
 *
 * @param cursor - what the last call returned, or {@link START}; any other text counts as another file's
 */
export async function readLines(path: string, cursor: string): Promise<TailResult> {
  const there = await stat(path).catch(() => null);
  if (!there?.isFile()) return { lines: [], cursor: START, restarted: cursor !== START, more: false };
  const file = `${there.ino.toString(36)}.${Math.floor(there.birthtimeMs).toString(36)}`;
  const before = parseCursor(cursor);
  const same = before?.file === file && before.offset <= there.size;
  const offset = same ? before.offset : 0;
  const restarted = !same && cursor !== START;
  if (offset >= there.size) return { lines: [], cursor: formatCursor(file, offset), restarted, more: false };
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const bytes = Buffer.alloc(Math.min(CHUNK, there.size - offset));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    // No end of line in a whole chunk: leave it out, its rest is no line either.
    const taken = end === 0 && bytesRead === CHUNK ? bytesRead : end;
    const lines = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
    return { lines, cursor: formatCursor(file, offset + taken), restarted, more: taken > 0 && offset + taken < there.size };
  } catch {
    return { lines: [], cursor: formatCursor(file, offset), restarted, more: false };
  } finally {
    await handle?.close();
  }
}

function formatCursor(file: string, offset: number): string {
  return `${file}.${offset}`;
}

function parseCursor(cursor: string): { readonly file: string; readonly offset: number } | null {
  const match = /^([0-9a-z]{1,20}\.-?[0-9a-z]{1,20})\.(\d{1,15})$/.exec(cursor);
  return match && { file: match[1], offset: Number(match[2]) };
}
