/**
 * @file Which controls a training crop is told: often none, often one, sometimes all, sometimes their mean alone; so that
 * any subset can be asked for later, as a constant or as a curve.
 */
import type { RandomStream } from "../base/random-stream.js";
import type { PreparedPerformance } from "./training-piece.js";

/** Of the crops that are told anything: exactly one control. */
const SINGLE = 0.4;
/** All of them. */
const ALL = 0.1;
/** Else each control with this chance. */
const SHARE = 0.4;
/** Chance that a control is told by its mean over the crop. */
const CONSTANT = 0.4;

/**
 * Draw what a crop is told and write it behind its other inputs.
 *
 * @param controls - the performance's standardized controls and their mask, `K` a note
 * @param crop - first note and length
 * @param dropout - chance that nothing is told
 * @param rows - the crop's rows, `width` values each
 * @param at - where a row's `2K` values begin
 */
export function tellControls(
  { values, mask }: NonNullable<PreparedPerformance["controls"]>, K: number, crop: { readonly begin: number; readonly length: number },
  random: RandomStream, dropout: number, rows: Float32Array, width: number, at: number,
): void {
  const chosen = choose(K, random, dropout);
  for (let k = 0; k < K; k++) {
    const constant = random.uniform() < CONSTANT;
    if (!chosen[k]) continue;
    let sum = 0;
    let count = 0;
    for (let n = 0; n < crop.length; n++) {
      const i = (crop.begin + n) * K + k;
      if (!mask[i]) continue;
      sum += values[i];
      count++;
    }
    if (count === 0) continue;
    for (let n = 0; n < crop.length; n++) {
      const i = (crop.begin + n) * K + k;
      // A constant holds everywhere, a curve where it was measured.
      if (!constant && !mask[i]) continue;
      rows[n * width + at + k] = constant ? sum / count : values[i];
      rows[n * width + at + K + k] = 1;
    }
  }
}

/** Write all that was measured; parameters as of {@link tellControls}. */
export function tellAll(
  { values, mask }: NonNullable<PreparedPerformance["controls"]>, K: number, { begin, length }: { readonly begin: number; readonly length: number },
  rows: Float32Array, width: number, at: number,
): void {
  for (let n = 0; n < length; n++) {
    for (let k = 0; k < K; k++) {
      const i = (begin + n) * K + k;
      if (!mask[i]) continue;
      rows[n * width + at + k] = values[i];
      rows[n * width + at + K + k] = 1;
    }
  }
}

function choose(K: number, random: RandomStream, dropout: number): boolean[] {
  const told = random.uniform() >= dropout;
  const kind = random.uniform();
  const one = random.below(K);
  return Array.from({ length: K }, (_, k) => {
    const chance = random.uniform() < SHARE;
    if (!told) return false;
    return kind < SINGLE ? k === one : kind < SINGLE + ALL || chance;
  });
}
