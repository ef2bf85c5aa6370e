/**
 * @file `dexter features`: what performances do, in figures, bar by bar, or note by note.
 */
import type { Release } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import {
  formatCorpusSummary, formatFeatures, formatFeatureSummary, formatWindows, PARTITURA_CONVENTIONS, PERFORMANCE_FEATURES, performanceFeatures, summarizeCorpus,
  summarizeFeatures, windowFeatures, type FeatureSummary, type WindowFeatures,
} from "@dexter/eval-features";
import { describeFailure, EXIT, UsageError } from "../failure.js";
import { readPlayed } from "../played-performance.js";
import { complain, print, type Verbosity } from "../terminal.js";
import { textTable } from "../text-table.js";

/** Options of `dexter features`. */
export interface FeaturesOptions extends Verbosity {
  readonly alignment?: string;
  readonly window?: "bar" | number;
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly partitura?: boolean;
  readonly release?: Release;
}

/** Features shown of each window: the others are in `--csv` and `--json`. */
const WINDOW_COLUMNS = ["tempo", "chordVelocity", "keyOverlapRatio", "asynchronySec", "melodyLeadSec", "tempoVelocityCorrelation", "averagePedal"] as const;

/** Measure each performance; one that cannot be read does not stop the rest. */
export async function features(scoreFile: string, performanceFiles: readonly string[], options: FeaturesOptions): Promise<number> {
  const several = performanceFiles.length > 1;
  if (several && options.alignment !== undefined) throw new UsageError(`--alignment belongs to one MIDI file; ${performanceFiles.length} performances are given.`);
  if (several && options.csv) throw new UsageError("--csv lists the notes of one performance; use --json for several.");
  const written = await loadScore(scoreFile);
  const conventions = { ...(options.partitura ? PARTITURA_CONVENTIONS : {}), ...(options.release ? { release: options.release } : {}) };
  const names = options.partitura ? "partitura" : "dexter";
  const summaries: FeatureSummary[] = [];
  let exitCode: number = EXIT.ok;
  for (const file of performanceFiles) {
    try {
      const { score, performance, alignment, matchRatio, warnings } = await readPlayed(written, file, options.alignment);
      for (const warning of warnings) complain(warning, { file });
      const measured = performanceFeatures(score, performance, alignment, conventions);
      const windows = options.window === undefined ? undefined : windowFeatures(score, measured, { window: options.window });
      if (options.csv) {
        await print(windows ? formatWindows(windows, { names }) : formatFeatures(score, measured, { names }));
        continue;
      }
      const summary = summarizeFeatures(measured);
      summaries.push(summary);
      if (options.json) await print(`${JSON.stringify({ score: scoreFile, performance: file, ...(matchRatio === undefined ? {} : { matchRatio }), ...(warnings.length ? { warnings } : {}), ...summary, ...(windows ? { windows: windowRecords(windows) } : {}) })}\n`);
      else if (windows) await print(`${file}: ${summary.played} of ${summary.notes} notes played\n${textTable(shortWindowRecords(windows))}\n`);
      else if (!several) await print(`${file}: ${summary.played} of ${summary.notes} notes played\n\n${formatFeatureSummary(summary)}\n`);
    } catch (error) {
      exitCode = EXIT.failed;
      if (options.json) await print(`${JSON.stringify({ score: scoreFile, performance: file, error: describeFailure(error, file) })}\n`);
      complain(error, { file, verbose: options.verbose });
    }
  }
  if (several && !options.json && options.window === undefined && summaries.length) {
    await print(`${summaries.length} performances\n\n${formatCorpusSummary(summarizeCorpus(summaries))}\n`);
  }
  return exitCode;
}

function windowRecords(windows: WindowFeatures): readonly object[] {
  return Array.from(windows.bar, (bar, w) => ({
    bar, fromBeat: windows.fromBeat[w], toBeat: windows.toBeat[w], played: windows.played[w],
    ...Object.fromEntries(PERFORMANCE_FEATURES.map(({ name }) => [name, windows.mean[name][w]])),
  }));
}

function shortWindowRecords(windows: WindowFeatures): readonly object[] {
  return Array.from(windows.bar, (bar, w) => ({
    bar, beat: windows.fromBeat[w], played: windows.played[w],
    ...Object.fromEntries(WINDOW_COLUMNS.map((name) => [name, windows.mean[name][w]])),
  }));
}
