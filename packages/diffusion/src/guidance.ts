/**
 * @file Classifier-free guidance: ask the denoiser twice, with and without its
 * condition, and move past the conditioned answer.
 *
 * Ho & Salimans (2022), equation (6), with scale = 1 + w. Both questions go to
 * the denoiser as one batch.
 */
import type { Batch, Denoiser } from "./denoiser.js";

/** Strengthen a denoiser's condition. A scale of 1 leaves it unchanged, 0 ignores the condition. */
export function guide<Condition>(denoiser: Denoiser<Condition>, scale: number): Denoiser<Condition> {
  if (scale === 1) return denoiser;
  return async (noisy, time, conditions) => {
    const none = conditions.map(() => null);
    const both = await denoiser(twice(noisy), Float32Array.of(...time, ...time), [...conditions, ...none]);
    const size = noisy.data.length;
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      const unconditioned = both.data[size + i];
      data[i] = unconditioned + scale * (both.data[i] - unconditioned);
    }
    return { data, shape: noisy.shape };
  };
}

function twice({ data, shape: [B, N, P] }: Batch): Batch {
  const doubled = new Float32Array(2 * data.length);
  doubled.set(data);
  doubled.set(data, data.length);
  return { data: doubled, shape: [2 * B, N, P] };
}
