/**
 * @file What a score feature is: its name, what it says, in which range, and how
 * a group of them is computed.
 */
import type { Score } from "../score/score.js";

/** One column of a feature matrix. */
export interface FeatureDefinition {
  /** Name of the column, camelCase. */
  readonly name: string;
  /** What the numbers mean, with their unit. */
  readonly description: string;
  /** Least and greatest value. */
  readonly range: readonly [min: number, max: number];
  /** How much it grows when the piece is transposed up by a semitone; 0 where absent. */
  readonly perSemitone?: number;
}

/** Features that are computed together. */
export interface FeatureGroup {
  /** Name of the group, a heading in the catalogue. */
  readonly name: string;
  /** The columns, in order. */
  readonly definitions: readonly FeatureDefinition[];
  /**
   * Marks are computed on the score as written and copied to every pass of a
   * repeat; everything else on the score as played.
   */
  readonly basis: "written" | "played";
  /** Fill one column a definition, in their order; columns come zeroed, one value a note. */
  readonly compute: (score: Score, columns: readonly Float32Array[]) => void;
}

/** Shorthand for a definition. */
export function feature(
  name: string,
  min: number,
  max: number,
  description: string,
  perSemitone?: number,
): FeatureDefinition {
  return { name, description, range: [min, max], ...(perSemitone === undefined ? {} : { perSemitone }) };
}

/** Keep a value within a range. */
export function clamp(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value;
}
