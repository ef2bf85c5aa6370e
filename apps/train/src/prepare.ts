/**
 * @file `dexter-train prepare`: corpora in, one HDF5 set out.
 */
import { Command, Option } from "commander";
import { shardName, type FeatureSetName, type Release, type Shard } from "@dexter/codec";
import {
  ATEPP_ALIGN, ATEPP_LEFT_OUT, MARKINGS_OPTIONS, openBeatCorpus, openCorpus, prepareSet,
  type AteppOptions, type BeatCorpus, type ControlOptions, type Corpus, type CorpusKind, type MarkingsOption, type PrepareReport,
} from "@dexter/alignment-datasets";
import { CONTROLS, measureControls } from "@dexter/eval-features";
import { PREPARED_KINDS, addPreparedCorpus, isBeatCorpus, type PreparedCorpusOptions } from "./corpus-option.js";
import { UsageError } from "./errors.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween, shardOption } from "./options.js";
import { checkOutput } from "./output-file.js";
import { openPerceptualTables } from "./perceptual-tables.js";
import { formatSeconds, showProgress } from "./progress.js";

interface PrepareFlags {
  readonly corpus: readonly PreparedCorpusOptions[];
  readonly output: string;
  readonly features: FeatureSetName;
  readonly release: Release;
  readonly seed: number;
  readonly validation: number;
  readonly minMatchRatio: number;
  readonly shard?: Shard;
  readonly controls: boolean;
  readonly perceptual?: string;
  readonly markings: MarkingsOption;
  readonly leaveOut: readonly string[];
  readonly align: NonNullable<AteppOptions["align"]>;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ dexter-train prepare --corpus asap=asap-dataset.tar.gz --corpus batik=batik-plays-mozart -o set.h5
      one set of two corpora
  $ dexter-train prepare --corpus asap=asap-dataset -o set.h5 --shard 2/8
      the second of eight parts: set.2-of-8.h5
  $ dexter-train prepare --corpus asap=asap-dataset -o set.h5 --perceptual cep_features
      perceptual features from cep_features/Bach/Fugue/bwv_846/Shi05M.csv and its like
  $ dexter-train merge set.*-of-8.h5 -o set.h5
      the set, as it would have been without shards`;

/** The command. */
export function prepareCommand(): Command {
  return new Command("prepare")
    .description("read corpora of aligned scores and performances, and write one HDF5 set for training")
    .requiredOption("--corpus <kind=path>", `a folder or .tar.gz; kinds: ${PREPARED_KINDS.join(", ")}; may be given again`, addPreparedCorpus)
    .requiredOption("-o, --output <file>", "the set to write (HDF5)")
    .addOption(new Option("--features <set>", "score features").choices(["base", "classic"]).default("base"))
    .addOption(new Option("--release <kind>", "what a note's length runs to: the key or the sound").choices(["key", "sound"]).default("key"))
    .addOption(new Option("--seed <n>", "decides which pieces validate").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .addOption(new Option("--validation <fraction>", "part of the compositions that validates").argParser(numberBetween(0, 0.9)).default(0.08))
    .addOption(new Option("--min-match-ratio <ratio>", "leave out performances with fewer notes matched").argParser(numberBetween(0, 1)).default(0.5))
    .option("--no-controls", "do not store what each performance is like, note by note (16 controls, the perceptual features among them)")
    .option("--perceptual <folder>", "take the perceptual features from tables computed from audio, FOLDER/PERFORMANCE.csv, instead of estimating them")
    .addOption(new Option("--markings <which>", "scores of mazurkabl: as they come, with its expressive marks, or both").choices(MARKINGS_OPTIONS).default("both"))
    .addOption(new Option("--leave-out <marks...>", "recordings of atepp with one of these marks of quality; none leaves out nothing").default(ATEPP_LEFT_OUT, ATEPP_LEFT_OUT.join(", ")))
    .addOption(new Option("--align <which>", "which performances of atepp are aligned here: those without an alignment, all, or none").choices(ATEPP_ALIGN).default("missing"))
    .addOption(new Option("--shard <i/n>", "every nth piece, from the ith, into FILE.i-of-n.h5; `auto` or `auto/n` asks Slurm or Kubernetes").argParser(shardOption))
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(prepare);
}

async function prepare(flags: PrepareFlags): Promise<void> {
  const start = performance.now();
  const { shard } = flags;
  if (flags.perceptual !== undefined && !flags.controls) throw new UsageError("--perceptual: the perceptual features are controls, which --no-controls leaves out.");
  const tables = flags.perceptual === undefined ? null : await openPerceptualTables(flags.perceptual);
  const measure: ControlOptions["measure"] = async (score, parameters, recording) => {
    if (!tables) return measureControls(score, parameters);
    return measureControls(score, parameters, { frames: await tables.read(recording), firstOnsetSec: recording.firstOnsetSec });
  };
  const output = shard ? shardName(flags.output, shard) : flags.output;
  await checkOutput(output, flags.corpus.map(({ path }) => path));
  const report = await interruptible(async (signal) => {
    const corpora: Corpus[] = [];
    const beatCorpora: BeatCorpus[] = [];
    for (const options of flags.corpus) {
      if (isBeatCorpus(options)) beatCorpora.push(await openBeatCorpus(options));
      else corpora.push(await openCorpus({ ...options, kind: options.kind as CorpusKind, atepp: { leaveOut: flags.leaveOut, align: flags.align } }));
    }
    const progress = showProgress("performances");
    try {
      return await prepareSet({
        corpora,
        beatCorpora,
        markings: flags.markings,
        path: output,
        ...(shard ? { shard } : {}),
        ...(flags.controls ? { controls: { names: CONTROLS.map(({ name }) => name), measure } } : {}),
        featureSet: flags.features,
        release: flags.release,
        seed: flags.seed,
        validation: flags.validation,
        minMatchRatio: flags.minMatchRatio,
        signal,
        onProgress: ({ done, total, piece }) => progress.update(done, total, piece),
      });
    } finally {
      progress.stop();
    }
  });
  const seconds = (performance.now() - start) / 1000;
  const perceptualTables = tables?.counts();
  if (flags.json) process.stdout.write(`${JSON.stringify({ output, seconds, ...report, ...(perceptualTables ? { perceptualTables } : {}) })}\n`);
  else process.stdout.write(describe(output, report, seconds));
  if (perceptualTables && perceptualTables.missing > 0) {
    const { found, missing, firstMissing } = perceptualTables;
    process.stderr.write(`dexter-train: warning: ${missing} of ${found + missing} performances have no table of perceptual features (first: ${firstMissing}); theirs are unknown.\n`);
  }
}

function describe(output: string, { counts, skipped, remarks }: PrepareReport, seconds: number): string {
  const { splits } = counts;
  const lines = [
    `${output}: ${counts.scores} scores with ${counts.scoreNotes} notes, ${counts.performances} performances with ${counts.performedNotes} notes`,
    ...(counts.beatRecordings > 0 ? [`  recordings known by their beats: ${counts.beatRecordings}`] : []),
    ...(["train", "validation", "test"] as const).map(
      (split) => `  ${split}: ${splits[split].scores} scores, ${splits[split].performances} performances`,
    ),
    `  skipped: ${skipped.length}`,
    ...skipped.map(({ corpus, piece, performance, reason, message }) => `    ${corpus}: ${performance ?? piece}: ${reason}: ${message}`),
    ...(remarks.length > 0 ? [`  remarks: ${remarks.length}`, ...remarks.map((remark) => `    ${remark}`)] : []),
    `  time: ${formatSeconds(seconds)}`,
  ];
  return `${lines.join("\n")}\n`;
}
