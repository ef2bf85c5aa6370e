/**
 * @file Performances of a score from files of every kind, on one reading of the score.
 */
import { basename, extname } from "node:path";
import { encodePerformance, scoreForAlignment, type Alignment, type PerformanceParameters, type Release, type Score } from "@dexter/codec";
import { loadMatch } from "@dexter/codec/node";
import { onScore } from "@dexter/eval-features";
import { describeFailure, UsageError } from "./failure.js";
import { loadParameters } from "./parameter-file.js";
import { readPlayed } from "./played-performance.js";

/** A performance as it was read. */
export interface PlayedFile {
  readonly file: string;
  /** The file's name, as short as tells it from the others. */
  readonly name: string;
  /** On the common score. */
  readonly parameters: PerformanceParameters;
  /** Notes of the score that it plays, over all. */
  readonly matchRatio: number;
  /** Performed notes that the score does not have, where the file tells. */
  readonly extraNotes?: number;
  /** What was odd while it was aligned. */
  readonly warnings?: readonly string[];
}

/** Several, and the score that they are on. */
export interface PlayedFiles {
  readonly score: Score;
  readonly performances: readonly PlayedFile[];
}

interface Read {
  readonly score: Score;
  readonly parameters: PerformanceParameters;
  readonly extraNotes?: number;
  /** What was odd while it was aligned. */
  readonly warnings?: readonly string[];
}

/**
 * Read performances: match files, tables of parameters, and MIDI files, which are aligned.
 *
 * @param written - the score as written
 * @param onFile - told each file before it is read
 * @throws what the readers and the aligner throw, naming the file
 */
export async function loadPlayed(written: Score, files: readonly string[], release: Release, onFile: (file: string) => void = () => undefined): Promise<PlayedFiles> {
  const read: Read[] = [];
  for (const file of files) {
    onFile(file);
    // Most performances take the same repeats: the reading of the last one is tried first.
    read.push(await readOne(file, written, read.at(-1)?.score ?? written, release).catch((error: unknown) => {
      throw error instanceof UsageError ? error : new Error(describeFailure(error, file), { cause: error });
    }));
  }
  // What the longest reading lacks, nobody can be compared in.
  const score = read.reduce((longest, one) => (one.score.notes.length > longest.notes.length ? one.score : longest), read[0].score);
  const names = distinctNames(files);
  return {
    score,
    performances: read.map((one, i) => {
      const parameters = onScore(one.parameters, one.score, score);
      const played = parameters.mask.reduce((sum, there) => sum + there, 0);
      return { file: files[i], name: names[i], parameters, matchRatio: played / score.notes.length, extraNotes: one.extraNotes, warnings: one.warnings };
    }),
  };
}

async function readOne(file: string, written: Score, last: Score, release: Release): Promise<Read> {
  const kind = extname(file).toLowerCase();
  if (kind === ".csv") return loadParameters(file, written, release);
  if (kind === ".match") {
    const { performance, alignment } = await loadMatch(file);
    const score = readingFor(alignment, last, written);
    return { score, parameters: encodePerformance(score, performance, alignment, { release }), extraNotes: extraNotes(alignment) };
  }
  if (kind === ".mid" || kind === ".midi") {
    const { score, performance, alignment, warnings } = await readPlayed(written, file);
    return { score, parameters: encodePerformance(score, performance, alignment, { release }), extraNotes: extraNotes(alignment), warnings };
  }
  throw new UsageError(`${file}: expected a match file (.match), MIDI (.mid, .midi) or a table of parameters (.csv).`);
}

function readingFor(alignment: Alignment, last: Score, written: Score): Score {
  try {
    return scoreForAlignment(last, alignment);
  } catch (error) {
    if (last === written) throw error;
    return scoreForAlignment(written, alignment);
  }
}

function extraNotes(alignment: Alignment): number {
  return alignment.filter(({ kind }) => kind === "insertion").length;
}

/** File names without ending, and without the words that all of them begin with. */
function distinctNames(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file, extname(file)));
  if (new Set(names).size < names.length) {
    const whole = files.map((file) => basename(file));
    return new Set(whole).size < whole.length ? [...files] : whole;
  }
  const words = names.map((name) => name.split(/(?<=[_ -])/));
  let shared = 0;
  while (words.length > 1 && words.every((one) => one.length > shared + 1 && one[shared] === words[0][shared])) shared++;
  return words.map((one) => one.slice(shared).join(""));
}
