/**
 * @file Tables of perceptual features that were computed from audio: one a performance, by its name, in a folder.
 */
import { existsSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { MAX_TEXT_BYTES } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";
import type { MeasuredRecording } from "@dexter/alignment-datasets";
import { PerceptualFileError, readPerceptualFrames, type PerceptualFrames } from "@dexter/eval-features";
import { UsageError } from "./errors.js";

/** Which performances had a table. */
export interface PerceptualTableCounts {
  readonly found: number;
  readonly missing: number;
  /** Where the first was looked for that is not there. */
  readonly firstMissing?: string;
}

/** A folder of tables. */
export interface PerceptualTables {
  /**
   * The table of a performance, `FOLDER/CORPUS/ID.csv` or `FOLDER/ID.csv`; `null` where there is none.
   *
   * @throws PerceptualFileError where it is damaged
   */
  read(recording: MeasuredRecording): Promise<PerceptualFrames | null>;
  /** What was asked for so far. */
  counts(): PerceptualTableCounts;
}

/** Open a folder of tables. */
export async function openPerceptualTables(folder: string): Promise<PerceptualTables> {
  const root = resolve(folder);
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new UsageError(`--perceptual: expected a folder of tables, ${folder} is none.`);
  let found = 0;
  let missing = 0;
  let firstMissing: string | undefined;
  return {
    async read({ corpus, id }) {
      const places = [`${corpus}/${id}.csv`, `${id}.csv`].map((name) => join(root, name)).filter((path) => !relative(root, path).startsWith(`..${sep}`));
      const path = places.find((place) => existsSync(place));
      if (path === undefined) {
        missing++;
        firstMissing ??= `${id}.csv`;
        return null;
      }
      found++;
      return readPerceptualFrames(await readFileBounded(path, MAX_TEXT_BYTES, PerceptualFileError), { file: path });
    },
    counts: () => ({ found, missing, ...(firstMissing === undefined ? {} : { firstMissing }) }),
  };
}
