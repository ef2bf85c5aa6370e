/**
 * @file The folder that a command makes: it is not there yet, or empty.
 */
import { readdir } from "node:fs/promises";
import { makeFolder } from "@dexter/codec/node";
import { UsageError } from "./errors.js";

/**
 * Look before the work, not after it.
 *
 * @throws UsageError where something is in the way
 */
export async function checkFree(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new UsageError(`--output: ${folder} cannot be written: ${error.code === "ENOTDIR" ? "a part of it is a file" : error.message}`);
  });
  if (there.length > 0) throw new UsageError(`--output: ${folder} is not empty. Choose another folder`);
}

/** @throws UsageError where no folder can be */
export async function makeOutput(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: Error) => {
    throw new UsageError(`--output: ${folder} cannot be made: ${error.message}`, { cause: error });
  });
}
