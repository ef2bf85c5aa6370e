/**
 * @file `dexter-train export`: a set in another program's layout.
 */
import { Command, Option } from "commander";
import { exportOriginalLayout, openSet } from "@dexter/alignment-datasets";
import { interruptible } from "./interrupt.js";
import { integerBetween } from "./options.js";
import { checkOutput } from "./output-file.js";
import { formatSeconds, showProgress } from "./progress.js";

interface ExportFlags {
  readonly layout: "original";
  readonly output: string;
  readonly length: number;
  readonly hop?: number;
  readonly noteIds: boolean;
  readonly json?: boolean;
}

/** The command. */
export function exportCommand(): Command {
  return new Command("export")
    .description("write a set in the layout of the Python original: one group a segment")
    .argument("<set>", "a set written by prepare")
    .requiredOption("-o, --output <file>", "the file to write (HDF5)")
    .addOption(new Option("--layout <name>", "the layout").choices(["original"]).default("original"))
    .addOption(new Option("--length <notes>", "notes in a segment").argParser(integerBetween(1, 100_000)).default(200))
    .addOption(new Option("--hop <notes>", "notes from one segment to the next (default: the length)").argParser(integerBetween(1, 100_000)))
    .option("--no-note-ids", "do not write the .npy files of note ids that snote_id_path names")
    .option("--json", "print what was done as JSON")
    .action(exportSet);
}

async function exportSet(path: string, flags: ExportFlags): Promise<void> {
  const start = performance.now();
  await checkOutput(flags.output, [path]);
  const set = await openSet(path);
  const progress = showProgress("performances");
  try {
    const counts = await interruptible((signal) =>
      exportOriginalLayout(set, flags.output, {
        segmentLength: flags.length,
        hop: flags.hop,
        noteIdFiles: flags.noteIds,
        signal,
        onProgress: ({ done, total, piece }) => progress.update(done, total, piece),
      }),
    );
    progress.stop();
    const seconds = (performance.now() - start) / 1000;
    if (flags.json) process.stdout.write(`${JSON.stringify({ output: flags.output, seconds, ...counts })}\n`);
    else process.stdout.write(`${flags.output}: ${counts.segments} segments of ${counts.performances} performances\n  time: ${formatSeconds(seconds)}\n`);
  } finally {
    progress.stop();
    set.close();
  }
}
