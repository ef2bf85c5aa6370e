/**
 * @file Inpainting: parts of a draw that stay as they are given, and the rest joins them.
 *
 * A flow's velocity says where the data lie: x + (1 − t)·v. There the given values are put in place of the estimate, wholly or in
 * part, at every step (as in RePaint, Lugmayr et al., 2022, equation (8), but without fresh noise: a kept value walks the straight line
 * from its noise to itself). What is drawn beside it sees it all the way.
 */
import { ShapeError } from "@dexter/codec";
import type { Batch, Denoiser } from "./denoiser.js";

/** What stays. */
export interface GivenValues {
  /** Standardized targets, `[1, N, P]`, for every example of a batch. */
  readonly values: Batch;
  /** How much of a note is given: 1 stays exactly, 0 is drawn, between them it is mixed; `[N]`. */
  readonly share: Float32Array;
}

/**
 * A denoiser that leads given notes to their values.
 *
 * @param denoiser - velocity of the flow (guided or not)
 * @throws ShapeError when the values do not fit what is drawn
 */
export function inpaint<Condition>(denoiser: Denoiser<Condition>, { values, share }: GivenValues): Denoiser<Condition> {
  const [, N, P] = values.shape;
  if (share.length !== N || values.data.length !== N * P) throw new ShapeError(`inpaint: values must be [1, ${share.length}, P], got [${values.shape.join(", ")}] of ${values.data.length} values.`);
  return async (noisy, time, conditions) => {
    if (noisy.shape[1] !== N || noisy.shape[2] !== P) throw new ShapeError(`inpaint: noisy must be [B, ${N}, ${P}], got [${noisy.shape.join(", ")}].`);
    const velocity = await denoiser(noisy, time, conditions);
    const data = velocity.data.slice();
    for (let b = 0, i = 0; b < noisy.shape[0]; b++) {
      const left = Math.max(1e-6, 1 - time[b]);
      for (let n = 0; n < N; n++) {
        const part = share[n];
        for (let p = 0; p < P; p++, i++) {
          if (part > 0) data[i] += part * ((values.data[n * P + p] - noisy.data[i]) / left - data[i]);
        }
      }
    }
    return { data, shape: noisy.shape };
  };
}
