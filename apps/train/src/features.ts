/**
 * @file `dexter-train features`: what the performances of corpora are like, in figures.
 */
import { Command, Option } from "commander";
import { quoteField, scoreForAlignment } from "@dexter/codec";
import { CORPUS_KINDS, openCorpus, type Corpus, type CorpusOptions, type Piece, type Skipped } from "@dexter/alignment-datasets";
import {
  formatCorpusSummary, PARTITURA_CONVENTIONS, performanceFeatures, summarizeCorpus, summarizeFeatures, summaryColumns, summaryRow,
  type FeatureSummary, type PerformanceFeatureOptions,
} from "@dexter/eval-features";
import { addCorpus } from "./corpus-option.js";
import { interruptible } from "./interrupt.js";
import { showProgress } from "./progress.js";

interface FeaturesFlags {
  readonly corpus: readonly CorpusOptions[];
  readonly partitura?: boolean;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** A performance of a corpus in figures. */
interface Measured {
  readonly piece: string;
  readonly performance: string;
  readonly summary: FeatureSummary;
}

const EXAMPLES = `
Examples:
  $ dexter-train features --corpus vienna4x22=vienna4x22.tar.gz
      what pianists do on average, how they differ, and how one varies along a piece
  $ dexter-train features --corpus asap=asap-dataset --csv > performances.csv
      a row a performance`;

/** The command. */
export function featuresCommand(): Command {
  return new Command("features")
    .description("what the performances of corpora are like: tempo, dynamics, articulation, asynchrony and pedal, in figures")
    .requiredOption("--corpus <kind=path>", `a folder or .tar.gz; kinds: ${CORPUS_KINDS.join(", ")}; may be given again`, addCorpus)
    .option("--partitura", "partitura's conventions")
    .addOption(new Option("--csv", "print a row a performance").conflicts("json"))
    .option("--json", "print the figures of each corpus, and what was left out, as JSON")
    .addHelpText("after", EXAMPLES)
    .action(features);
}

async function features(flags: FeaturesFlags): Promise<void> {
  const ways = flags.partitura ? PARTITURA_CONVENTIONS : {};
  await interruptible(async (signal) => {
    const corpora: Corpus[] = [];
    for (const options of flags.corpus) corpora.push(await openCorpus(options));
    const total = corpora.reduce((sum, { pieces }) => sum + pieces.reduce((count, piece) => count + piece.performances.length, 0), 0);
    const progress = showProgress("performances");
    const results: { readonly corpus: Corpus; readonly measured: readonly Measured[]; readonly skipped: readonly Skipped[] }[] = [];
    try {
      let done = 0;
      for (const corpus of corpora) {
        const measured: Measured[] = [];
        const skipped = [...corpus.skipped];
        for (const piece of corpus.pieces) {
          await measurePiece(corpus, piece, ways, measured, skipped, signal);
          done += piece.performances.length;
          progress.update(done, total, `${corpus.name}: ${piece.id}`);
        }
        results.push({ corpus, measured, skipped });
      }
    } finally {
      progress.stop();
    }
    if (flags.csv) process.stdout.write(`${["corpus", "piece", "performance", ...summaryColumns()].join(",")}\n`);
    const json: object[] = [];
    for (const { corpus, measured, skipped } of results) {
      const summary = summarizeCorpus(measured.map((one) => one.summary));
      if (flags.json) json.push({ corpus: corpus.name, ...summary, skipped });
      else if (flags.csv) for (const one of measured) process.stdout.write(`${[...[corpus.name, one.piece, one.performance].map(quoteField), ...summaryRow(one.summary)].join(",")}\n`);
      else process.stdout.write(`${corpus.name}: ${summary.performances} performances, ${summary.played} notes\n\n${formatCorpusSummary(summary)}\n`);
      if (skipped.length && !flags.json) process.stderr.write(`${corpus.name}: ${skipped.length} left out, first ${skipped[0].performance ?? skipped[0].piece}: ${skipped[0].message}\n`);
    }
    if (flags.json) process.stdout.write(`${JSON.stringify({ corpora: json })}\n`);
  });
}

/** Measure who played a piece; what cannot be read is added to `skipped`. */
async function measurePiece(corpus: Corpus, piece: Piece, ways: PerformanceFeatureOptions, measured: Measured[], skipped: Skipped[], signal: AbortSignal): Promise<void> {
  const skip = (reason: Skipped["reason"], error: unknown, performance?: string): void => {
    skipped.push({ corpus: corpus.name, piece: piece.id, performance, reason, message: (error as Error).message });
  };
  const written = await corpus.loadScore(piece).catch((error: unknown) => skip("unreadable-score", error));
  if (!written) return;
  for (const entry of piece.performances) {
    signal.throwIfAborted();
    const loaded = await corpus.loadPerformance(entry).catch((error: unknown) => skip("unreadable-performance", error, entry.id));
    if (!loaded) continue;
    try {
      const score = scoreForAlignment(written, loaded.alignment);
      measured.push({ piece: piece.id, performance: entry.id, summary: summarizeFeatures(performanceFeatures(score, loaded.performance, loaded.alignment, ways)) });
    } catch (error) {
      skip("not-encodable", error, entry.id);
    }
  }
}
