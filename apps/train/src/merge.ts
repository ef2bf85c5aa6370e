/**
 * @file `dexter-train merge`: shards, or sets of several corpora, as one set.
 */
import { Command } from "commander";
import { mergeSets } from "@dexter/alignment-datasets";
import { interruptible } from "./interrupt.js";
import { checkOutput } from "./output-file.js";
import { formatSeconds, showProgress } from "./progress.js";

interface MergeFlags {
  readonly output: string;
  readonly partial?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ dexter-train merge set.*-of-8.h5 -o set.h5
      all shards of a preparation: the set that it would have been without shards
  $ dexter-train merge asap.h5 batik.h5 -o both.h5
      sets of different corpora, prepared with the same options`;

/** The command. */
export function mergeCommand(): Command {
  return new Command("merge")
    .description("join shards of a set, or sets of several corpora; a piece may be in one of them only")
    .argument("<sets...>", "sets written by prepare")
    .requiredOption("-o, --output <file>", "the set to write (HDF5)")
    .option("--partial", "shards may be missing")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(merge);
}

async function merge(sets: readonly string[], flags: MergeFlags): Promise<void> {
  const start = performance.now();
  await checkOutput(flags.output, sets);
  const progress = showProgress("scores");
  try {
    const counts = await interruptible((signal) =>
      mergeSets(sets, flags.output, { partial: flags.partial, signal, onProgress: ({ done, total, piece }) => progress.update(done, total, piece) }),
    );
    progress.stop();
    const seconds = (performance.now() - start) / 1000;
    if (flags.json) process.stdout.write(`${JSON.stringify({ output: flags.output, seconds, counts })}\n`);
    else process.stdout.write(`${flags.output}: ${counts.scores} scores, ${counts.performances} performances of ${sets.length} sets\n  time: ${formatSeconds(seconds)}\n`);
  } finally {
    progress.stop();
  }
}
