/**
 * @file `dexter-train test`: what a checkpoint plays of pieces that it never saw, beside those who played them.
 */
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { openSet, SetFileError, type Split, type StoredSet } from "@dexter/alignment-datasets";
import { reportPage, summarizeTest } from "@dexter/eval-features";
import { InterruptedError, isDiskFull } from "./errors.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { formatSeconds, showProgress } from "./progress.js";
import { choosePassages, readPassage } from "./testing/passages.js";
import { openReportFolder, REPORT_FORMAT, type ReportFolder } from "./testing/report-folder.js";
import { testPassage, type PassageOutcome } from "./testing/test-passages.js";
import { loadTestedModel, type SamplingFlags, type TestedModel } from "./testing/tested-model.js";

interface TestFlags extends SamplingFlags {
  readonly data: readonly string[];
  readonly split: Split;
  readonly segments: number;
  readonly skipSegments: number;
  readonly notes?: number;
  readonly samples: number;
  readonly seed: number;
  readonly transfer?: boolean;
  readonly sampleStepsFrac?: number;
  readonly output?: string;
  readonly json?: boolean;
}

/** The command. */
export function testCommand(): Command {
  return new Command("test")
    .description("what a checkpoint plays of unseen pieces, beside pianists: samples, figures, curves, animations, one report")
    .argument("<checkpoint>", "a model folder, base or classic")
    .requiredOption("--data <sets...>", "prepared sets")
    .addOption(new Option("--split <name>", "pieces to play").choices(["test", "validation"]).default("test"))
    .addOption(new Option("--segments <n>", "passages to play, spread over the pieces").argParser(integerBetween(1, 10_000)).default(8))
    .addOption(new Option("--skip-segments <n>", "leave out the first passages, in the order of the sets; --segments are spread over the others").argParser(integerBetween(0, 10_000_000)).default(0))
    .addOption(new Option("--notes <n>", "of a passage (default: what a classic model was trained on, 200 for base)").argParser(integerBetween(8, 5000)))
    .addOption(new Option("--samples <n>", "draws of each passage").argParser(integerBetween(1, 100)).default(2))
    .addOption(new Option("--seed <n>", "of the first draw of a passage; the next ones follow").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .option("--sampler <name>", "how noise becomes data (default: the model's)")
    .addOption(new Option("--steps <n>", "of the sampler (default: the model's)").argParser(integerBetween(1, 10_000)))
    .addOption(new Option("-w, --guidance <w>", "strength of the guidance (default: the model's)").argParser(numberBetween(-20, 20)))
    .addOption(new Option("--eta <share>", "fresh noise of ddim, 0 to 1").argParser(numberBetween(0, 1)))
    .addOption(new Option("--compat <program>", "sample a classic model as the Python DExter does: its published weights were judged so").choices(["original"]))
    .option("--perceptual", "tell a classic network that reads perceptual features those of the label (default: the average)")
    .option("--transfer", "start from another performance of the passage, covered with noise")
    .addOption(new Option("--sample-steps-frac <share>", `with --transfer, part of the way that is walked; 1 starts from the performance itself (default: 0.75, of a model trained on pairs 1); less than 1 implies --transfer`).argParser(numberBetween(0.01, 1)))
    .option("-o, --output <folder>", "the report (default: CHECKPOINT-test beside the checkpoint)")
    .option("--json", "print the figures as JSON")
    .action(test);
}

async function test(checkpoint: string, flags: TestFlags): Promise<void> {
  const start = performance.now();
  const output = flags.output ?? `${resolve(checkpoint)}-test`;
  const model = await loadTestedModel(checkpoint, flags);
  const sets: StoredSet[] = [];
  try {
    for (const path of flags.data) sets.push(await openSet(path));
    const folder = await openReportFolder(output);
    try {
      const { outcomes, planned } = await interruptible((signal) => testPassages(model, sets, flags, folder, signal));
      if (outcomes.length === 0) throw new InterruptedError("stopped before the first passage was done; nothing was written.");
      const stopped = outcomes.length < planned ? `Stopped after ${outcomes.length} of ${planned} passages.` : undefined;
      await writeReport(folder, checkpoint, model, flags, outcomes, stopped);
      await folder.finish();
      tell(output, checkpoint, outcomes, flags, (performance.now() - start) / 1000);
      if (stopped) throw new InterruptedError(`stopped after ${outcomes.length} of ${planned} passages; the report of those is ${output}.`);
    } catch (error) {
      await folder.discard();
      if (isDiskFull(error)) throw new Error(`the disk is full: the report needs room at ${output}. Nothing was written`, { cause: error });
      throw error;
    }
  } finally {
    for (const set of sets) set.close();
    await model.close();
  }
}

/** Test passages until they are done or the signal comes. */
async function testPassages(
  model: TestedModel, sets: readonly StoredSet[], flags: TestFlags, folder: ReportFolder, signal: AbortSignal,
): Promise<{ outcomes: PassageOutcome[]; planned: number }> {
  const { split, samples, seed, notes = model.notes, sampleStepsFrac } = flags;
  const transfer = isTransfer(flags);
  const places = choosePassages(sets, { split, notes, count: flags.segments, skip: flags.skipSegments, release: model.release, performers: transfer ? 2 : 1 });
  const outcomes: PassageOutcome[] = [];
  const progress = showProgress("passages");
  const round = (done: number): number => Math.round(done * 100) / 100;
  try {
    for (const place of places) {
      if (signal.aborted) break;
      const passage = readPassage(place);
      if (passage.performances.length < (transfer ? 2 : 1)) {
        throw new SetFileError(place.set.path, `scores/${place.score}`, `${passage.piece}, ${passage.place}: too few performances reach into this passage`);
      }
      const done = outcomes.length;
      progress.update(done, places.length, passage.piece);
      outcomes.push(await testPassage(model, passage, place.set.description.featureNames, done + 1, {
        seed, samples, transfer, signal,
        fraction: sampleStepsFrac ?? model.transferFraction,
        onProgress: (share) => progress.update(round(done + share), places.length, passage.piece),
      }, folder));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.stop();
  }
  return { outcomes, planned: places.length };
}

function isTransfer({ transfer = false, sampleStepsFrac = 1 }: TestFlags): boolean {
  return transfer || sampleStepsFrac < 1;
}

async function writeReport(folder: ReportFolder, checkpoint: string, model: TestedModel, flags: TestFlags, outcomes: readonly PassageOutcome[], stopped: string | undefined): Promise<void> {
  const passages = outcomes.map(({ passage }) => passage);
  // Names without folders: the report travels.
  const name = basename(resolve(checkpoint));
  const settings: (readonly [string, string | number])[] = [
    ["model", name], ["kind", model.kind], ["data", flags.data.map((path) => basename(path)).join(", ")], ["split", flags.split],
    ["notes of a passage", flags.notes ?? model.notes], ["seed", flags.seed],
    ...(flags.skipSegments > 0 ? [["passages left out", flags.skipSegments] as const] : []), ...model.settings,
    ...(isTransfer(flags) ? [["part of the way from the source", flags.sampleStepsFrac ?? model.transferFraction] as const] : []),
  ];
  const record = { format: REPORT_FORMAT, version: 1, complete: stopped === undefined, settings: Object.fromEntries(settings), summary: summarizeTest(passages), passages };
  await folder.write("report.json", `${JSON.stringify(record, null, 1)}\n`);
  await folder.write("report.html", reportPage({ title: `Test of ${name}`, settings, passages, pictures: outcomes.map(({ pictures }) => pictures), ...(stopped !== undefined && { warning: stopped }) }));
}

/** Say what came of it. */
function tell(output: string, checkpoint: string, outcomes: readonly PassageOutcome[], { json }: TestFlags, seconds: number): void {
  const passages = outcomes.map(({ passage }) => passage);
  const summary = summarizeTest(passages);
  if (json) {
    process.stdout.write(`${JSON.stringify({ model: checkpoint, output, summary, passages, seconds })}\n`);
    return;
  }
  const rows = Object.entries(summary.parameters).map(([name, { correlation, meanAbsoluteError, deviationRatio }]) =>
    `${name.padEnd(18)}${cell(correlation)}${cell(meanAbsoluteError)}${cell(deviationRatio)}`);
  process.stdout.write(`${"".padEnd(18)}${["r", "error", "spread"].map((head) => head.padStart(9)).join("")}\n${rows.join("\n")}\n`
    + `${output}: report.html, ${passages.length} passages, ${summary.samples} draws, took ${formatSeconds(seconds)}\n`);
}

function cell(value: number): string {
  return (Number.isFinite(value) ? value.toFixed(3) : "–").padStart(9);
}
