/**
 * @file What the command line tells a person when something fails: one line, and an exit code.
 */
import { CommanderError } from "commander";
import { ShapeError } from "@dexter/codec";
import { OptionError, UnsuitableSetError } from "@dexter/alignment-datasets";

/** A wrong way to call a command. */
export class UsageError extends Error {}

/** Words that the library begins its messages with and that say nothing to who wrote a configuration. */
export const LIBRARY_WORDS = /^(training options|trainClassic|trainBase|training segment): /;

/**
 * Do what the library refuses when a configuration cannot be.
 *
 * @param where - what the message begins with, for example the file
 * @throws UsageError in place of the library's ShapeError
 */
export function usageFault<T>(act: () => T, where = ""): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new UsageError(where + error.message.replace(LIBRARY_WORDS, ""), { cause: error });
  }
}

/** A person stopped the run; the message says what is left of it. */
export class InterruptedError extends Error {}

/** Exit codes of every command. */
export const EXIT = { failure: 1, usage: 2, interrupted: 130 } as const;

/** Whether a file could not be written for want of room. */
export function isDiskFull(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || (cause !== undefined && isDiskFull(cause));
}

/** Say what failed in one line on stderr, with the stack only on request. */
export function reportError(error: unknown, { verbose }: { readonly verbose: boolean }): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage; // commander has said why
  if (error instanceof Error && error.name === "AbortError") {
    process.stderr.write("dexter-train: stopped; nothing was written.\n");
    return EXIT.interrupted;
  }
  if (error instanceof InterruptedError) {
    process.stderr.write(`dexter-train: ${error.message}\n`);
    return EXIT.interrupted;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`dexter-train: ${message.split("\n")[0]}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  return error instanceof UsageError || error instanceof OptionError || error instanceof UnsuitableSetError ? EXIT.usage : EXIT.failure;
}

/**
 * Make a reader that stops early (`dexter-train evaluate … | head`) the normal end that it is, and a standard output
 * that cannot be written a failure of one line.
 */
export function watchStandardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`dexter-train: standard output: ${error.message}\n`);
    process.exit(EXIT.failure);
  });
  // Nobody is left to be told.
  process.stderr.on("error", () => undefined);
}
