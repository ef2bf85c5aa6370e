/**
 * @file Pieces cut into segments of equal length, with masks where they are padded.
 */
import { ShapeError, zeros, type Matrix } from "@dexter/codec";
import { OptionError } from "./errors.js";

/** Notes `[start, start + count)` of a piece, in a frame of `length` notes. */
export interface Segment {
  /** First note of the piece in it. */
  readonly start: number;
  /** Notes of the piece in it, 1 … length. */
  readonly count: number;
  /** Notes of the frame. */
  readonly length: number;
}

/** How to cut. */
export interface SegmentOptions {
  /** Notes in a segment. */
  readonly length: number;
  /** Notes from one start to the next. Default: `length`, no overlap. */
  readonly hop?: number;
}

/**
 * Cut `noteCount` notes. The last segment may hold fewer notes than its length;
 * every note is in at least one segment when `hop` is at most `length`.
 *
 * @throws OptionError when length or hop is not a positive integer
 */
export function segments(noteCount: number, options: SegmentOptions): Segment[] {
  const { length, hop = length } = options;
  for (const [name, value] of [["length", length], ["hop", hop]] as const) {
    if (!Number.isInteger(value) || value < 1) throw new OptionError(name, `expected a positive integer, got ${value}`);
  }
  const list: Segment[] = [];
  for (let start = 0; start < noteCount; start += hop) {
    list.push({ start, count: Math.min(length, noteCount - start), length });
    if (start + length >= noteCount) break;
  }
  return list;
}

/**
 * The rows of a segment, zeros below the piece's end.
 *
 * @param matrix - `[N, C]`
 * @returns `[length, C]`
 */
export function segmentRows(matrix: Matrix, segment: Segment): Matrix {
  const [rows, columns] = matrix.shape;
  if (segment.start + segment.count > rows) {
    throw new ShapeError(`segmentRows: notes ${segment.start}–${segment.start + segment.count} of a matrix with ${rows} rows.`);
  }
  const cut = zeros(segment.length, columns);
  cut.data.set(matrix.data.subarray(segment.start * columns, (segment.start + segment.count) * columns));
  return cut;
}

/**
 * The mask of a segment: 0 where it is padded and where the piece's own mask is 0.
 *
 * @param segment - which notes
 * @param mask - `[N]`, 1 where a note was played; default all
 * @returns `[length]`
 */
export function segmentMask(segment: Segment, mask?: Uint8Array): Uint8Array {
  const cut = new Uint8Array(segment.length);
  if (mask) cut.set(mask.subarray(segment.start, segment.start + segment.count));
  else cut.fill(1, 0, segment.count);
  return cut;
}
