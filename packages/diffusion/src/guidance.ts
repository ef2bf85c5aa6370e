/**
 * @file Classifier-free guidance: ask the denoiser with and without its
 * condition, and move past the conditioned answer.
 *
 * Ho & Salimans (2022), equation (6), with scale = 1 + w; with two conditions,
 * each with a scale of its own, as Brooks, Holynski & Efros (2023), equation (3).
 * All questions go to the denoiser as one batch.
 */
import type { Batch, Denoiser } from "./denoiser.js";

/** Strengthen a denoiser's condition. A scale of 1 leaves it unchanged, 0 ignores the condition. */
export function guide<Condition>(denoiser: Denoiser<Condition>, scale: number): Denoiser<Condition> {
  if (scale === 1) return denoiser;
  return async (noisy, time, conditions) => {
    const none = conditions.map(() => null);
    const both = await denoiser(repeated(noisy, 2), Float32Array.of(...time, ...time), [...conditions, ...none]);
    const size = noisy.data.length;
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const unconditioned = both.data[size + i];
      data[i] = unconditioned + scale * (both.data[i] - unconditioned);
    }
    return { data, shape: noisy.shape };
  };
}

/**
 * Strengthen two parts of a denoiser's condition apart.
 *
 * @param scale - of the condition without its second part
 * @param addedScale - of what the second part adds
 * @param without - a condition without its second part
 */
export function guideBoth<Condition>(
  denoiser: Denoiser<Condition>, scale: number, addedScale: number, without: (condition: Condition) => Condition,
): Denoiser<Condition> {
  if (scale === addedScale) return guide(denoiser, scale);
  return async (noisy, time, conditions) => {
    const fewer = conditions.map((condition) => condition && without(condition));
    const none = conditions.map(() => null);
    const all = await denoiser(repeated(noisy, 3), Float32Array.of(...time, ...time, ...time), [...conditions, ...fewer, ...none]);
    const size = noisy.data.length;
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const partly = all.data[size + i];
      const unconditioned = all.data[2 * size + i];
      data[i] = unconditioned + scale * (partly - unconditioned) + addedScale * (all.data[i] - partly);
    }
    return { data, shape: noisy.shape };
  };
}

function repeated({ data, shape: [B, N, P] }: Batch, times: number): Batch {
  const copies = new Float32Array(times * data.length);
  for (let k = 0; k < times; k++) copies.set(data, k * data.length);
  return { data: copies, shape: [times * B, N, P] };
}
