/**
 * @file `dexter-train trees`: a model whose mean is shared between its encoders and regression trees.
 */
import { Command } from "commander";
import { formatModelCard, TARGET_NAMES, trainedWorks, withTrees, type Checkpoint, type GrownChannel, type TargetName } from "@dexter/diffusion";
import { loadCheckpoint, saveCheckpoint } from "@dexter/diffusion/node";
import { treeExamples, type TrainingPiece } from "@dexter/diffusion/training";
import { UsageError } from "./errors.js";
import { readFitData, type FitData } from "./fit-data.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { checkFree, makeOutput } from "./output-folder.js";
import { showProgress } from "./progress.js";
import { DEFAULT_TREE_OPTIONS, findLightgbm, openTreeJob, type TreeJob, type TreeOptions } from "./tree-job.js";

interface TreesFlags extends Pick<TreeOptions, "rounds" | "leaves" | "minLeaf" | "beatShare" | "seed" | "threads"> {
  readonly output: string;
  readonly channel: readonly string[];
  readonly python?: string;
  readonly onnx?: boolean;
  readonly half?: boolean;
  readonly json?: boolean;
}

/** The channels that trees speak of, and their share. */
type Shares = ReadonlyMap<TargetName, number>;

const DEFAULT_CHANNELS = ["velocity=0.4", "articulation=0.4"];

