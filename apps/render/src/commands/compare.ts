/**
 * @file `dexter compare`: performances of a score beside each other, or beside people's.
 */
import { basename } from "node:path";
import type { PerformanceParameters, Release, Score } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { compareEach, comparePerformances, comparisonPage, formatComparisons, type PerformanceComparison } from "@dexter/eval-features";
import { EXIT, UsageError } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import { loadPlayed, type PlayedFile } from "../played-files.js";
import { startProgress } from "../progress.js";
import { complain, print, type Verbosity } from "../terminal.js";

/** Options of `dexter compare`. */
export interface CompareOptions extends Verbosity {
  readonly score: string;
  readonly humans?: readonly string[];
  readonly html?: string;
  readonly release: Release;
  readonly seed: number;
  readonly json?: boolean;
}

/** Less of the score than this deserves a word. */
const FEW_MATCHED = 0.9;

/** Compare performances and print the figures. */
export async function compare(files: readonly string[], options: CompareOptions): Promise<number> {
  const start = performance.now();
  const humanFiles = options.humans ?? [];
  if (files.length + humanFiles.length < 2) throw new UsageError("expected two performances or more, or one and --humans FILES.");
  const all = [...files, ...humanFiles];
  if (options.html !== undefined) await checkTarget(options.html, [options.score, ...all]);
  const written = await loadScore(options.score);
  const progress = startProgress(basename(options.score));
  let read = 0;
  const { score, performances } = await loadPlayed(written, all, options.release, () => progress.update(read++ / (all.length + 1))).finally(() => progress.stop());
  const compared = performances.slice(0, files.length);
  const humans = performances.slice(files.length).map(({ parameters }) => parameters);
  const warnings = performances.flatMap(({ file, matchRatio, warnings: odd = [] }) => [
    ...(matchRatio < FEW_MATCHED ? [`${file}: plays ${percent(matchRatio)} of the score's ${score.notes.length} notes; the others are left out`] : []),
    ...odd.map((warning) => `${file}: ${warning}`),
  ]);
  for (const warning of warnings) complain(warning);

  const own = compared.map(({ parameters }) => parameters);
  const comparisons = compareEach(score, own, humans, { seed: options.seed });
  // Several against people: a set against a set, too.
  const together = own.length > 1 && humans.length > 0 ? comparePerformances(score, own, humans, { seed: options.seed }) : undefined;
  if (options.html !== undefined) await writePage(options.html, score, compared, comparisons, humans, warnings, options);
  const seconds = Math.round(performance.now() - start) / 1000;
  if (options.json) {
    const record = {
      score: options.score, notes: score.notes.length, release: options.release, seed: options.seed, humans: humanFiles,
      performances: compared.map(({ file, name, matchRatio, extraNotes }, p) => ({ file, name, matchRatio, extraNotes, comparison: comparisons[p] })),
      ...(together && { together }), warnings, ...(options.html !== undefined && { html: options.html }), seconds,
    };
    await print(`${JSON.stringify(record)}\n`);
  } else {
    await print(`${describe(score, compared, comparisons, together, humans, options)}${options.html === undefined ? "" : `${options.html}: written\n`}`);
  }
  return EXIT.ok;
}

function describe(
  score: Score, compared: readonly PlayedFile[], comparisons: readonly PerformanceComparison[], together: PerformanceComparison | undefined,
  humans: readonly PerformanceParameters[], options: CompareOptions,
): string {
  const names = compared.map(({ name }) => name);
  const title = score.title ?? basename(options.score);
  const rule = `release ${options.release}, seed ${options.seed}`;
  if (compared.length === 2 && humans.length === 0) {
    const [a, b] = compared;
    const table = formatComparisons([a.name], [comparePerformances(score, a.parameters, b.parameters, { seed: options.seed })]);
    return `${title}: ${a.name} (${percent(a.matchRatio)} of ${score.notes.length} notes) against ${b.name} (${percent(b.matchRatio)}); ${rule}\n\n${table}`;
  }
  const whom = humans.length > 0 ? `${humans.length} human performances` : "all others";
  return `${title}: ${compared.length === 1 ? names[0] : `${compared.length} performances`} of ${score.notes.length} notes, ${compared.length === 1 ? "" : "each "}against ${whom}; ${rule}\n\n${formatComparisons(together ? [...names, "all together"] : names, together ? [...comparisons, together] : comparisons)}`;
}

async function writePage(
  path: string, score: Score, compared: readonly PlayedFile[], comparisons: readonly PerformanceComparison[], humans: readonly PerformanceParameters[],
  warnings: readonly string[], options: CompareOptions,
): Promise<void> {
  const content = comparisonPage({
    title: `${score.title ?? basename(options.score)}: performances compared`,
    score, humans, warnings,
    performances: compared.map(({ name, parameters, matchRatio, extraNotes }, p) => ({
      name, parameters, comparison: comparisons[p],
      remark: `${percent(matchRatio)} of the score's notes${extraNotes === undefined ? "" : `, ${extraNotes} extra`}`,
    })),
    // Names without folders: the page travels.
    settings: [["score", basename(options.score)], ["release", options.release], ["seed", options.seed], ...(humans.length > 0 ? [["human performances", humans.length] as const] : [])],
  });
  await writeOutputs([{ path, content }]);
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(ratio > 0.9995 || ratio < 0.9 ? 0 : 1)} %`;
}
