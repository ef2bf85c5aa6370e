/**
 * @file Output files that appear whole, and together, or not at all.
 *
 * Everything is written beside its target under a temporary name first; only when
 * all of it is on the disk do the files take their places.
 */
import { constants, unlinkSync } from "node:fs";
import { access, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, OutputError, UsageError, describeFailure } from "./failure.js";

/** One file to write. */
export interface OutputFile {
  /** Where to, absolute or from the working directory. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Temporary files of this process, removed even when it is told to end early. */
const pending = new Set<string>();
process.once("exit", () => {
  for (const path of pending) {
    try {
      unlinkSync(path);
    } catch {
      // Already gone.
    }
  }
});

/** Told to stop while files are written. At other times a signal may end the process at once: there is nothing to remove. */
const stop = (): never => process.exit(EXIT.interrupted);

/**
 * Refuse a target that cannot be written, before any work is done for it.
 *
 * @param inputs - files that must not be overwritten
 * @throws {@link OutputError} when its folder is missing or closed, or it is a folder itself
 * @throws {@link UsageError} when it is one of the inputs, or has no name
 */
export async function checkTarget(path: string, inputs: readonly string[] = []): Promise<void> {
  if (path === "") throw new UsageError("expected the name of a file to write, got nothing.");
  if (inputs.some((input) => resolve(input) === resolve(path))) throw new UsageError(`${path}: this output is one of the inputs. Choose another name.`);
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new OutputError(`${path}: the folder ${dirname(path)} does not exist. Create it first.`);
  if (!found.isDirectory()) throw new OutputError(`${path}: ${dirname(path)} is a file, not a folder.`);
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory()) throw new OutputError(`${path}: expected the name of a file, got a folder.`);
  if (target && !target.isFile()) return;
  await access(folder, constants.W_OK).catch(() => {
    throw new OutputError(`${path}: the folder ${dirname(path)} is not writable.`);
  });
}

/**
 * Write files that belong together.
 *
 * @throws {@link OutputError} when one cannot be written; then none of them is left
 */
export async function writeOutputs(files: readonly OutputFile[]): Promise<void> {
  const staged: { readonly from: string; readonly to: string }[] = [];
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    for (const { path, content } of files) {
      const to = await targetOf(path);
      if (to === null) {
        await writeFile(path, content).catch(failedAt(path));
        continue;
      }
      const from = join(dirname(to), `.${basename(to).slice(0, 100)}.${process.pid}-${staged.length}.tmp`);
      pending.add(from);
      staged.push({ from, to });
      await writeFile(from, content, { flag: "wx" }).catch(failedAt(path));
    }
    for (const [index, { from, to }] of staged.entries()) {
      await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
        for (const placed of staged.slice(0, index)) await unlink(placed.to).catch(() => undefined);
        failedAt(to)(error);
      });
      pending.delete(from);
    }
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    for (const { from } of staged) {
      if (pending.delete(from)) await unlink(from).catch(() => undefined);
    }
  }
}

/** The file to replace: where a symbolic link points, and `null` for a device or pipe, which is written in place. */
async function targetOf(path: string): Promise<string | null> {
  const real = await realpath(path).catch(() => resolve(path));
  const found = await stat(real).catch(() => undefined);
  return found && !found.isFile() && !found.isDirectory() ? null : real;
}

function failedAt(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    // The path in the system's message is the temporary one.
    const reason = describeFailure(Object.assign(error, { path: undefined }));
    throw new OutputError(`${path}: cannot be written: ${reason}.`, { cause: error });
  };
}
