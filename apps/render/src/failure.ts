/**
 * @file What goes wrong, as one line: which file, where, what was expected and what came.
 */

/** Exit codes of the command, as the README lists them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command line that asks for something that cannot be. Exit code 2. */
export class UsageError extends Error {}

/** A file that cannot be written. Exit code 1. */
export class OutputError extends Error {}

/** Longest message shown. Hostile input may quote itself. */
const MAX_LENGTH = 600;

/** What the operating system's error codes mean to somebody who names files. */
const SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EISDIR: "expected a file, got a folder",
  ENOTDIR: "expected a folder, got a file",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
};

/**
 * Say in one line what went wrong.
 *
 * @param error - anything that was thrown
 * @param file - the file at work, named when the error names none
 */
export function describeFailure(error: unknown, file?: string): string {
  const message = oneLine(messageOf(error));
  return file && !message.includes(oneLine(file)) ? `${oneLine(file)}: ${message}` : message;
}

/** The exit code that an error asks for. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const meaning = code === undefined ? undefined : SYSTEM_MESSAGES[code];
  if (meaning) return path ? `${path}: ${meaning}` : meaning;
  // Errors of the language itself are faults of this program, not of its input.
  return isOwnFault(error) ? `internal error: ${error.message}. Run it again with --verbose and report what it prints.` : error.message;
}

function isOwnFault(error: Error): boolean {
  return [TypeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}

/** Keep line breaks and terminal control sequences of foreign text out of the message. */
function oneLine(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ").replace(/\p{Cc}/gu, "�");
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)} …` : line;
}
