/**
 * @file `dexter transfer`: a recorded performance carried toward another, toward what is asked for, or toward what the model would play.
 */
import { randomInt } from "node:crypto";
import { basename, dirname, extname, join, resolve } from "node:path";
import { encodePerformance, writeMatch, writeMidi, type PerformanceParameters } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { isClassicFolder, loadModel } from "@dexter/diffusion/node";
import { onScore, plotPerformance } from "@dexter/eval-features";
import { checkRequest, keptShare, SteerError, TransferError, transferPerformance, type ExtraNotes, type Transferred, type TransferMethod } from "@dexter/transfer";
import { barRanges } from "../bar-ranges.js";
import { CONTROL_MEASURE, readRequests } from "../control-requests.js";
import { EXIT, UsageError, describeFailure } from "../failure.js";
import { defaultModelFolder } from "../model-folder.js";
import { checkTarget, writeOutputs, type OutputFile } from "../output-files.js";
import { readPlayed, type PlayedPerformance } from "../played-performance.js";
import { startProgress } from "../progress.js";
import { complain, print, type Verbosity } from "../terminal.js";

/** Options of `dexter transfer`. */
export interface TransferCommandOptions extends Verbosity {
  readonly from: string;
  readonly toward?: string;
  readonly set?: readonly string[];
  readonly curve?: readonly string[];
  readonly controls?: string;
  readonly strength?: number;
  readonly keep?: readonly string[];
  readonly method?: TransferMethod;
  readonly extra: ExtraNotes;
  readonly output?: string;
  readonly match?: string;
  readonly plot?: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly fraction?: number;
  readonly model?: string;
  readonly json?: boolean;
}

/** Drawn seeds are below this: short enough to type again. */
const SEEDS = 1_000_000;
/** Less of the score than this deserves a word. */
const FEW_MATCHED = 0.9;
/** Of the way toward something; what is asked for in numbers is meant as it is. */
const DEFAULT_STRENGTH = { toward: 0.75, requests: 1 } as const;

/** Carry one performance, and write what came of it. */
export async function transfer(scoreFile: string, options: TransferCommandOptions): Promise<number> {
  const start = performance.now();
  const { from, toward, extra, method } = options;
  if (toward !== undefined && (options.set?.length || options.curve?.length)) throw new UsageError("--toward goes with neither --set nor --curve: say one or the other.");
  const requests = await readRequests(options);
  const controls = controlNames(options.controls);
  if (controls && toward === undefined) throw new UsageError("--controls chooses what goes toward another performance: it needs --toward.");
  const ranges = barRanges(options.keep ?? []);
  const midi = options.output ?? join(dirname(from), `${basename(from, extname(from))}-transfer.mid`);
  const inputs = [scoreFile, from, ...(toward === undefined ? [] : [toward])];
  const targets = [midi, options.match, options.plot].filter((path) => path !== undefined);
  const twice = targets.find((path, i) => targets.findIndex((other) => resolve(other) === resolve(path)) < i);
  if (twice !== undefined) throw new UsageError(`${twice}: two outputs would be this file. Choose other names.`);
  for (const path of targets) await checkTarget(path, inputs);

  const progress = startProgress(basename(from));
  try {
    const folder = options.model ?? defaultModelFolder();
    if (await isClassicFolder(folder)) throw new UsageError(`${folder} is a classic model; transfer needs a base model. dexter-train test --transfer plays classic ones.`);
    const loading = loadModel(folder).catch((cause: unknown) => {
      throw new Error(`the model ${folder} cannot be loaded: ${describeFailure(cause)}`, { cause });
    });
    loading.catch(() => undefined);
    const written = await loadScore(scoreFile);
    const source = await played(written, from);
    const target = toward === undefined ? undefined : await played(written, toward);
    const { score } = source;
    const parameters = encodePerformance(score, source.performance, source.alignment, { release: "key" });
    const goal = target && onScore(encodePerformance(target.score, target.performance, target.alignment, { release: "key" }), target.score, score);
    if (goal && !goal.mask.includes(1)) throw new TransferError(`${toward}: none of its notes are those that ${basename(from)} plays.`);
    const warnings = [...saying(from, source), ...(target ? saying(toward!, target) : [])];
    progress.update(0.3);

    const model = await loading;
    const seed = options.seed ?? randomInt(SEEDS);
    const strength = options.strength ?? (requests.length > 0 ? DEFAULT_STRENGTH.requests : DEFAULT_STRENGTH.toward);
    const result = await transferPerformance(model, score, parameters, {
      ...(goal && { toward: goal }), requests, strength, measure: CONTROL_MEASURE, ...(controls && { controls }), ...(method && { method }),
      ...(ranges.length > 0 && { keep: keptShare(score, ranges) }), recording: source, extra, seed, steps: options.steps, guidance: options.guidance, fraction: options.fraction,
    });
    progress.stop();
    warnings.push(...result.warnings);
    for (const warning of warnings) complain(warning);

    const name = basename(resolve(folder));
    const text = `dexter transfer (model ${name}, seed ${seed}, strength ${strength})`;
    const files: OutputFile[] = [{ path: midi, content: writeMidi(result.performance, { title: score.title, text }) }];
    if (options.match !== undefined) files.push({ path: options.match, content: writeMatch({ score, performance: result.performance, alignment: result.alignment, info: { performer: text, scoreFileName: basename(scoreFile) } }) });
    if (options.plot !== undefined) {
      const curves: [string, PerformanceParameters][] = [["source", parameters], ...(goal ? [["target", goal] as [string, PerformanceParameters]] : []), ["result", result.parameters]];
      files.push({ path: options.plot, content: plotPerformance(score, curves.map(([, one]) => one), { title: score.title ?? basename(scoreFile), labels: curves.map(([label]) => label) }) });
    }
    await writeOutputs(files);
    const seconds = (performance.now() - start) / 1000;
    const added = result.parameters.mask.reduce((sum, there, n) => sum + (there && !parameters.mask[n] ? 1 : 0), 0);
    const record = {
      score: scoreFile, from, ...(toward !== undefined && { toward }), model: name, seed, strength, ...(method && { method }), notes: score.notes.length,
      matchRatio: round(matchRatio(source)), added, ...controlRecord(result), midi, ...(options.match !== undefined && { match: options.match }),
      ...(options.plot !== undefined && { plot: options.plot }), warnings, seconds: round(seconds),
    };
    await print(options.json ? `${JSON.stringify(record)}\n` : describe(record, result));
    return EXIT.ok;
  } finally {
    progress.stop();
  }

  async function played(written: Awaited<ReturnType<typeof loadScore>>, file: string): Promise<PlayedPerformance> {
    return readPlayed(written, file, undefined).catch((error: unknown) => {
      throw new Error(describeFailure(error, file), { cause: error });
    });
  }
}

