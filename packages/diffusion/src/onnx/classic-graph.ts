/**
 * @file What the ONNX models of both classic denoisers have in common: their
 * inputs, their output and the function that writes them.
 */
import type { NamedTensors } from "../base/layout.js";
import type { ClassicNetworkConfig } from "../classic/config.js";

/**
 * Names of a classic model's inputs and output. All are float32; batch and notes are dynamic.
 *
 * - `noisy`: noisy standardized parameters, `[B, N, P]`
 * - `step`: diffusion step of each example, fractions allowed, `[B]`
 * - `score`: raw score features, `[B, N, S]`
 * - `perceptual`: perceptual features, `[B, N, C]`; only where {@link readsPerceptual}
 * - `dropped`: 1 for examples that get the null condition of training, else 0, `[B]`
 * - `prediction`: what the denoiser predicts, `[B, N, P]`
 */
export const CLASSIC_VALUES = {
  /** Input. */
  noisy: "noisy",
  /** Input. */
  step: "step",
  /** Input. */
  score: "score",
  /** Input, where the network reads it. */
  perceptual: "perceptual",
  /** Input. */
  dropped: "dropped",
  /** Output. */
  prediction: "prediction",
} as const;

/**
 * Write a classic denoiser as an ONNX model file with the inputs of {@link CLASSIC_VALUES}.
 *
 * @param config - the network's options
 * @param tensors - its weights by PyTorch's names
 */
export type ClassicGraph<Config extends ClassicNetworkConfig> = (config: Config, tensors: NamedTensors) => Uint8Array<ArrayBuffer>;

/** Whether a network looks at perceptual features: DiffWave does with FiLM, the U-Net always. */
export function readsPerceptual(config: ClassicNetworkConfig): boolean {
  return config.kind === "unet" || config.film;
}
