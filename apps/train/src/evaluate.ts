/**
 * @file `dexter-train evaluate`: checkpoints and other programs' performances beside the pianists of a corpus.
 */
import { basename, resolve } from "node:path";
import { Command, Option } from "commander";
import { isTestPiece, loadPianists, openBeatCorpus, openCorpus, type CorpusOptions, type Skipped } from "@dexter/alignment-datasets";
import { loadCheckpoint, saveCheckpoint } from "@dexter/diffusion/node";
import { formatModelCard, withEvaluation } from "@dexter/diffusion";
import {
  agreementSamples, agreementTable, formatAgreement, humanFromSamples, renderingFromSamples, type AgreementTable, type NamedRendering, type PieceAgreement,
} from "@dexter/eval-features";
import { addPreparedCorpus, isBeatCorpus, PREPARED_KINDS, type PreparedCorpusOptions } from "./corpus-option.js";
import { describeBeats, evaluateBeats, type BeatTable } from "./evaluation/beats.js";
import { addRenderer, openFolderRenderer, type RendererOption } from "./evaluation/folder-renderer.js";
import { loadModelRenderers, type ModelFlags, type ModelRenderer } from "./evaluation/model-renderer.js";
import type { LeftOut, Renderer } from "./evaluation/renderer.js";
import { UsageError } from "./errors.js";
import { interruptible } from "./interrupt.js";
import { integerBetween, numberBetween } from "./options.js";
import { describeSeen, seenPieces } from "./seen-pieces.js";
import { formatSeconds, showProgress, type Progress } from "./progress.js";

interface EvaluateFlags extends ModelFlags {
  readonly corpus: readonly PreparedCorpusOptions[];
  readonly renderer?: readonly RendererOption[];
  readonly segment?: number;
  readonly markings: boolean;
  readonly json?: boolean;
  readonly card?: boolean;
}

