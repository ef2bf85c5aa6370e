/**
 * @file A score in windows of the length that a classic network was trained on, and what it says of them as one again.
 */
import { ShapeError, type Matrix } from "@dexter/codec";

/** Notes `from … to − 1` of a score. */
export interface SegmentWindow {
  /** First note. */
  readonly from: number;
  /** Behind the last note. */
  readonly to: number;
}

/** Where the last window lies: `"inside"` ends it with the score; `"behind"` lets it run on into padding, as the original does. */
export type LastWindow = "inside" | "behind";

/** How overlapping windows are joined: the plain mean, as the original does, or each fading out while the next fades in. */
export type WindowJoin = "average" | "crossfade";

/**
 * Cut a score into windows.
 *
 * @param notes - of the score, ≥ 1
 * @param size - notes a window; a score of no more is one window
 * @param overlap - notes that two windows share, 0 … size − 1
 * @throws RangeError when size or overlap is out of range
 */
export function cutWindows(notes: number, size: number, overlap: number, last: LastWindow = "inside"): SegmentWindow[] {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`cutWindows: size must be an integer ≥ 1, got ${size}.`);
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= size) {
    throw new RangeError(`cutWindows: overlap must be an integer from 0 to ${size - 1}, got ${overlap}.`);
  }
  const windows: SegmentWindow[] = [];
  for (let from = 0; ; from += size - overlap) {
    if (from + size >= notes) {
      const first = last === "inside" ? Math.max(0, notes - size) : from;
      return [...windows, { from: first, to: notes }];
    }
    windows.push({ from, to: from + size });
  }
}

/** What stands where a window is longer than its notes: 0 as in the original, or the last note again. */
export type WindowPadding = "zero" | "repeat";

/**
 * Rows of a matrix, window by window.
 *
 * @param matrix - `[N, C]`
 * @param size - notes a window, at least those of the longest
 * @param padding - default the last note again: zeros would change the range of the features
 * @returns `[W, size, C]`, row-major
 */
export function windowRows({ data, shape: [, C] }: Matrix, windows: readonly SegmentWindow[], size: number, padding: WindowPadding = "repeat"): Float32Array {
  const rows = new Float32Array(windows.length * size * C);
  windows.forEach(({ from, to }, w) => {
    const start = w * size * C;
    rows.set(data.subarray(from * C, to * C), start);
    if (padding === "zero") return;
    for (let n = to - from; n < size; n++) rows.copyWithin(start + n * C, start + (to - from - 1) * C, start + (to - from) * C);
  });
  return rows;
}

/**
 * Join what was said of each window.
 *
 * @param values - `[W, size, P]`, row-major
 * @param windows - as cut, covering all notes
 * @param size - notes a window, padding included
 * @param width - `P`
 * @returns `[N, P]`
 * @throws ShapeError when the values do not fit the windows
 */
export function joinWindows(values: Float32Array, windows: readonly SegmentWindow[], size: number, width: number, join: WindowJoin = "crossfade"): Matrix {
  if (values.length !== windows.length * size * width) {
    throw new ShapeError(`joinWindows: values must be [${windows.length}, ${size}, ${width}], got ${values.length} values.`);
  }
  const notes = windows[windows.length - 1].to;
  const data = new Float32Array(notes * width);
  for (const { window, note, weight } of windowShares(windows, join)) {
    const row = (window * size + note - windows[window].from) * width;
    for (let p = 0; p < width; p++) data[note * width + p] += weight * values[row + p];
  }
  return { data, shape: [notes, width] };
}

/** What a window has to say of a note. */
interface WindowShare {
  readonly window: number;
  readonly note: number;
  /** Of the note; its windows' shares sum to 1. */
  readonly weight: number;
}

function* windowShares(windows: readonly SegmentWindow[], join: WindowJoin): Generator<WindowShare> {
  const sums = new Float64Array(windows[windows.length - 1].to);
  const weigh = (w: number, note: number): number => {
    if (join === "average") return 1;
    const { from, to } = windows[w];
    const shared = w > 0 ? windows[w - 1].to - from : 0;
    const sharedNext = w + 1 < windows.length ? to - windows[w + 1].from : 0;
    const rise = note - from < shared ? (note - from + 1) / (shared + 1) : 1;
    const fall = to - note <= sharedNext ? (to - note) / (sharedNext + 1) : 1;
    return Math.min(rise, fall);
  };
  for (const [w, { from, to }] of windows.entries()) for (let note = from; note < to; note++) sums[note] += weigh(w, note);
  for (const [w, { from, to }] of windows.entries()) {
    for (let note = from; note < to; note++) yield { window: w, note, weight: weigh(w, note) / sums[note] };
  }
}
