/**
 * @file What the trainer asks of a set of segments, and nothing of where they
 * lie: `@dexter/alignment-datasets` reads them from HDF5 files.
 */
import type { ParameterScale } from "../../classic/config.js";

/** A passage of `N` notes as somebody played it; arrays are row-major and must not be changed. */
export interface ClassicSegment {
  /** Performance parameters in their own units, `[N, P]`; 0 where the mask is 0. */
  readonly parameters: Float32Array;
  /** Raw score features: onset and duration in divisions, pitch, voice, `[N, S]`. Padding repeats the last note. */
  readonly score: Float32Array;
  /** Perceptual features, `[N, C]`; `null` where the set has none. */
  readonly perceptual: Float32Array | null;
  /** 1 for notes that were played, 0 for others and for padding, `[N]`. */
  readonly mask: Uint8Array;
}

/** Segments by number. Reading one must not depend on those read before. */
export interface SegmentSource {
  /** Segments. */
  readonly length: number;
  /** Notes of each, `N`. */
  readonly notes: number;
  /** Mean and deviation of the parameters over the played notes. */
  readonly scale: ParameterScale;
  /** A name for the content: another set has another. */
  readonly fingerprint: string;
  /** What a checkpoint shall say of its data. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** One segment. */
  read(index: number): ClassicSegment;
  /** Segments of the same passage by other or the same performers, this one included, in ascending order. Default: itself alone. */
  passage?(index: number): readonly number[];
  /**
   * The other performance of segment `index` of a source of pairs: where transfer starts from, on the way to `read(index)`.
   * Default: one that is drawn from the passage.
   */
  partner?(index: number): ClassicSegment;
  /**
   * Segments of one passage interpolated: parameters and perceptual features by weight, masks
   * intersected (see `mixSegments` in `@dexter/alignment-datasets`). Needed for mixup.
   *
   * @param weights - as many as segments, 0 or more, sum 1
   */
  mix?(indices: readonly number[], weights: readonly number[]): ClassicSegment;
}