function controlNames(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  try {
    for (const control of names) checkRequest({ control, relative: true, value: 0 }, CONTROL_MEASURE);
  } catch (error) {
    throw error instanceof SteerError ? new UsageError(`--controls: ${error.message}`, { cause: error }) : error;
  }
  return names;
}

function matchRatio({ score, alignment }: PlayedPerformance): number {
  return alignment.filter(({ kind }) => kind === "match").length / Math.max(1, score.notes.length);
}

function saying(file: string, source: PlayedPerformance): string[] {
  const ratio = matchRatio(source);
  return [
    ...source.warnings.map((warning) => `${file}: ${warning}`),
    ...(ratio < FEW_MATCHED ? [`${file}: plays ${(100 * ratio).toFixed(0)} % of the score's ${source.score.notes.length} notes (match ratio ${ratio.toFixed(2)}).`] : []),
  ];
}

function controlRecord({ controls, covered }: Transferred) {
  if (controls.length === 0) return {};
  return {
    covered: covered === null ? null : round(covered),
    controls: controls.map(({ control, source, aim, result, distance }) => ({
      control, source: round(source), aim: round(aim), result: round(result), distance: { before: round(distance.before), after: round(distance.after) },
    })),
  };
}

function describe(record: { readonly midi: string; readonly seed: number; readonly strength: number; readonly model: string; readonly notes: number; readonly added: number; readonly seconds: number }, { controls, covered }: Transferred): string {
  const { midi, seed, strength, model, notes, added, seconds } = record;
  const lines = [`${midi}: strength ${strength}, seed ${seed}, model ${model}, ${notes} notes${added > 0 ? `, ${added} of them played by the model` : ""}`];
  for (const { control, source, aim, result } of controls) lines.push(`  ${control}: ${round(result)}, from ${round(source)}, aim ${round(aim)}`);
  if (covered !== null) lines.push(`  ${Math.round(100 * covered)} % of the way in all`);
  return `${lines.join("\n")}\ntook ${seconds.toFixed(2)} s\n`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
