/**
 * @file `dexter-train pair`: pairs of performances, stored with their set.
 */
import { Command, Option } from "commander";
import { pairSet, type PairReport } from "@dexter/alignment-datasets";
import { interruptible } from "./interrupt.js";
import { integerBetween } from "./options.js";
import { checkOutput } from "./output-file.js";

interface PairFlags {
  readonly k: number;
  readonly seed: number;
  readonly bothDirections?: boolean;
  readonly notes: number;
  readonly hop?: number;
  readonly output?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ dexter-train pair set.h5 --k 2000
      2,000 pairs of each split, stored in the set; a later pairing replaces them
  $ dexter-train pair set.h5 --k 100000 --both-directions --seed 2 -o paired.h5
      every pair there and back, in a copy of the set`;

/** The command. */
export function pairCommand(): Command {
  return new Command("pair")
    .description("pair performances of the same passage, for transfer training, and store the pairs with their set")
    .argument("<set>", "a set written by prepare or merge")
    .addOption(new Option("--k <pairs>", "pairs of each split: all where there are not as many").argParser(integerBetween(1, 2 ** 31 - 1)).default(2000))
    .addOption(new Option("--seed <n>", "decides which pairs, and their directions").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .option("--both-directions", "list each pair there and back; otherwise in one direction, by chance")
    .addOption(new Option("--notes <n>", "notes of a segment").argParser(integerBetween(1, 100_000)).default(200))
    .addOption(new Option("--hop <n>", "notes from one segment to the next (default: those of a segment)").argParser(integerBetween(1, 100_000)))
    .option("-o, --output <file>", "write a copy of the set with the pairs (default: the set itself)")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(pair);
}

async function pair(set: string, flags: PairFlags): Promise<void> {
  const { k, seed, notes, hop, bothDirections, output } = flags;
  if (output !== undefined) await checkOutput(output, [set]);
  const report = await interruptible((signal) =>
    pairSet(set, { k, seed, notes, ...(hop ? { hop } : {}), bothDirections: bothDirections ?? false, ...(output === undefined ? {} : { output }), signal }),
  );
  const target = output ?? set;
  if (flags.json) process.stdout.write(`${JSON.stringify({ output: target, ...report })}\n`);
  else process.stdout.write(describe(target, report));
}

function describe(output: string, { splits, seed, notes, bothDirections }: PairReport): string {
  const [directions, listed] = bothDirections ? [", each in both directions", 2] : ["", 1];
  return [
    `${output}: pairs of segments of ${notes} notes, seed ${seed}${directions}`,
    ...Object.entries(splits).map(([split, { possible, paired, pairedSegments, unpaired }]) =>
      `  ${split}: ${paired / listed} of ${possible} possible pairs; ${pairedSegments} segments can be paired, ${unpaired} cannot`),
    "",
  ].join("\n");
}
