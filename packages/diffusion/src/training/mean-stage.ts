/**
 * @file First stage: the encoder learns the mean of each score's performances.
 */
import type { Tensor1D } from "@tensorflow/tfjs-core";
import type { EncoderInput, Network } from "../base/network.js";
import { randomStream } from "../base/random-stream.js";
import { TARGET_NAMES, type FeatureConfig } from "../model/config.js";
import { agreementLoss, type AgreementScale } from "./agreement-loss.js";
import { batchShape, cropBatch, gatherRows } from "./batch.js";
import { cropOrder } from "./crops.js";
import { encodePiece } from "./encoder-output.js";
import { gatherTerms } from "./linear-terms.js";
import { addVariance, correlations, explainedVariance, meanSquaredError, noVariance, termCorrelation, weightedSquaredError } from "./loss.js";
import type { TrainingOptions } from "./options.js";
import { tensorScope } from "./tensor-scope.js";
import type { Stage, StageContext, Validation } from "./stage.js";
import type { TempoScale } from "./tempo-scale.js";
import type { PreparedPiece } from "./training-piece.js";

const P = TARGET_NAMES.length;
const STREAM = 0x3ea4;

/** How the features change when a piece is transposed up by a semitone, before standardization; by column name. */
export type PerSemitone = Readonly<Record<string, number>>;

/** Change of every standardized feature for a semitone up, `[C]`. */
export function semitoneShifts({ names, sd }: FeatureConfig, perSemitone: PerSemitone = {}): number[] {
  return names.map((name, c) => (perSemitone[name] ?? 0) / sd[c]);
}

/**
 * The first stage.
 *
 * @param scales - of the tempo channel, where its error is one of tempi; of the curves, where agreement is part of the loss
 */
export function meanStage(
  { engine, pieces, options }: StageContext, network: Network<EncoderInput>, features: FeatureConfig, perSemitone: PerSemitone,
  { tempo, agreement }: { readonly tempo: TempoScale | null; readonly agreement: AgreementScale | null },
): Stage {
  const { tf } = engine;
  const order = cropOrder(pieces, options.batch, options.notes, options.seed);
  const columns = features.names.length;
  const shifts = semitoneShifts(features, perSemitone);
  return {
    options: options.mean,
    gradient: async (weights, step) => {
      const random = randomStream(options.seed, STREAM, step);
      const batch = cropBatch(pieces, order.at(step));
      const input = gatherRows(batch, columns, ({ piece }) => pieces[piece].features);
      batch.crops.forEach(({ length }, b) => {
        const begin = b * batch.notes * columns;
        augment(input.subarray(begin, begin + length * columns), shifts, random, options);
      });
      const target = gatherRows(batch, P, ({ piece }) => pieces[piece].mean);
      const weight = gatherRows(batch, P, ({ piece }) => pieces[piece].meanWeights);
      const terms = gatherTerms(batch, (piece) => pieces[piece].beats);
      return tensorScope(engine, "mean", async () => {
        const rows = batch.crops.length * batch.notes;
        const forward = network.forward(tf.tensor1d(weights) as Tensor1D, {
          ...batchShape(engine, batch, options.encoder, { rate: options.mean.dropout, random }),
          features: tf.tensor2d(input, [rows, columns]),
        });
        const prediction = await engine.read(forward.prediction);
        const error = weightedSquaredError(prediction, target, weight, options.mean.channelWeights, terms, tempo);
        const lack = agreement && agreementLoss(prediction, batch, (piece) => pieces[piece].performances, terms, options.mean.agreementWeights, agreement);
        if (lack) lack.gradient.forEach((slope, i) => (error.gradient[i] += slope));
        const gradient = await engine.read(forward.backward(tf.tensor2d(error.gradient, [rows, P])));
        return { loss: error.total + (lack?.total ?? 0), channels: error.channels, gradient };
      });
    },
    validate: (weights, validation) => validateMean(engine, network, weights, validation),
  };
}

/** Transpose a crop and hide features of it, in place. */
function augment(
  rows: Float32Array, shifts: readonly number[], random: ReturnType<typeof randomStream>, { mean, featureClip }: TrainingOptions,
): void {
  const semitones = random.below(2 * mean.transpose + 1) - mean.transpose;
  const columns = shifts.length;
  for (let c = 0; c < columns; c++) {
    const hidden = random.uniform() < mean.featureDropout;
    const shift = shifts[c] * semitones;
    if (!hidden && shift === 0) continue;
    for (let i = c; i < rows.length; i += columns) {
      rows[i] = hidden ? 0 : Math.min(featureClip, Math.max(-featureClip, rows[i] + shift));
    }
  }
}

/** Explained variance of the mean, and correlation with single performances, on whole pieces. */
async function validateMean(
  engine: StageContext["engine"], network: Network<EncoderInput>, weights: Float32Array, pieces: readonly PreparedPiece[],
): Promise<Validation> {
  const variance = noVariance();
  const sums = new Float64Array(P);
  const counts = new Float64Array(P);
  const beats = { sums: new Float64Array(P), pieces: 0 };
  for (const piece of pieces) {
    const { prediction } = await encodePiece(engine, network, weights, piece);
    addVariance(variance, prediction, piece.mean, piece.meanWeights);
    const { beats: terms } = piece;
    if (terms) {
      TARGET_NAMES.forEach((_, c) => (beats.sums[c] += termCorrelation(terms, prediction, c) || 0));
      beats.pieces++;
    }
    for (const performance of piece.performances) {
      correlations(prediction, performance.values, performance.weights).forEach((r, c) => {
        if (!Number.isFinite(r)) return;
        sums[c] += r;
        counts[c]++;
      });
    }
  }
  return {
    channels: meanSquaredError(variance),
    explained: explainedVariance(variance),
    correlation: Array.from(sums, (sum, c) => (counts[c] > 0 ? sum / counts[c] : 0)),
    ...(beats.pieces > 0 ? { beats: Array.from(beats.sums, (sum) => sum / beats.pieces) } : {}),
  };
}
