/**
 * @file What a sampler asks of a network, and nothing of how it is computed.
 */
import { ShapeError } from "@dexter/codec";

/** Values of `B` examples of `N` notes with `P` channels, row-major. */
export interface Batch {
  /** `B · N · P` values. */
  readonly data: Float32Array;
  /** `[B, N, P]`. */
  readonly shape: readonly [examples: number, notes: number, channels: number];
}

/**
 * Predict the velocity of a flow from noise (time 0) to data (time 1).
 *
 * @param noisy - partly denoised, standardized targets, `[B, N, P]`
 * @param time - of each example, in [0, 1], `[B]`
 * @param conditions - what each example is to follow, or `null`, the null condition; `[B]`
 * @returns d noisy / d time, `[B, N, P]`
 */
export type Denoiser<Condition> = (
  noisy: Batch,
  time: Float32Array,
  conditions: readonly (Condition | null)[],
) => Promise<Batch>;

/**
 * Refuse shapes that do not fit one another.
 *
 * @throws ShapeError
 */
export function checkBatch(noisy: Batch, time: Float32Array, conditions: readonly unknown[], channels: number): void {
  const [B, N, P] = noisy.shape;
  if (P !== channels || noisy.data.length !== B * N * P) {
    throw new ShapeError(`denoise: noisy must be [B, N, ${channels}], got [${B}, ${N}, ${P}] of ${noisy.data.length} values.`);
  }
  if (time.length !== B) throw new ShapeError(`denoise: time must be [${B}], got [${time.length}].`);
  if (conditions.length !== B) throw new ShapeError(`denoise: conditions must be [${B}], got [${conditions.length}].`);
}
