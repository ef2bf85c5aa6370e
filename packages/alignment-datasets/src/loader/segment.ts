/**
 * @file Segments as a trainer takes them: one shape whatever the file.
 *
 * The shape is that of `SegmentSource` in `@dexter/diffusion/training`, so that
 * neither package needs the other.
 */

/** A passage of `N` notes as somebody played it; arrays are row-major, shared with a cache: do not change them. */
export interface LoadedSegment {
  /** Performance parameters in their own units, `[N, 5]`; 0 where the mask is 0. */
  readonly parameters: Float32Array;
  /** The original's score features, raw: onset and duration in divisions, pitch, voice, `[N, 4]`. Padding repeats the last note. */
  readonly score: Float32Array;
  /** Perceptual features, `[N, 7]`, on the loader's scale where it has one; `null` where the file has none. */
  readonly perceptual: Float32Array | null;
  /** 1 for notes that were played, 0 for others and for padding, `[N]`. */
  readonly mask: Uint8Array;
}

/** Segments of a file by number. Memory does not grow with the file. */
export interface SegmentLoader {
  /** Segments. */
  readonly length: number;
  /** Notes of each, `N`. */
  readonly notes: number;
  /** Mean and standard deviation of the parameters over the played notes of the training performances, `[5]` each. */
  readonly scale: {
    /** `[P]`. */
    readonly mean: readonly number[];
    /** `[P]`. */
    readonly sd: readonly number[];
  };
  /** Mean and standard deviation that the perceptual features were standardized by, `[7]` each; absent where they are as the file has them. */
  readonly perceptualScale?: SegmentLoader["scale"];
  /** A digest of what the file holds. */
  readonly fingerprint: string;
  /** What they are, for the record of a run. */
  readonly record: Readonly<Record<string, string | number>>;
  /**
   * One segment.
   *
   * @throws RangeError for a number that is not there
   * @throws SetFileError when the file is damaged
   */
  read(index: number): LoadedSegment;
  /** Segments of the same passage, this one included, in ascending order. */
  passage(index: number): readonly number[];
  /** Segments of one passage interpolated (see `mixSegments`). */
  mix(indices: readonly number[], weights: readonly number[]): LoadedSegment;
}

/** What both kinds of files are asked. */
export interface SegmentLoaderOptions {
  /** Notes of a segment. Default 200. */
  readonly notes?: number;
  /** Bound on what is kept in memory, MB. Default 64. */
  readonly cacheMB?: number;
}

/** A deviation below this counts as none: such a parameter is only centred. */
const MIN_SD = 1e-6;

/** Statistics as a scale to divide by. */
export function scaleOf(mean: ArrayLike<number>, standardDeviation: ArrayLike<number>): SegmentLoader["scale"] {
  return { mean: Array.from(mean), sd: Array.from(standardDeviation, (sd) => (sd > MIN_SD ? sd : 1)) };
}

/** Let the last note stand for the padding behind it: minima and maxima of a segment are those of its notes. */
export function repeatLast(rows: Float32Array, count: number, columns: number): void {
  if (count === 0) return;
  for (let i = count * columns; i < rows.length; i++) rows[i] = rows[i - columns];
}

/** @throws RangeError */
export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) throw new RangeError(`segment ${index} of ${length} segments`);
}
