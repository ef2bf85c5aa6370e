/**
 * @file `dexter-train evaluate`: a model's draws beside the pianists of a corpus.
 */
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { CORPUS_KINDS, loadPianists, openCorpus, type CorpusOptions, type Skipped } from "@dexter/alignment-datasets";
import { loadCheckpoint, loadModel, saveCheckpoint } from "@dexter/diffusion/node";
import { formatModelCard, renderScore, withEvaluation, type Model, type RenderOptions } from "@dexter/diffusion";
import { agreement, agreementTable, formatAgreement, humanAgreement, type AgreementTable, type PieceAgreement } from "@dexter/eval-features";
import { addCorpus } from "./corpus-option.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { formatSeconds, showProgress, type Progress } from "./progress.js";

interface EvaluateFlags {
  readonly corpus: readonly CorpusOptions[];
  readonly draws: number;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly json?: boolean;
  readonly card?: boolean;
}

/** The command. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("how much a model's performances agree with pianists, beside the pianists with each other")
    .argument("[model]", "a model folder; without one, the pianists alone")
    .requiredOption("--corpus <kind=path>", `pieces that several pianists played, a folder or .tar.gz; kinds: ${CORPUS_KINDS.join(", ")}; may be given again`, addCorpus)
    .addOption(new Option("--draws <n>", "performances of each piece").argParser(integerBetween(1, 100)).default(8))
    .addOption(new Option("--seed <n>", "of the first draw; the next ones follow").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .addOption(new Option("--steps <n>", "of the sampler (default: the model's)").argParser(integerBetween(1, 1000)))
    .addOption(new Option("--guidance <w>", "strength of the guidance (default: the model's)").argParser(numberBetween(0, 20)))
    .option("--card", "write the table into the model's card, too")
    .option("--json", "print the table and every piece as JSON")
    .action(evaluate);
}

async function evaluate(modelFolder: string | undefined, flags: EvaluateFlags): Promise<void> {
  const start = performance.now();
  const model = modelFolder === undefined ? undefined : await loadModel(modelFolder);
  try {
    const { table, skipped } = await interruptible((signal) => evaluateCorpora(model, flags, signal));
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
    if (flags.card && modelFolder !== undefined) await writeCard(modelFolder, describe(table, settings, skipped));
    if (flags.json) process.stdout.write(`${JSON.stringify({ ...settings, model: modelFolder, corpora: flags.corpus, ...table, skipped, seconds })}\n`);
    else process.stdout.write(`${describe(table, settings, skipped)}time: ${formatSeconds(seconds)}\n`);
  } finally {
    await model?.release();
  }
}

async function evaluateCorpora(
  model: Model | undefined, flags: EvaluateFlags, signal: AbortSignal,
): Promise<{ table: AgreementTable; skipped: Skipped[] }> {
  const corpora = await Promise.all(flags.corpus.map((options) => openCorpus(options)));
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
      const human = humanAgreement(score, pianists);
      if (!model) {
        pieces.push({ piece: piece.id, human });
        continue;
      }
      const options: RenderOptions = { seed: flags.seed, samples: flags.draws, steps: flags.steps, guidance: flags.guidance, signal };
      const draws = await renderScore(model, score, options);
      pieces.push({ piece: piece.id, human, rendering: agreement(score, pianists, draws.map(({ parameters }) => parameters)) });
    }
  } finally {
    progress.stop();
  }
  if (pieces.length === 0) throw new Error("evaluate: no piece in the corpus was played by two pianists or more.");
  return { table: agreementTable(pieces), skipped };
}

/** Put the figures into the card beside the model. */
async function writeCard(folder: string, figures: string): Promise<void> {
  const checkpoint = await loadCheckpoint(folder);
  const card = withEvaluation(checkpoint.card ?? formatModelCard(checkpoint.config), `\`\`\`text\n${figures}\`\`\``);
  await saveCheckpoint(folder, { ...checkpoint, card });
}

function describe(table: AgreementTable, settings: Record<string, unknown> | false | undefined, skipped: readonly Skipped[]): string {
  const pianists = [...new Set(table.pieces.map(({ human }) => human.pianists))].sort((a, b) => a - b);
  const who = pianists.length === 1 ? String(pianists[0]) : `${pianists[0]}–${pianists[pianists.length - 1]}`;
  const lines = [
    `${table.pieces.length} pieces by ${who} pianists; Pearson's r, mean of the pieces`,
    ...(settings ? [Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`).join(", ")] : []),
    "",
    formatAgreement(table),
    ...skipped.map(({ corpus, piece, performance, reason, message }) => `skipped ${corpus}: ${performance ?? piece}: ${reason}: ${message}`),
  ];
  return `${lines.join("\n")}\n`;
}
