/**
 * @file A table of performance parameters, read for the score or for the score with its repeats played.
 */
import { ParameterFileError, readParameters, unfoldRepeats, type PerformanceParameters, type Release, type Score } from "@dexter/codec";
import { readFileBounded } from "@dexter/codec/node";

/** Largest table read, bytes: the parameters of half a million notes. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Read what `dexter encode` wrote.
 *
 * @param written - the score as written
 * @throws ParameterFileError naming the line
 */
export async function loadParameters(file: string, written: Score, release: Release): Promise<ReadTable> {
  return readFor(written, await readFileBounded(file, MAX_BYTES, ParameterFileError), { file, release });
}

/** A score in the form that a table's ids speak of, and the table's parameters. */
export interface ReadTable {
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
