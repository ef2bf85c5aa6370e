/**
 * @file The loss on segments that are never trained on: the same segments,
 * noise and noise levels every time, so that figures can be compared.
 */
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { randomStream } from "../../base/random-stream.js";
import { LOSS_TERMS, type LossTerm } from "../../classic/losses.js";
import type { ClassicNetwork } from "../../classic/network.js";
import type { Engine } from "../../engine.js";
import { eventLoop } from "../../sampling/event-loop.js";
import type { ClassicTrainingOptions } from "./classic-options.js";
import { denoisingStep, lossOptions } from "./denoising-step.js";
import { denoisingQuestion, type QuestionKind, type QuestionPart } from "./denoising-question.js";
import { transferPair } from "./segment-draw.js";
import type { SegmentSource } from "./segment-source.js";

const STREAM = 0xfa1c;
const SAMPLED_STREAM = 0x5a3b;

/** Figures on validation segments, means over their played notes. */
export interface ClassicFigures {
  /** Sum of the chosen terms. */
  readonly loss: number;
  /** Every term. */
  readonly terms: Readonly<Record<LossTerm, number>>;
}

/** The validation segments that count, spread evenly. */
export function validationSegments(length: number, limit: number | null): number[] {
  const count = Math.min(length, limit ?? length);
  return Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
}

/**
 * Loss of these weights on the validation segments, each at several noise levels.
 *
 * @throws DOMException `AbortError` when the signal stops it
 */
export async function validateClassic(
  engine: Engine, network: ClassicNetwork, weights: Float32Array, source: SegmentSource, kind: QuestionKind, options: ClassicTrainingOptions, signal?: AbortSignal,
): Promise<ClassicFigures> {
  const { batch, segments, draws } = options.validation;
  const chosen = validationSegments(source.length, segments);
  const settings = lossOptions(options);
  const sums = Object.fromEntries(LOSS_TERMS.map((term) => [term, 0])) as Record<LossTerm, number>;
  let loss = 0;
  let counted = 0;
  const vector = engine.tf.tensor1d(weights) as Tensor1D;
  try {
    for (let draw = 0; draw < draws; draw++) {
      for (let begin = 0; begin < chosen.length; begin += batch) {
        engine.check();
        await eventLoop(); // a signal comes in only there
        signal?.throwIfAborted();
        const random = randomStream(STREAM, draw, begin);
        const parts = chosen.slice(begin, begin + batch).map((index): QuestionPart => {
          const pair = options.target === "transfer" ? transferPair(source, index, random) : null;
          const segment = pair?.segment ?? source.read(pair?.index ?? index);
          // Levels of one draw lie in one of as many equal parts.
          const noisiness = (draw + random.uniform()) / draws;
          return { segment, ...(pair ? { source: pair.source } : {}), noisiness, dropped: false };
        });
        const question = denoisingQuestion(kind, parts, random);
        const result = await denoisingStep(engine, network, vector, question, settings, false);
        const notes = question.mask.reduce((sum, played) => sum + played, 0);
        counted += notes;
        loss += notes * result.loss;
        for (const term of LOSS_TERMS) sums[term] += notes * result.terms[term];
      }
    }
  } finally {
    vector.dispose();
  }
  const mean = (sum: number): number => (counted > 0 ? sum / counted : 0);
  return { loss: mean(loss), terms: Object.fromEntries(LOSS_TERMS.map((term) => [term, mean(sums[term])])) as Record<LossTerm, number> };
}

/** The validation segments that are to be sampled after a step: whole batches, by chance. */
export function sampledSegments(length: number, step: number, { seed, validation }: ClassicTrainingOptions): number[] {
  const { batch, segments, sampledFraction } = validation;
  if (sampledFraction === 0) return [];
  const chosen = validationSegments(length, segments);
  const random = randomStream(seed, SAMPLED_STREAM, step);
  const batches = Math.ceil(chosen.length / batch);
  const picked = Array.from({ length: batches }, (_, b) => b).filter(() => random.uniform() < sampledFraction);
  if (picked.length === 0 && batches > 0) picked.push(random.below(batches));
  return picked.flatMap((b) => chosen.slice(b * batch, (b + 1) * batch));
}
