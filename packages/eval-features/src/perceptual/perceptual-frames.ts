/**
 * @file Perceptual features that were computed from audio, frame by frame (DExter's `cep_features`), read from a table
 * and brought to the notes.
 */
import { FormatError, readCsv, ShapeError, zeros, type Matrix } from "@dexter/codec";
import { PERCEPTUAL_FEATURES } from "../controls/control-definition.js";

/** A damaged table of perceptual features. */
export class PerceptualFileError extends FormatError {}

/** Features of a recording, `M` frames. */
export interface PerceptualFrames {
  /** When each frame begins, s, rising, `[M]`. */
  readonly timeSec: Float64Array;
  /** `[M, 7]`, columns as {@link PERCEPTUAL_FEATURES}. */
  readonly values: Matrix;
}

/** How to read a table of frames. */
export interface ReadFramesOptions {
  /** What errors call the file. */
  readonly file?: string;
  /** For tables without a column of times: the first row is at 0. */
  readonly framesPerSecond?: number;
}

/** Names of the columns in files: the original's, then ours. */
const COLUMN_NAMES: readonly (readonly string[])[] = [
  ["melodiousness"],
  ["articulation", "perceivedArticulation"],
  ["rhythm_complexity", "rhythmicComplexity"],
  ["rhythm_stability", "rhythmicStability"],
  ["dissonance"],
  ["tonal_stability", "tonalStability"],
  ["minorness"],
];
const TIME_NAMES = ["frame_start_time", "timeSec", "time"];

/** A day of frames, ten a second. */
const MAX_FRAMES = 864_000;

/**
 * Read a table of frames: seven named columns in any order, and one of times (`frame_start_time`, `timeSec` or `time`,
 * in seconds) unless the rate is given. Other columns are ignored.
 *
 * @throws PerceptualFileError naming the line
 */
export function readPerceptualFrames(source: string | Uint8Array, options: ReadFramesOptions = {}): PerceptualFrames {
  const { file = "perceptual features", framesPerSecond } = options;
  const fail = (line: number, message: string): never => {
    throw new PerceptualFileError(file, line > 0 ? `line ${line}` : "", message);
  };
  if (framesPerSecond !== undefined && !(framesPerSecond > 0 && framesPerSecond <= 1000)) {
    fail(0, `expected over 0 to 1000 frames a second, got ${framesPerSecond}.`);
  }
  const table = readCsv(source, fail);
  const header = table.next().value?.fields ?? [];
  const place = (names: readonly string[]): number => header.findIndex((name) => names.includes(name));
  const columns = COLUMN_NAMES.map(place);
  const missing = COLUMN_NAMES.filter((_, c) => columns[c] < 0).map(([name]) => name);
  if (missing.length) {
    fail(1, `expected the columns ${COLUMN_NAMES.map(([name]) => name).join(", ")}, found no ${missing.join(", ")}; the header is "${header.slice(0, 12).join(",").slice(0, 120)}".`);
  }
  const timeColumn = framesPerSecond === undefined ? place(TIME_NAMES) : -1;
  if (framesPerSecond === undefined && timeColumn < 0) fail(1, `expected a column of times (${TIME_NAMES.join(", ")}), or a rate: framesPerSecond.`);

  const times: number[] = [];
  const rows: number[] = [];
  for (const { fields, line } of table) {
    if (fields.length !== header.length) fail(line, `expected ${header.length} fields, got ${fields.length}.`);
    if (times.length === MAX_FRAMES) fail(line, `expected at most ${MAX_FRAMES} frames.`);
    const numberAt = (column: number): number => {
      const value = /^[-+.\deE]+$/.test(fields[column]) ? Number(fields[column]) : Number.NaN;
      return Number.isFinite(value) ? value : fail(line, `expected a number as ${header[column]}, got "${fields[column]}".`);
    };
    const time = framesPerSecond === undefined ? numberAt(timeColumn) : times.length / framesPerSecond;
    if (times.length && !(time > times[times.length - 1])) fail(line, `expected a time after ${times[times.length - 1]}, got ${time}.`);
    times.push(time);
    for (const column of columns) rows.push(numberAt(column));
  }
  if (times.length === 0) fail(1, "expected frames after the header, got none.");
  return { timeSec: Float64Array.from(times), values: { data: Float32Array.from(rows), shape: [times.length, columns.length] } };
}

/**
 * The features at given times: those of the frame that has begun last. Before the first frame its values hold (the
 * original takes the last frame's there, by an index of −1).
 *
 * @param onsetSec - in the recording's time, in any order, `[N]`
 * @returns `[N, 7]`
 * @throws ShapeError without frames
 */
export function framesAt({ timeSec, values }: PerceptualFrames, onsetSec: Float64Array): Matrix {
  const F = PERCEPTUAL_FEATURES.length;
  const M = timeSec.length;
  if (M === 0 || values.shape[0] !== M || values.shape[1] !== F) {
    throw new ShapeError(`framesAt: expected values of [${Math.max(1, M)}, ${F}] for ${M} frames, got [${values.shape.join(", ")}].`);
  }
  const matrix = zeros(onsetSec.length, F);
  for (let n = 0; n < onsetSec.length; n++) {
    let low = 0; // the frame sought is low … high − 1
    let high = M;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (timeSec[middle] <= onsetSec[n]) low = middle;
      else high = middle;
    }
    matrix.data.set(values.data.subarray(low * F, low * F + F), n * F);
  }
  return matrix;
}
