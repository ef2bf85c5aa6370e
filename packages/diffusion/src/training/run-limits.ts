/**
 * @file How large a run may be. Told before anything is allocated: what a pass or a network takes is asked for in one
 * piece, and until it is there neither a bound on memory nor a signal is looked at.
 */
import { ShapeError } from "@dexter/codec";
import type { TensorSpec } from "../model/config.js";

/** Notes of one forward pass, padding included; the original's batch of 256 segments of 200 notes has 51,200. */
export const MAX_PASS_NOTES = 262_144;

/** Values of the widest layer of a forward pass: 2 GiB. A pass holds dozens of layers. */
export const MAX_LAYER_VALUES = 2 ** 29;

/** Weights of all networks of a run: a saved state holds five numbers for each, and must be read again from a file of 2 GiB. */
export const MAX_WEIGHTS = 100_000_000;

/** A forward pass as options ask for it. */
export interface PassSize {
  /** The two options, as in the configuration. */
  readonly names: readonly [batch: string, notes: string];
  /** Segments or crops. */
  readonly batch: number;
  /** Notes of each. */
  readonly notes: number;
  /** Values of a note in the network's widest layer. */
  readonly width: number;
  /** What to do instead. */
  readonly advice: string;
}

/**
 * Refuse a pass that is too large.
 *
 * @throws ShapeError
 */
export function checkPass({ names, batch, notes, width, advice }: PassSize): void {
  const all = batch * notes;
  const what = `training options: ${names.join(" × ")}`;
  if (all > MAX_PASS_NOTES) throw new ShapeError(`${what} must be at most ${count(MAX_PASS_NOTES)} notes in one pass, got ${batch} × ${notes} = ${count(all)}. ${advice}`);
  if (all * width > MAX_LAYER_VALUES) {
    throw new ShapeError(
      `${what} × the network's width must be at most ${count(MAX_LAYER_VALUES)} values in one layer (2 GiB), got ${batch} × ${notes} × ${count(width)} = ${count(all * width)}. ${advice}`,
    );
  }
}

/**
 * Refuse networks that are too large.
 *
 * @param what - whose tensors they are, as in the configuration
 * @throws ShapeError
 */
export function checkWeights(what: string, tensors: readonly TensorSpec[]): void {
  const weights = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  if (weights <= MAX_WEIGHTS) return;
  throw new ShapeError(`training options: ${what} must have at most ${count(MAX_WEIGHTS)} weights, or no saved state could be read again, got ${count(weights)}. Choose fewer channels or layers.`);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