/** The command. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("how much performances of models and other programs agree with pianists, beside the pianists with each other")
    .argument("[models...]", "model folders, base or classic; without one, the pianists and --renderer alone")
    .requiredOption("--corpus <kind=path>", `pieces that several pianists played, a folder or .tar.gz; kinds: ${PREPARED_KINDS.join(", ")}; may be given again. Of a corpus known by its beats, the pieces that are kept out of training`, addPreparedCorpus)
    .option("--renderer <name=path>", "another program's MIDI files, aligned to the scores: a folder with PIECE.mid or PIECE_1.mid …, or a pattern such as out/{piece}_by_*_{n}.mid; may be given again", addRenderer)
    .addOption(new Option("--segment <notes>", "compare by passages of so many notes, as test sets are cut (default: whole pieces)").argParser(integerBetween(8, 100_000)))
    .addOption(new Option("--draws <n>", "performances of each piece by a model").argParser(integerBetween(1, 100)).default(8))
    .option("--independent", "draws of one seed after another, in place of pairs of opposites, whose mean is nearer to that of all draws")
    .addOption(new Option("--seed <n>", "of the first draw; those after it are its opposite, the next seed's …; and of the intervals").argParser(integerBetween(0, 2 ** 31 - 1)).default(1))
    .addOption(new Option("--steps <n>", "of the sampler (default: the model's)").argParser(integerBetween(1, 1000)))
    .addOption(new Option("--guidance <w>", "strength of the guidance (default: the model's)").argParser(numberBetween(0, 20)))
    .option("--no-markings", "leave out the expressive marks that a corpus of beats puts beside its scores")
    .option("--card", "write the table into the model's card, too")
    .option("--json", "print the table and every piece as JSON")
    .addHelpText("after", `
Examples:
  $ dexter-train evaluate runs/a/model runs/b/model --corpus vienna4x22=vienna4x22
      two checkpoints in one table
  $ dexter-train evaluate runs/a/model --corpus vienna4x22=vienna4x22 --renderer virtuosonet=vnet/{piece}_by_isgn_z{n}.mid --renderer basismixer=basis
      a checkpoint beside the MIDI files of two other programs`)
    .action(evaluate);
}

/** What an evaluation gives. */
interface Evaluation {
  readonly table: AgreementTable | null;
  readonly beats: BeatTable | null;
  readonly skipped: readonly Skipped[];
  readonly leftOut: readonly LeftOut[];
  /** Pieces that a model was trained on, by model. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
}

async function evaluate(folders: readonly string[], flags: EvaluateFlags): Promise<void> {
  const start = performance.now();
  if (flags.card && folders.length === 0) throw new UsageError("--card: expected a model, got none");
  const models = await loadModelRenderers(folders, flags);
  try {
    const { evaluation, renderers } = await interruptible((signal) => evaluateCorpora(models, flags, signal));
    const seconds = (performance.now() - start) / 1000;
    const settings = settingsOf(models, flags);
    const text = describe(evaluation, renderers, settings);
    if (flags.card) for (const folder of folders) await writeCard(folder, text);
    if (!flags.json) {
      process.stdout.write(`${text}time: ${formatSeconds(seconds)}\n`);
      return;
    }
    const { table, beats, skipped, leftOut, seen } = evaluation;
    process.stdout.write(`${JSON.stringify({
      ...settings, ...(folders.length === 1 && { model: folders[0] }), renderers: renderers.map(({ name, source, opposites }) => ({ name, ...source, ...(opposites && { opposites }) })), corpora: flags.corpus,
      ...table, ...(beats ? { beats } : {}), skipped, leftOut, remarks: renderers.flatMap((one) => one.remarks()),
      trainedOn: folders.length === 1 ? (seen.get(models[0].name) ?? []) : Object.fromEntries(seen), seconds,
    })}\n`);
  } finally {
    for (const model of models) await model.close();
  }
}

/** How it was evaluated. Names without folders: the card travels with the model. */
function settingsOf(models: readonly ModelRenderer[], flags: EvaluateFlags): Record<string, unknown> {
  const alone = models.length === 1 ? models[0] : undefined;
  return {
    ...(models.length > 0 && { model: models.map(({ source }) => basename(resolve(source.path))).join(" + ") }),
    corpus: flags.corpus.map(({ name, kind }) => name ?? kind).join(" + "),
    ...(models.length > 0 && { draws: flags.draws }),
    seed: flags.seed,
    ...(flags.segment !== undefined && { segment: flags.segment }),
    ...(alone && { steps: flags.steps ?? alone.config?.sampling.steps, guidance: flags.guidance ?? alone.config?.sampling.guidance }),
  };
}

async function evaluateCorpora(models: readonly ModelRenderer[], flags: EvaluateFlags, signal: AbortSignal): Promise<{ evaluation: Evaluation; renderers: readonly Renderer[] }> {
  const corpora = await Promise.all(flags.corpus.filter((corpus): corpus is CorpusOptions => !isBeatCorpus(corpus)).map((corpus) => openCorpus(corpus)));
  const beatCorpora = await Promise.all(flags.corpus.filter(isBeatCorpus).map((corpus) => openBeatCorpus(corpus)));
  const work = corpora.flatMap((corpus) => corpus.pieces.map((piece) => ({ corpus, piece })));
  const beatWork = beatCorpora.flatMap((corpus) => corpus.pieces.filter(isTestPiece).map((piece) => ({ corpus, piece })));
  const skipped = corpora.flatMap((corpus) => corpus.skipped);
  const leftOut: LeftOut[] = [];
  const others: Renderer[] = [];
  for (const option of flags.renderer ?? []) {
    if (models.some(({ name }) => name === option.name)) throw new UsageError(`--renderer: "${option.name}" is the name of a model. Give it another one`);
    others.push(await openFolderRenderer(option, [...work, ...beatWork].map(({ piece }) => piece.id), leftOut));
  }
  const renderers = [...models, ...others];
  // A single model's rows need no name.
  const single = models.length === 1 && others.length === 0;
  const pieces: PieceAgreement[] = [];
  const progress: Progress = showProgress("pieces");
  try {
    for (const [done, { corpus, piece }] of work.entries()) {
      progress.update(done, work.length, piece.id);
      const played = await loadPianists(corpus, piece, skipped, signal);
      if (!played) continue;
      const { score, pianists } = played;
      const options = { passageNotes: flags.segment };
      const drawn: NamedRendering[] = [];
      for (const renderer of renderers) {
        const draws = await renderer.draw({ piece: piece.id, score, signal });
        if (draws.length === 0) continue;
        const samples = agreementSamples(score, pianists, draws, { ...options, opposites: renderer.opposites });
        drawn.push({ renderer: renderer.name, rendering: renderingFromSamples(samples, draws.length), samples });
      }
      const samples = drawn[0]?.samples ?? agreementSamples(score, pianists, [], options);
      pieces.push({
        piece: piece.id, human: humanFromSamples(samples), samples,
        ...(single ? { rendering: drawn[0]?.rendering } : renderers.length > 0 && { renderers: drawn }),
      });
    }
  } finally {
    progress.stop();
  }
  const beats = beatCorpora.length > 0
    ? await evaluateBeats(renderers, single, { pieces: beatWork, markings: flags.markings, seed: flags.seed, signal }, skipped)
    : null;
  if (pieces.length === 0 && !beats) throw new Error("evaluate: no piece in the corpus was played by two pianists or more.");
  const measured = new Set([...pieces, ...(beats?.pieces ?? [])].map(({ piece }) => piece));
  const known = [...work, ...beatWork].map(({ piece }) => piece).filter(({ id }) => measured.has(id));
  const seen = new Map(models.map(({ name, config }) => [name, config ? seenPieces(config, known) : []]));
  return { evaluation: { table: pieces.length > 0 ? agreementTable(pieces, { seed: flags.seed }) : null, beats, skipped, leftOut, seen }, renderers };
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

/** Whose draws come in pairs. */
function describePairs(renderers: readonly Renderer[], { draws }: Record<string, unknown>): string[] {
  const paired = draws === 1 ? [] : renderers.filter(({ opposites }) => opposites);
  if (paired.length === 0) return [];
  const of = paired.length < renderers.length ? ` of ${paired.map(({ name }) => name).join(", ")}` : "";
  return [`draws${of} in pairs of opposites`];
}

function describe({ table, beats, skipped, leftOut, seen }: Evaluation, renderers: readonly Renderer[], settings: Record<string, unknown>): string {
  const passages = settings.segment === undefined ? "" : ` by passages of ${String(settings.segment)} notes`;
  const lines = [
    ...(renderers.length > 0 ? [Object.entries(settings).filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${String(value)}`).join(", ")] : []),
    ...describePairs(renderers, settings),
    ...(table ? [`${table.pieces.length} pieces by ${pianistsOf(table)} pianists; Pearson's r${passages}, mean of the pieces; intervals of 95 % by resampling pianists and pieces`, "", formatAgreement(table)] : []),
    ...(beats ? [describeBeats(beats)] : []),
    ...[...seen].flatMap(([name, pieces]) => describeSeen(pieces).map((line) => (seen.size > 1 ? line.replace("the model", name) : line))),
    ...renderers.flatMap((renderer) => renderer.remarks()).map((remark) => `warning: ${remark}`),
    ...leftOut.map(({ renderer, file, message }) => `left out ${renderer}: ${file}: ${message}`),
    ...skipped.map(({ corpus, piece, performance, reason, message }) => `skipped ${corpus}: ${performance ?? piece}: ${reason}: ${message}`),
  ];
  return `${lines.join("\n")}\n`;
}
