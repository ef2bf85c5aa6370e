/**
 * @file `dexter decode`: performance parameters back into a performance.
 */
import { basename, resolve } from "node:path";
import {
  ParameterFileError, decodePerformance, readParameters, unfoldRepeats, writeMatch, writeMidi,
  type PerformanceParameters, type Release, type Score,
} from "@dexter/codec";
import { loadScore, readFileBounded } from "@dexter/codec/node";
import { EXIT, UsageError } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import type { Verbosity } from "../terminal.js";

/** Options of `dexter decode`. */
export interface DecodeOptions extends Verbosity {
  readonly output: string;
  readonly match?: string;
  readonly release: Release;
}

/** Largest table read, bytes: the parameters of half a million notes. */
const MAX_BYTES = 64 * 2 ** 20;

/** Decode a table of parameters and write the performance as MIDI, and as a match file where one is named. */
export async function decode(scoreFile: string, parameterFile: string, options: DecodeOptions): Promise<number> {
  for (const target of [options.output, options.match]) {
    if (target !== undefined) await checkTarget(target, [scoreFile, parameterFile]);
  }
  if (options.match !== undefined && resolve(options.match) === resolve(options.output)) {
    throw new UsageError(`${options.match}: --output and --match would be one file. Choose two names.`);
  }
  const written = await loadScore(scoreFile);
  const table = await readFileBounded(parameterFile, MAX_BYTES, ParameterFileError);
  const { score, parameters } = readFor(written, table, { file: parameterFile, release: options.release });
  const { performance, alignment } = decodePerformance(score, parameters);
  const info = { scoreFileName: basename(scoreFile) };
  await writeOutputs([
    { path: options.output, content: writeMidi(performance, { title: score.title }) },
    ...(options.match ? [{ path: options.match, content: writeMatch({ score, performance, alignment, info }) }] : []),
  ]);
  return EXIT.ok;
}

/** A score in the form that a table's ids speak of, and the table's parameters. */
interface ReadTable {
  readonly score: Score;
  readonly parameters: PerformanceParameters;
}

/** Read the table for the score as written or, where its ids say so, with its repeats played. */
function readFor(written: Score, table: Uint8Array, options: { readonly file: string; readonly release: Release }): ReadTable {
  try {
    return { score: written, parameters: readParameters(table, written, options) };
  } catch (asWritten) {
    if (!(asWritten instanceof ParameterFileError)) throw asWritten;
    const score = unfoldRepeats(written);
    try {
      return { score, parameters: readParameters(table, score, options) };
    } catch (asPlayed) {
      // The reading that came further understood the ids.
      throw lineOf(asPlayed) > lineOf(asWritten) ? asPlayed : asWritten;
    }
  }
}

function lineOf(error: unknown): number {
  return error instanceof ParameterFileError ? Number(error.place.replace("line ", "")) : 0;
}
