/**
 * @file Any score file, told apart by its first bytes.
 */
import { ScoreFileError } from "../errors.js";
import { readMidiScore } from "./midi-score.js";
import { readMusicXml } from "./musicxml.js";
import { readMxl } from "./mxl.js";
import type { ReadScoreOptions } from "./read-limits.js";
import type { Score } from "./score.js";

/**
 * Read MusicXML, MXL or MIDI. The content decides, not the name.
 *
 * @throws {ScoreFileError} when it is none of them, or damaged
 */
export function readScore(bytes: Uint8Array, options: ReadScoreOptions = {}): Score {
  const [a, b, c, d] = bytes;
  if (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) return readMxl(bytes, options);
  if (a === 0x50 && b === 0x4b) throw new ScoreFileError(options.file ?? "score", "", "the archive is empty or damaged.");
  if (a === 0x4d && b === 0x54 && c === 0x68 && d === 0x64) return readMidiScore(bytes, options);
  return readMusicXml(bytes, options);
}
