/**
 * @file `dexter align`: which note of a score is which note of a MIDI performance.
 */
import { basename, dirname, extname, join } from "node:path";
import type { AlignedPerformance } from "@dexter/alignment-datasets/aligner";
import { formatNasapAlignment, formatParangonadaAlignment, writeMatch } from "@dexter/codec";
import { loadPerformance, loadScore } from "@dexter/codec/node";
import { EXIT, UsageError } from "../failure.js";
import { checkTarget, writeOutputs } from "../output-files.js";
import { complain, print, type Verbosity } from "../terminal.js";
import { textTable } from "../text-table.js";

/** Forms of an alignment, and the endings that ask for them. */
export const ALIGNMENT_FORMATS = { match: ".match", nasap: ".tsv", parangonada: ".csv" } as const;

/** Options of `dexter align`. */
export interface AlignCommandOptions extends Verbosity {
  readonly output?: string;
  readonly format?: keyof typeof ALIGNMENT_FORMATS;
  readonly minMatchRatio?: number;
  readonly json?: boolean;
}

/** Align, write the alignment, and tell how well it fits. */
export async function align(scoreFile: string, midiFile: string, options: AlignCommandOptions): Promise<number> {
  const output = options.output ?? join(dirname(midiFile), basename(midiFile, extname(midiFile)) + ALIGNMENT_FORMATS[options.format ?? "match"]);
  const format = options.format ?? formatOf(output);
  await checkTarget(output, [scoreFile, midiFile]);
  const { alignPerformance } = await import("@dexter/alignment-datasets/aligner");
  const aligned = alignPerformance(await loadScore(scoreFile), await loadPerformance(midiFile), { minMatchRatio: options.minMatchRatio });
  await writeOutputs([{ path: output, content: written(aligned, format, scoreFile, midiFile) }]);
  for (const warning of aligned.warnings) complain(warning, { file: midiFile });
  const { summary } = aligned;
  if (options.json) {
    await print(`${JSON.stringify({ score: scoreFile, performance: midiFile, output, format, ...summary, warnings: aligned.warnings })}\n`);
    return EXIT.ok;
  }
  const { matched, missing, extra, ornaments, matchRatio, passages, repeats } = summary;
  const played = repeats.map(({ fromBar, toBar, written, played }) => `bars ${fromBar}–${toBar} ${played} of ${written} times`);
  const lines = [
    `${output}: ${matched} notes matched, ${missing} missing, ${extra} extra, ${ornaments} in ornaments (match ratio ${matchRatio.toFixed(3)})`,
    ...(played.length > 0 ? [`repeats played: ${played.join(", ")}`] : []),
    "",
    textTable(passages.map(({ fromBar, toBar, ...rest }) => ({ bars: `${fromBar}–${toBar}`, ...rest }))),
  ];
  await print(`${lines.join("\n")}\n`);
  return EXIT.ok;
}

function formatOf(path: string): keyof typeof ALIGNMENT_FORMATS {
  const ending = extname(path).toLowerCase();
  for (const [format, known] of Object.entries(ALIGNMENT_FORMATS)) if (known === ending) return format as keyof typeof ALIGNMENT_FORMATS;
  throw new UsageError(`${path}: expected an ending of ${Object.values(ALIGNMENT_FORMATS).join(", ")}, or --format.`);
}

function written({ score, performance, alignment }: AlignedPerformance, format: keyof typeof ALIGNMENT_FORMATS, scoreFile: string, midiFile: string): string {
  if (format === "nasap") return formatNasapAlignment(alignment, performance);
  if (format === "parangonada") return formatParangonadaAlignment(alignment);
  return writeMatch({ score, performance, alignment, info: { piece: score.title, scoreFileName: basename(scoreFile), midiFileName: basename(midiFile) } });
}
