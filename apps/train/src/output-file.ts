/**
 * @file The file that a command writes, checked before the work and not after it.
 */
import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UsageError } from "./errors.js";

/**
 * Refuse an output that cannot be written, or that would replace what it is made of.
 *
 * @param inputs - files that the command reads
 * @throws UsageError naming the output
 */
export async function checkOutput(path: string, inputs: readonly string[] = []): Promise<void> {
  if (path === "") throw new UsageError("--output: expected the name of a file, got nothing");
  const folder = dirname(resolve(path));
  await access(folder, constants.W_OK).catch(() => {
    throw new UsageError(`--output: cannot write into ${folder}`);
  });
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) throw new UsageError(`--output: ${path} is a folder`);
  const target = await place(path);
  for (const input of inputs) {
    if (target === (await place(input))) throw new UsageError(`--output: ${path} is what the command reads. Choose another name`);
  }
}

/** Where a path leads, links followed. */
function place(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
