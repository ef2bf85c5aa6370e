/**
 * @file A batch of crops, padded to one length, as the networks take it.
 */
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { fillDropout, type RandomStream } from "../base/random-stream.js";
import { batchOnsetAverage, ONSET_BLOCK } from "../base/onset-average.js";
import type { BatchShape } from "../base/network.js";
import type { Engine } from "../engine.js";
import type { StackConfig } from "../model/config.js";
import type { Crop } from "./crops.js";
import type { PreparedPiece } from "./training-piece.js";

/** Crops side by side: row b·T + t is note `begin + t` of crop b. */
export interface CropBatch {
  /** The crops. */
  readonly crops: readonly Crop[];
  /** `T`: the longest crop, rounded up to whole blocks of the onset average. */
  readonly notes: number;
  /** 1 for a note, 0 for padding, `[B·T]`. */
  readonly mask: Float32Array;
  /** Onset number per note, −1 for padding, `[B·T]`. */
  readonly onset: Int32Array;
}

/** Put crops side by side. */
export function cropBatch(pieces: readonly PreparedPiece[], crops: readonly Crop[]): CropBatch {
  const longest = Math.max(...crops.map(({ length }) => length));
  const notes = Math.ceil(longest / ONSET_BLOCK) * ONSET_BLOCK;
  const mask = new Float32Array(crops.length * notes);
  const onset = new Int32Array(crops.length * notes).fill(-1);
  crops.forEach(({ piece, begin, length }, b) => {
    mask.fill(1, b * notes, b * notes + length);
    onset.set(pieces[piece].onset.subarray(begin, begin + length), b * notes);
  });
  return { crops, notes, mask, onset };
}

/**
 * Rows of the crops, padding 0.
 *
 * @param rowsOf - per crop, the piece's rows, `[N, width]`
 * @returns `[B·T, width]`
 */
export function gatherRows({ crops, notes }: CropBatch, width: number, rowsOf: (crop: Crop, index: number) => Float32Array): Float32Array {
  const rows = new Float32Array(crops.length * notes * width);
  crops.forEach((crop, b) => {
    rows.set(rowsOf(crop, b).subarray(crop.begin * width, (crop.begin + crop.length) * width), b * notes * width);
  });
  return rows;
}

/** The batch's tensors that both networks need. Call inside `tf.tidy`. */
export function batchShape(
  { tf }: Engine, batch: CropBatch, stack: StackConfig, dropout: { readonly rate: number; readonly random: RandomStream } | null,
): BatchShape {
  const rows = batch.crops.length * batch.notes;
  return {
    batch: batch.crops.length,
    notes: batch.notes,
    mask: tf.tensor2d(batch.mask, [rows, 1]),
    onsets: batchOnsetAverage(tf, batch.onset, batch.crops.length, batch.notes),
    dropout:
      dropout && dropout.rate > 0
        ? stack.dilations.map((): Tensor2D => {
            const mask = fillDropout(new Float32Array(rows * stack.hidden), dropout.rate, dropout.random);
            return tf.tensor2d(mask, [rows, stack.hidden]);
          })
        : null,
  };
}
