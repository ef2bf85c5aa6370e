/**
 * @file What the classic denoisers are to training and to sampling: a forward
 * and a backward pass over one flat vector of weights.
 */
import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import type { Layout } from "../base/layout.js";
import type { ClassicNetworkConfig } from "./config.js";

/** A batch of `B` segments of `N` notes; arrays are row-major. */
export interface ClassicInput {
  /** `B`. */
  readonly batch: number;
  /** `N`. */
  readonly notes: number;
  /** Noisy standardized parameters, `[B, N, P]`. */
  readonly noisy: Float32Array;
  /** Diffusion step per segment, `[B]`; fractions are interpolated. */
  readonly step: Float32Array;
  /** Raw score features, `[B, N, S]`. */
  readonly score: Float32Array;
  /** Perceptual features, `[B, N, C]`; `null` for none (zeros). */
  readonly perceptual: Float32Array | null;
  /** 1 for segments that lose their condition, `[B]`. */
  readonly dropped: Uint8Array;
}

/** A prediction and its gradient. */
export interface ClassicForward {
  /** `[B, N, P]`. */
  readonly prediction: Tensor3D;
  /** Gradient of the flat weight vector, given that of the prediction. Call once, in the same `tf.tidy`. */
  backward(dPrediction: Tensor3D): Tensor1D;
}

/** A classic denoiser on an engine. */
export interface ClassicNetwork {
  /** Its options. */
  readonly config: ClassicNetworkConfig;
  /** Plan of the flat weight vector; tensors by PyTorch's names and shapes. */
  readonly layout: Layout;
  /** Predict. Call inside `tf.tidy`. The null condition is the network's business. */
  forward(vector: Tensor1D, input: ClassicInput): ClassicForward;
}

/** What a classic denoiser is to follow in one segment of `N` notes. */
export interface ClassicCondition {
  /** Raw score features, `[N, S]`. */
  readonly score: Float32Array;
  /** Perceptual features, `[N, C]`. */
  readonly perceptual?: Float32Array;
}
