/**
 * @file `dexter-train mix`: a set with interpolations of its performances beside them.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { mixSet, openSet, type MixReport } from "@dexter/alignment-datasets";
import { CONTROLS, measureControls } from "@dexter/eval-features";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { checkOutput } from "./output-file.js";
import { formatSeconds, showProgress } from "./progress.js";

interface MixFlags {
  readonly output: string;
  readonly perScore: number;
  readonly performances?: number;
  readonly weights?: readonly number[];
  readonly concentration: number;
  readonly seed: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ dexter-train mix set.h5 -o mixed.h5 --per-score 10
      ten mixes of two performances of every training score, with random weights
  $ dexter-train mix set.h5 -o mixed.h5 --per-score 4 --performances 5 --concentration 3 --seed 2
      of five performances each, nearer to their mean
  $ dexter-train mix set.h5 -o mixed.h5 --per-score 100 --weights 0.5,0.5
      the mean of every two performances, as far as there are two`;

/** The command. */
export function mixCommand(): Command {
  return new Command("mix")
    .description("write a set with mixes of its training performances beside them; mixes are marked, and never paired, validated or tested on")
    .argument("<set>", "a set written by prepare or merge")
    .requiredOption("-o, --output <file>", "the set to write (HDF5)")
    .addOption(new Option("--per-score <n>", "mixes of every training score that was played more than once").argParser(integerBetween(1, 1000)).makeOptionMandatory())
    .addOption(new Option("--performances <n>", "performances in a mix, as far as a score has them (default: 2, or as many as weights)").argParser(integerBetween(2, 10_000)))
    .addOption(new Option("--weights <list>", "the same weights for every mix, such as 0.75,0.25 (default: random)").argParser(weightList))
    .addOption(new Option("--concentration <number>", "of random weights: 1 is uniform, less prefers one performance, more even weights").argParser(numberBetween(0.01, 100)).default(1))
    .addOption(new Option("--seed <n>", "decides which are mixed, and how").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(mix);
}

function weightList(text: string): number[] {
  const weights = text.split(",").map(Number);
  if (weights.length < 2 || !weights.every((weight) => weight > 0)) throw new InvalidArgumentError("Expected two or more numbers above 0 that sum to 1, such as 0.75,0.25.");
  return weights;
}

async function mix(path: string, flags: MixFlags): Promise<void> {
  const start = performance.now();
  const { output, perScore, performances, weights, concentration, seed } = flags;
  await checkOutput(output, [path]);
  const set = await openSet(path);
  const measurable = set.description.controlNames.join() === CONTROLS.map(({ name }) => name).join();
  set.close();
  const progress = showProgress("scores");
  try {
    const report = await interruptible((signal) =>
      mixSet(path, output, {
        perScore, concentration, seed, signal,
        ...(performances ? { performances } : {}),
        ...(weights ? { weights } : {}),
        ...(measurable ? { measure: (score, parameters) => measureControls(score, parameters) } : {}),
        onProgress: ({ done, total, piece }) => progress.update(done, total, piece),
      }),
    );
    progress.stop();
    const seconds = (performance.now() - start) / 1000;
    if (flags.json) process.stdout.write(`${JSON.stringify({ output, seed, seconds, ...report })}\n`);
    else process.stdout.write(describe(output, seed, report, seconds));
  } finally {
    progress.stop();
  }
}

function describe(output: string, seed: number, { counts, mixes, mixedScores }: MixReport, seconds: number): string {
  return `${output}: ${counts.performances - mixes} performances and ${mixes} mixes of ${mixedScores} scores, seed ${seed}\n  time: ${formatSeconds(seconds)}\n`;
}
