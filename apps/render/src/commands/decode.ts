/**
 * @file `dexter decode`: performance parameters back into a performance.
 */
import { basename, resolve } from "node:path";
import { decodePerformance, writeMatch, writeMidi, type Release } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { EXIT, UsageError } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import { loadParameters } from "../parameter-file.js";
import type { Verbosity } from "../terminal.js";

/** Options of `dexter decode`. */
export interface DecodeOptions extends Verbosity {
  readonly output: string;
  readonly match?: string;
  readonly release: Release;
}

/** Decode a table of parameters and write the performance as MIDI, and as a match file where one is named. */
export async function decode(scoreFile: string, parameterFile: string, options: DecodeOptions): Promise<number> {
  for (const target of [options.output, options.match]) {
    if (target !== undefined) await checkTarget(target, [scoreFile, parameterFile]);
  }
  if (options.match !== undefined && resolve(options.match) === resolve(options.output)) {
    throw new UsageError(`${options.match}: --output and --match would be one file. Choose two names.`);
  }
  const written = await loadScore(scoreFile);
  const { score, parameters } = await loadParameters(parameterFile, written, options.release);
  const { performance, alignment } = decodePerformance(score, parameters);
  const info = { scoreFileName: basename(scoreFile) };
  await writeOutputs([
    { path: options.output, content: writeMidi(performance, { title: score.title }) },
    ...(options.match ? [{ path: options.match, content: writeMatch({ score, performance, alignment, info }) }] : []),
  ]);
  return EXIT.ok;
}
