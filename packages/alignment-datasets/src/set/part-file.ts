/**
 * @file A file that appears under its name only when it is complete.
 */
import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";

/** A path to write to, and what to do then. */
export interface PartFile {
  /** Where to write: beside the target. */
  readonly path: string;
  /** Put the written file in the target's place. */
  commit(): Promise<void>;
  /** Remove what was written; the target stays as it was. */
  discard(): Promise<void>;
}

/** Begin a file that will replace `target`. */
export function partFile(target: string): PartFile {
  const path = `${target}.${randomBytes(4).toString("hex")}.part`;
  return {
    path,
    commit: () => rename(path, target),
    discard: () => rm(path, { force: true }),
  };
}