/** The command. */
export function treesCommand(): Command {
  const { rounds, leaves, minLeaf, beatShare, seed, threads } = DEFAULT_TREE_OPTIONS;
  return new Command("trees")
    .description("grow regression trees beside the encoders of a base model: they err in other places, so the mean of both is surer")
    .argument("<model>", "a model folder: its encoders, flow, controls and sampling are kept, trees that it has are replaced")
    .argument("<sets...>", "prepared sets with the model's features; their training pieces are learnt from")
    .requiredOption("-o, --output <folder>", "the new model, a folder that is not there yet or empty")
    .option("--channel <name=share...>", `what trees speak of, and their share of the mean, 0 to 1: some of ${TARGET_NAMES.join(", ")}`, DEFAULT_CHANNELS)
    .option("--rounds <n>", "trees of a channel", integerBetween(1, 100_000), rounds)
    .option("--leaves <n>", "leaves of a tree, at most", integerBetween(2, 2048), leaves)
    .option("--min-leaf <notes>", "notes in a leaf, at least: more for smoother trees, less for small sets", integerBetween(1, 1e9), minLeaf)
    .option("--beat-share <share>", "share of pieces known by their beats (MazurkaBL) in what is learnt: more, and other music is played like them", numberBetween(0, 0.99), beatShare)
    .option("--seed <n>", "decides which notes and features each tree sees", integerBetween(0, 2 ** 31 - 1), seed)
    .option("--threads <n>", "threads of LightGBM", integerBetween(1, 1024), threads)
    .option("--python <path>", "the Python program, with lightgbm and numpy (default: DEXTER_PYTHON, else python3)")
    .option("--half", "store weights as 16-bit floats: half the space, and three digits of each number; a model that is stored so stays so")
    .option("--onnx", "write the networks for ONNX Runtime, too")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", `
Python grows them (pip install lightgbm numpy); to render with them none is needed:
  dexter-train trees models/base set.h5 -o models/with-trees
Other channels and shares, and a small set:
  dexter-train trees models/base set.h5 -o models/tempo --channel tempo=0.2 velocity=0.35 --rounds 300 --min-leaf 100
Choose shares on pieces that were not learnt from:
  dexter-train test models/with-trees --data set.h5 --split validation
Gains and temperature of the sampling stay as they were: fit them again where the mean moved much.`)
    .action(async (folder: string, sets: readonly string[], flags: TreesFlags) => {
      const shares = readShares(flags.channel);
      await checkFree(flags.output);
      const { python, version } = findLightgbm(flags.python);
      const model = await loadCheckpoint(folder);
      const data = await readFitData(sets);
      checkFeatures(model, data);
      const { joint, figures } = await interruptible((signal) => grow(model, data, shares, { ...flags, python, version }, signal));
      await makeOutput(flags.output);
      await saveCheckpoint(flags.output, { ...joint, card: formatModelCard(joint.config), half: flags.half ?? model.half }, { onnx: flags.onnx });
      const channels = joint.config.trees?.channels ?? {};
      process.stdout.write(flags.json
        ? `${JSON.stringify({ model: flags.output, ...figures, channels })}\n`
        : `${flags.output}: ${Object.entries(channels).map(([name, { trees, share }]) => `${trees} trees have ${share} of the mean of ${name}`).join(", ")}; grown on ${figures.rows} notes of ${figures.pieces} pieces\n`);
    });
}

/** What was learnt from. */
interface Figures {
  readonly pieces: number;
  readonly performances: number;
  readonly rows: number;
}

async function grow(
  model: Checkpoint, data: FitData, shares: Shares, { python, version, rounds, leaves, minLeaf, beatShare, seed, threads }: TreesFlags & { readonly python: string; readonly version: string }, signal: AbortSignal,
): Promise<{ readonly joint: Checkpoint; readonly figures: Figures }> {
  const { pieces } = data;
  const options = { ...DEFAULT_TREE_OPTIONS, rounds, leaves, minLeaf, beatShare, seed, threads };
  const job = await openTreeJob([...shares.keys()]);
  try {
    await addPieces(job, model, pieces, data.columns.names, [...shares.keys()], signal);
    const silent = [...shares.keys()].filter((channel) => job.told(channel) === 0);
    if (silent.length > 0) throw new UsageError(`no training piece of the sets tells ${silent.join(", ")}. Leave it out of --channel, or add sets of performances`);
    const scarce = [...shares.keys()].find((channel) => job.told(channel) < 2 * minLeaf);
    if (scarce) throw new UsageError(`the sets tell ${scarce} of ${job.told(scarce)} notes, which cannot be split into leaves of ${minLeaf}. Set --min-leaf to a tenth of the notes or less, or add sets`);
    const forests = await growForests(job, options, python, signal);
    const grown: Partial<Record<TargetName, GrownChannel>> = Object.fromEntries([...forests].map(([channel, forest]) => [channel, { forest, share: shares.get(channel) ?? 0 }]));
    const figures = { pieces: pieces.length, performances: pieces.reduce((sum, { performances }) => sum + performances.length, 0), rows: job.rows() };
    const record = { engine: `lightgbm ${version}`, seed, options, data: data.record, ...figures };
    return { joint: withTrees(withWorks(model, pieces), grown, record), figures };
  } finally {
    await job.close();
  }
}

async function addPieces(job: TreeJob, { config }: Checkpoint, pieces: readonly TrainingPiece[], names: readonly string[], channels: readonly TargetName[], signal: AbortSignal): Promise<void> {
  const progress = showProgress("pieces");
  try {
    for (const [done, piece] of pieces.entries()) {
      signal.throwIfAborted();
      progress.update(done, pieces.length, piece.name);
      await job.add(treeExamples(piece, names, config, channels), piece.performances.length === 0);
    }
    signal.throwIfAborted();
  } finally {
    progress.stop();
  }
}

async function growForests(job: TreeJob, options: TreeOptions, python: string, signal: AbortSignal): ReturnType<TreeJob["grow"]> {
  const progress = showProgress("trees");
  try {
    return await job.grow(options, { python, signal, onProgress: (done, total, channel) => progress.update(done, total, channel) });
  } finally {
    progress.stop();
  }
}

/** The model, also trained on the compositions of these pieces: `evaluate` warns of them. */
function withWorks(model: Checkpoint, pieces: readonly TrainingPiece[]): Checkpoint {
  const { training } = model.config;
  const works = trainedWorks(pieces.map(({ name, group }) => group ?? name), training["works"]);
  return { ...model, config: { ...model.config, training: { ...training, works } } };
}

/** @throws UsageError where a channel or share cannot be */
function readShares(texts: readonly string[]): Shares {
  const shares = new Map<TargetName, number>();
  for (const text of texts) {
    const [name, said = "", ...more] = text.split("=");
    const channel = TARGET_NAMES.find((known) => known === name);
    if (channel === undefined) throw new UsageError(`--channel: "${text}" names no channel. Expected NAME=SHARE with one of ${TARGET_NAMES.join(", ")}`);
    const share = Number(said);
    if (said.trim() === "" || more.length > 0 || !(share >= 0 && share <= 1)) throw new UsageError(`--channel: expected ${name}=SHARE with a share from 0 to 1, got "${text}"`);
    if (shares.has(channel)) throw new UsageError(`--channel: ${name} is named twice`);
    shares.set(channel, share);
  }
  return shares;
}

/** @throws UsageError where the sets lack what the model reads */
function checkFeatures({ config: { features } }: Checkpoint, { columns }: FitData): void {
  if (features.set !== columns.set) throw new UsageError(`the model reads features of set "${features.set}", the sets have those of "${columns.set}". Prepare them with --features ${features.set}`);
  const missing = features.names.filter((name) => !columns.names.includes(name));
  if (missing.length === 0) return;
  throw new UsageError(`the sets lack ${missing.length} of the model's ${features.names.length} features, the first "${missing[0]}". Prepare them with this version`);
}
