/**
 * @file `dexter encode`: a performance as performance parameters, note by note of its score.
 */
import { extname } from "node:path";
import { encodePerformance, formatParameters, scoreForAlignment, type Alignment, type Performance, type Release } from "@dexter/codec";
import { loadAlignment, loadMatch, loadPerformance, loadScore } from "@dexter/codec/node";
import { EXIT, UsageError } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import { print, type Verbosity } from "../terminal.js";

/** Options of `dexter encode`. */
export interface EncodeOptions extends Verbosity {
  readonly output?: string;
  readonly release: Release;
}

/** Encode a match file, or a MIDI file with an alignment, and write the parameters as CSV. */
export async function encode(scoreFile: string, performanceFile: string, alignmentFile: string | undefined, options: EncodeOptions): Promise<number> {
  if (alignmentFile === undefined && /^\.midi?$/i.test(extname(performanceFile))) {
    throw new UsageError(`${performanceFile}: a MIDI file needs an alignment to its score. Name it after the MIDI file, or give a match file.`);
  }
  if (options.output !== undefined) await checkTarget(options.output, [scoreFile, performanceFile, alignmentFile ?? scoreFile]);
  const written = await loadScore(scoreFile);
  const { performance, alignment } = await played(performanceFile, alignmentFile);
  const score = scoreForAlignment(written, alignment);
  const csv = formatParameters(score, encodePerformance(score, performance, alignment, { release: options.release }));
  if (options.output !== undefined) await writeOutputs([{ path: options.output, content: csv }]);
  else await print(csv);
  return EXIT.ok;
}

async function played(performanceFile: string, alignmentFile: string | undefined): Promise<{ performance: Performance; alignment: Alignment }> {
  if (alignmentFile === undefined) return loadMatch(performanceFile);
  return { performance: await loadPerformance(performanceFile), alignment: await loadAlignment(alignmentFile) };
}
