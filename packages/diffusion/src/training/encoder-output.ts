/**
 * @file The encoder's answer on whole pieces, which the flow is conditioned on.
 */
import type { Tensor1D } from "@tensorflow/tfjs-core";
import type { EncoderInput, Network } from "../base/network.js";
import { pieceOnsetAverage } from "../base/onset-average.js";
import type { Engine } from "../engine.js";
import { tensorScope } from "./tensor-scope.js";
import type { PreparedPiece } from "./training-piece.js";

/** What the encoder says of a piece. */
export interface EncoderOutput {
  /** Mean prediction, standardized, `[N, 6]`. */
  readonly prediction: Float32Array;
  /** Normalized last layer, `[N, H]`. */
  readonly hidden: Float32Array;
}

/** Run the encoder on a whole piece, without seams. */
export async function encodePiece(engine: Engine, network: Network<EncoderInput>, weights: Float32Array, piece: PreparedPiece): Promise<EncoderOutput> {
  const { tf } = engine;
  engine.check();
  return tensorScope(engine, "encodePiece", async () => {
    const N = piece.length;
    const { prediction, hidden } = network.forward(tf.tensor1d(weights) as Tensor1D, {
      batch: 1,
      notes: N,
      mask: null,
      dropout: null,
      onsets: pieceOnsetAverage(tf, piece.onset),
      features: tf.tensor2d(piece.features, [N, piece.features.length / N]),
    });
    return { prediction: await engine.read(prediction), hidden: await engine.read(hidden) };
  });
}
