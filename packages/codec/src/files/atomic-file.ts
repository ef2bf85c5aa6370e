/**
 * @file Files that are there whole or not at all.
 */
import write from "write-file-atomic";

/**
 * Write a file beside its place and move it there: who reads it sees the old
 * contents or the new, and a fault leaves nothing half written.
 *
 * @throws the file system's error when the folder is missing or cannot be written
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const contents = typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  await write(path, contents);
}
