/**
 * @file Score files on disk.
 */
import { ScoreFileError } from "../errors.js";
import { READ_LIMITS, type ReadScoreOptions } from "../score/read-limits.js";
import { readScore } from "../score/read-score.js";
import type { Score } from "../score/score.js";
import { readFileBounded } from "./bounded-file.js";

/**
 * Read a MusicXML, MXL or MIDI file. Messages carry the path.
 *
 * @throws {ScoreFileError} when there is no such file, or it is no score
 */
export async function loadScore(path: string, options: ReadScoreOptions = {}): Promise<Score> {
  const bytes = await readFileBounded(path, options.limits?.bytes ?? READ_LIMITS.bytes, ScoreFileError);
  return readScore(bytes, { file: path, ...options });
}
