/**
 * @file `dexter-train evaluate`: a model's draws beside the pianists of a corpus.
 */
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { loadPianists, openBeatCorpus, openCorpus, type CorpusOptions, type Skipped } from "@dexter/alignment-datasets";
import { loadCheckpoint, loadModel, saveCheckpoint } from "@dexter/diffusion/node";
import { formatModelCard, renderScore, withEvaluation, type Model, type RenderOptions } from "@dexter/diffusion";
import {
  agreementSamples, agreementTable, formatAgreement, humanFromSamples, renderingFromSamples, type AgreementTable, type PieceAgreement,
} from "@dexter/eval-features";
import { addPreparedCorpus, isBeatCorpus, PREPARED_KINDS, type PreparedCorpusOptions } from "./corpus-option.js";
import { describeBeats, evaluateBeats, type BeatTable } from "./evaluate-beats.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { describeSeen, seenPieces } from "./seen-pieces.js";
import { formatSeconds, showProgress, type Progress } from "./progress.js";

interface EvaluateFlags {
  readonly corpus: readonly PreparedCorpusOptions[];
  readonly draws: number;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly markings: boolean;
  readonly json?: boolean;
  readonly card?: boolean;
}

/** The command. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("how much a model's performances agree with pianists, beside the pianists with each other")
    .argument("[model]", "a model folder; without one, the pianists alone")
    .requiredOption("--corpus <kind=path>", `pieces that several pianists played, a folder or .tar.gz; kinds: ${PREPARED_KINDS.join(", ")}; may be given again. Of a corpus known by its beats, the pieces that are kept out of training`, addPreparedCorpus)
    .addOption(new Option("--draws <n>", "performances of each piece").argParser(integerBetween(1, 100)).default(8))
    .addOption(new Option("--seed <n>", "of the first draw; the next ones follow").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .addOption(new Option("--steps <n>", "of the sampler (default: the model's)").argParser(integerBetween(1, 1000)))
    .addOption(new Option("--guidance <w>", "strength of the guidance (default: the model's)").argParser(numberBetween(0, 20)))
    .option("--no-markings", "leave out the expressive marks that a corpus of beats puts beside its scores")
    .option("--card", "write the table into the model's card, too")
    .option("--json", "print the table and every piece as JSON")
    .action(evaluate);
}

async function evaluate(modelFolder: string | undefined, flags: EvaluateFlags): Promise<void> {
  const start = performance.now();
  const model = modelFolder === undefined ? undefined : await loadModel(modelFolder);
  try {
    const { table, beats, skipped, seen } = await interruptible((signal) => evaluateCorpora(model, flags, signal));
    const seconds = (performance.now() - start) / 1000;
    const settings = model && modelFolder !== undefined && {
      // Names without folders: the card travels with the model.
      model: basename(resolve(modelFolder)),
      corpus: flags.corpus.map(({ name, kind }) => name ?? kind).join(" + "),
      draws: flags.draws,
      seed: flags.seed,
      steps: flags.steps ?? model.config.sampling.steps,
      guidance: flags.guidance ?? model.config.sampling.guidance,
    };
    if (flags.card && modelFolder !== undefined) await writeCard(modelFolder, describe(table, beats, settings, skipped, seen));
    if (flags.json) process.stdout.write(`${JSON.stringify({ ...settings, model: modelFolder, corpora: flags.corpus, ...table, ...(beats ? { beats } : {}), skipped, trainedOn: seen, seconds })}\n`);
    else process.stdout.write(`${describe(table, beats, settings, skipped, seen)}time: ${formatSeconds(seconds)}\n`);
  } finally {
    await model?.release();
  }
}

async function evaluateCorpora(
  model: Model | undefined, flags: EvaluateFlags, signal: AbortSignal,
): Promise<{ table: AgreementTable | null; beats: BeatTable | null; skipped: Skipped[]; seen: string[] }> {
  const options: RenderOptions = { seed: flags.seed, samples: flags.draws, steps: flags.steps, guidance: flags.guidance, signal };
  const corpora = await Promise.all(flags.corpus.filter((corpus): corpus is CorpusOptions => !isBeatCorpus(corpus)).map((corpus) => openCorpus(corpus)));
  const beatCorpora = await Promise.all(flags.corpus.filter(isBeatCorpus).map((corpus) => openBeatCorpus(corpus)));
  const work = corpora.flatMap((corpus) => corpus.pieces.map((piece) => ({ corpus, piece })));
  const skipped = corpora.flatMap((corpus) => corpus.skipped);
  const pieces: PieceAgreement[] = [];
  const progress: Progress = showProgress("pieces");
  try {
    for (const [done, { corpus, piece }] of work.entries()) {
      progress.update(done, work.length, piece.id);
      const played = await loadPianists(corpus, piece, skipped, signal);
      if (!played) continue;
      const { score, pianists } = played;
      const draws = model ? await renderScore(model, score, options) : [];
      const samples = agreementSamples(score, pianists, draws.map(({ parameters }) => parameters));
      pieces.push({ piece: piece.id, human: humanFromSamples(samples), samples, ...(model && { rendering: renderingFromSamples(samples, draws.length) }) });
    }
  } finally {
    progress.stop();
  }
  const beats = beatCorpora.length > 0 ? await evaluateBeats(model, beatCorpora, { ...options, markings: flags.markings }, skipped) : null;
  if (pieces.length === 0 && !beats) throw new Error("evaluate: no piece in the corpus was played by two pianists or more.");
  const measured = new Set([...pieces, ...(beats?.pieces ?? [])].map(({ piece }) => piece));
  const known = [...corpora.flatMap((corpus) => corpus.pieces), ...beatCorpora.flatMap((corpus) => corpus.pieces)].filter(({ id }) => measured.has(id));
  return { table: pieces.length > 0 ? agreementTable(pieces, { seed: flags.seed }) : null, beats, skipped, seen: model ? seenPieces(model.config, known) : [] };
}

/** Put the figures into the card beside the model. */
async function writeCard(folder: string, figures: string): Promise<void> {
  const checkpoint = await loadCheckpoint(folder);
  const card = withEvaluation(checkpoint.card ?? formatModelCard(checkpoint.config), `\`\`\`text\n${figures}\`\`\``);
  await saveCheckpoint(folder, { ...checkpoint, card });
}

/** How many pianists played a piece, `22` or `4–9`. */
function pianistsOf(table: AgreementTable): string {
  const pianists = [...new Set(table.pieces.map(({ human }) => human.pianists))].sort((a, b) => a - b);
  return pianists.length === 1 ? String(pianists[0]) : `${pianists[0]}–${pianists[pianists.length - 1]}`;
}

function describe(table: AgreementTable | null, beats: BeatTable | null, settings: Record<string, unknown> | false | undefined, skipped: readonly Skipped[], seen: readonly string[]): string {
  const lines = [
    ...(settings ? [Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`).join(", ")] : []),
    ...(table ? [`${table.pieces.length} pieces by ${pianistsOf(table)} pianists; Pearson's r, mean of the pieces; intervals of 95 % by resampling pianists and pieces`, "", formatAgreement(table)] : []),
    ...(beats ? [describeBeats(beats)] : []),
    ...describeSeen(seen),
    ...skipped.map(({ corpus, piece, performance, reason, message }) => `skipped ${corpus}: ${performance ?? piece}: ${reason}: ${message}`),
  ];
  return `${lines.join("\n")}\n`;
}
