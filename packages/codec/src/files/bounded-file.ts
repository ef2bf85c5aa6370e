/**
 * @file Files that are read whole, but not if they are too large or no files.
 */
import { open } from "node:fs/promises";
import type { FormatError } from "../errors.js";

/** The class of error that a reader throws. */
export type FormatErrorClass = new (file: string, place: string, message: string) => FormatError;

/**
 * The bytes of a file.
 *
 * @param bytes - the most that is read
 * @param ErrorClass - what to throw; its message carries the path
 * @throws an error of that class when the path is no readable file or holds more
 */
export async function readFileBounded(path: string, bytes: number, ErrorClass: FormatErrorClass): Promise<Uint8Array> {
  let handle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw new ErrorClass(path, "", describe(error));
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ErrorClass(path, "", "expected a file, got a folder or device.");
    if (stats.size > bytes) throw new ErrorClass(path, "", `expected at most ${bytes} bytes, got ${stats.size}.`);
    const data = new Uint8Array(await handle.readFile());
    if (data.length > bytes) throw new ErrorClass(path, "", `expected at most ${bytes} bytes, got ${data.length}.`);
    return data;
  } catch (error) {
    if (error instanceof ErrorClass) throw error;
    throw new ErrorClass(path, "", describe(error));
  } finally {
    await handle.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file.",
  EACCES: "the file may not be read.",
  EISDIR: "expected a file, got a folder.",
};

function describe(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? `the file cannot be read (${code || "unknown fault"}).`;
}
