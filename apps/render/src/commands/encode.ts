/**
 * @file `dexter encode`: a performance as performance parameters, note by note of its score.
 */
import { encodePerformance, formatParameters, type Release } from "@dexter/codec";
import { loadScore } from "@dexter/codec/node";
import { EXIT } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import { readPlayed } from "../played-performance.js";
import { complain, print, type Verbosity } from "../terminal.js";

/** Options of `dexter encode`. */
export interface EncodeOptions extends Verbosity {
  readonly output?: string;
  readonly release: Release;
}

/** Encode a match file, or a MIDI file with an alignment or aligned here, and write the parameters as CSV. */
export async function encode(scoreFile: string, performanceFile: string, alignmentFile: string | undefined, options: EncodeOptions): Promise<number> {
  if (options.output !== undefined) await checkTarget(options.output, [scoreFile, performanceFile, alignmentFile ?? scoreFile]);
  const { score, performance, alignment, warnings } = await readPlayed(await loadScore(scoreFile), performanceFile, alignmentFile);
  for (const warning of warnings) complain(warning, { file: performanceFile });
  const csv = formatParameters(score, encodePerformance(score, performance, alignment, { release: options.release }));
  if (options.output !== undefined) await writeOutputs([{ path: options.output, content: csv }]);
  else await print(csv);
  return EXIT.ok;
}
