/**
 * @file The folder of a report: written beside its target, and moved there when it is complete or the test was stopped.
 */
import { readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolder, writeFileAtomic } from "@dexter/codec/node";
import { UsageError } from "../errors.js";

/** What `report.json` says it is. */
export const REPORT_FORMAT = "dexter-test";

/** A report that is being written. */
export interface ReportFolder {
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Put it in its place; an earlier report goes. */
  finish(): Promise<void>;
  /** Leave nothing. */
  discard(): Promise<void>;
}

/**
 * Begin a report.
 *
 * @throws UsageError when the target is a file, or a folder that holds something other than an earlier report
 */
export async function openReportFolder(path: string): Promise<ReportFolder> {
  const target = resolve(path);
  const there = await stat(target).catch(() => null);
  if (there && !there.isDirectory()) throw new UsageError(`--output: ${path} is a file, expected a folder`);
  if (there && (await readdir(target)).length > 0 && !(await isReport(target))) {
    throw new UsageError(`--output: ${path} holds something other than a report. Choose another name`);
  }
  const part = join(dirname(target), `.${basename(target)}.part-${process.pid}`);
  await rm(part, { recursive: true, force: true });
  await makeFolder(join(part, "samples")).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--output: no folder can be made at ${path} (${error.code ?? error.message}). Choose another place`, { cause: error });
  });
  return {
    write: (name, content) => writeFileAtomic(join(part, name), content),
    async finish() {
      const old = `${part}.old`;
      if (there) await rename(target, old);
      await rename(part, target);
      await rm(old, { recursive: true, force: true });
    },
    discard: () => rm(part, { recursive: true, force: true }),
  };
}

async function isReport(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, "report.json"), "utf8").catch(() => "");
  return text.slice(0, 200).includes(`"format": "${REPORT_FORMAT}"`);
}
