/**
 * @file What the clean data look like from a noisy place: the denoiser's answer as x̂₀, within bounds, and with the
 * kept values where something is fixed.
 *
 * Inpainting so is exact: the noise of a kept value is whatever separates x from it, and the sampler's own formula
 * carries it from step to step as the forward process would (RePaint, Lugmayr et al., 2022, equation (8), draws it
 * anew at every step, which deterministic samplers cannot follow). At the end x̂₀ is the kept value itself.
 */
import { ShapeError } from "@dexter/codec";
import type { Batch, Denoiser } from "../../denoiser.js";
import type { PredictionKind } from "../../classic/config.js";
import { cleanMix, type NoiseLevel } from "../prediction.js";

/** Values that sampling must not change. */
export interface KeptValues {
  /** Clean, standardized, `[B, N, P]`; read only where the mask says so. */
  readonly values: Batch;
  /** 1 for what is kept, of parameters `[B, N, P]` or of whole notes `[B, N]`. */
  readonly mask: Uint8Array;
}

/** Estimates x₀ of the noisy data at a level; the denoiser is told `time`. */
export type CleanEstimate = (noisy: Batch, time: number, level: NoiseLevel) => Promise<Batch>;

/** What an estimate is made with. */
export interface EstimateOptions {
  /** What the denoiser predicts. */
  readonly prediction: PredictionKind;
  /** Bound of |x̂₀| in standard deviations. */
  readonly clip?: number;
  /** Values that stay as they are. */
  readonly keep?: KeptValues;
}

/** The estimates of a denoiser. */
export function cleanEstimate<Condition>(
  denoiser: Denoiser<Condition>, conditions: readonly (Condition | null)[], { prediction, clip = Infinity, keep }: EstimateOptions,
): CleanEstimate {
  return async (noisy, time, level) => {
    const answer = await denoiser(noisy, new Float32Array(noisy.shape[0]).fill(time), conditions);
    if (answer.data.length !== noisy.data.length) {
      throw new ShapeError(`sampleDiffusion: the denoiser must return [${noisy.shape.join(", ")}], got [${answer.shape.join(", ")}].`);
    }
    const { ofNoisy, ofPrediction } = cleanMix(prediction, level);
    const data = new Float32Array(noisy.data.length);
    for (let i = 0; i < data.length; i++) {
      const clean = ofNoisy * noisy.data[i] + ofPrediction * answer.data[i];
      data[i] = clean > clip ? clip : clean < -clip ? -clip : clean;
    }
    if (keep) putKept(data, noisy.shape, keep, (value) => value);
    return { data, shape: noisy.shape };
  };
}

/** The start of a walk: where values are kept, they are at the level of the start, with this noise. */
export function keptStart(start: Batch, keep: KeptValues | undefined, { signal, noise: share }: NoiseLevel, noise: () => Float32Array): Batch {
  if (!keep) return start;
  const data = start.data.slice();
  const drawn = noise();
  putKept(data, start.shape, keep, (value, i) => signal * value + share * drawn[i]);
  return { data, shape: start.shape };
}

/**
 * Refuse kept values that do not fit the start.
 *
 * @throws ShapeError
 */
export function checkKept({ shape }: Batch, { values, mask }: KeptValues): void {
  const [B, N, P] = shape;
  if (values.shape.join() !== shape.join() || values.data.length !== B * N * P) {
    throw new ShapeError(`sampleDiffusion: keep.values must be [${shape.join(", ")}], got [${values.shape.join(", ")}] of ${values.data.length} values.`);
  }
  if (mask.length !== B * N * P && mask.length !== B * N) {
    throw new ShapeError(`sampleDiffusion: keep.mask must be [${B}, ${N}, ${P}] or [${B}, ${N}], got ${mask.length} values.`);
  }
}

function putKept(data: Float32Array, [, , P]: Batch["shape"], { values, mask }: KeptValues, at: (value: number, i: number) => number): void {
  const perMask = mask.length === data.length ? 1 : P;
  for (let i = 0; i < data.length; i++) {
    if (mask[perMask === 1 ? i : Math.floor(i / P)]) data[i] = at(values.data[i], i);
  }
}
