/**
 * @file What the commands say: results on the standard output, everything else on the error output.
 */
import { describeFailure } from "./failure.js";

/** How much to say. */
export interface Verbosity {
  /** Show stacks and details. */
  readonly verbose?: boolean;
}

/** Write to the standard output, no faster than its reader takes it. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Report a failure in one line, and its stack when that was asked for. */
export function complain(error: unknown, { file, verbose }: Verbosity & { readonly file?: string } = {}): void {
  process.stderr.write(`dexter: ${describeFailure(error, file)}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
}

/**
 * Make a reader that stops early (`dexter notes score.mxl | head`) the normal end that it is,
 * and a standard output that cannot be written a failure of one line.
 */
export function watchStandardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`dexter: standard output: ${describeFailure(error)}\n`);
    process.exit(1);
  });
  // Nobody is left to be told.
  process.stderr.on("error", () => undefined);
}

/** End when everything is said, without waiting for compilers and threads that have nothing left to do. */
export async function exit(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve));
  process.exit(code);
}
