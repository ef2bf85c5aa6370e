/**
 * @file One question to the network on the engine: its loss and, in training,
 * the gradient of the weights.
 */
import type { Tensor1D, Tensor3D } from "@tensorflow/tfjs-core";
import { classicLoss, type ClassicLossOptions, type LossTerm } from "../../classic/losses.js";
import type { ClassicNetwork } from "../../classic/network.js";
import type { Engine } from "../../engine.js";
import { tensorScope } from "../tensor-scope.js";
import { predictionOf, type ClassicTrainingOptions } from "./classic-options.js";
import type { DenoisingQuestion } from "./denoising-question.js";

/** A loss, its terms and its gradient. */
export interface DenoisingLoss {
  /** Sum of the chosen terms. */
  readonly loss: number;
  /** Every term, weighted, chosen or not. */
  readonly terms: Readonly<Record<LossTerm, number>>;
  /** Of the flat weight vector; `null` where it was not asked for. */
  readonly gradient: Float32Array | null;
}

/** The loss that options describe. */
export function lossOptions({ objective, loss }: Pick<ClassicTrainingOptions, "objective" | "loss">): ClassicLossOptions {
  const { kind, terms, weights, reconstructionWeight, bound, compat } = loss;
  return {
    kind: predictionOf(objective),
    compare: objective === "x0-from-noise" ? "clean" : "prediction",
    loss: kind,
    terms, weights, reconstructionWeight, bound,
    ...(compat ? { compat } : {}),
  };
}

/**
 * Ask the network. Leaves no tensor behind.
 *
 * @param vector - the weights
 */
export async function denoisingStep(
  engine: Engine, network: ClassicNetwork, vector: Tensor1D, question: DenoisingQuestion, options: ClassicLossOptions, withGradient: boolean,
): Promise<DenoisingLoss> {
  const { tf } = engine;
  const { input, clean, noise, levels, mask } = question;
  const shape: [number, number, number] = [input.batch, input.notes, clean.length / (input.batch * input.notes)];
  return tensorScope(engine, "denoisingStep", async () => {
    const forward = network.forward(vector, input);
    const prediction = await engine.read(forward.prediction);
    const { total, terms, gradient } = classicLoss(
      { shape, prediction, clean, noise, noisy: input.noisy, alphaBar: [], levels, mask }, options,
    );
    if (!withGradient) return { loss: total, terms, gradient: null };
    const dWeights = forward.backward(tf.tensor3d(gradient, shape) as Tensor3D);
    return { loss: total, terms, gradient: await engine.read(dWeights) };
  });
}
