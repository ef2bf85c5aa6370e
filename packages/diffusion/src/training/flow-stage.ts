/**
 * @file Second stage: with the encoder frozen, the denoiser learns the velocity
 * of a flow from noise to single performances.
 *
 * Rectified flow (Liu et al., 2023; Lipman et al., 2023): x_t = (1 − t) ε + t z,
 * velocity z − ε, t = σ(normal) (Esser et al., 2024).
 */
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { timeEmbedding, type DenoiserInput, type Network } from "../base/network.js";
import { randomStream, type RandomStream } from "../base/random-stream.js";
import { ONSET_CHANNELS, TARGET_NAMES } from "../model/config.js";
import { batchShape, cropBatch, gatherRows, type CropBatch } from "./batch.js";
import { tellAll, tellControls } from "./control-crops.js";
import { cropOrder, type Crop } from "./crops.js";
import type { EncoderOutput } from "./encoder-output.js";
import { weightedSquaredError } from "./loss.js";
import { tensorScope } from "./tensor-scope.js";
import type { Stage, StageContext } from "./stage.js";
import type { PreparedPerformance, PreparedPiece } from "./training-piece.js";

const P = TARGET_NAMES.length;
const STREAM = 0xf104;
const VALIDATION_STREAM = 0xfa11;
const CONTROL_STREAM = 0xc7a1;
/** Noise levels at which every validation crop is asked. */
const VALIDATION_TIMES = [0.15, 0.5, 0.85];

/** One question to the denoiser, and its answer. */
interface FlowBatch {
  readonly batch: CropBatch;
  /** Noisy targets, mean prediction, controls and their flags, `[B·T, 12 + 2K]`. */
  readonly noisyAndMean: Float32Array;
  /** The encoder's output, `[B·T, H]`. */
  readonly hidden: Float32Array;
  /** 1 for crops without condition, `[B]`. */
  readonly dropped: Float32Array;
  /** `[B, 33]`. */
  readonly time: Float32Array;
  /** z − ε, `[B·T, 6]`. */
  readonly velocity: Float32Array;
  /** `[B·T, 6]`. */
  readonly weights: Float32Array;
}

/** The second stage, with `controls` controls. `outputs` holds the encoder's answer per training piece; `outputOf` gives it for any other. */
export function flowStage(
  { engine, pieces, options }: StageContext, network: Network<DenoiserInput>, outputs: readonly EncoderOutput[],
  outputOf: (piece: PreparedPiece) => Promise<EncoderOutput>, controls = 0,
): Stage {
  const inputs = 2 * P + 2 * controls;
  // √n of a piece's n performances are drawn for one of a piece with a single one.
  const sources = pieces.map(({ length, weight, performances }) => ({ length, weight: weight * Math.sqrt(performances.length) }));
  const order = cropOrder(sources, options.batch, options.notes, options.seed + 1);
  const run = (weights: Float32Array, asked: FlowBatch, dropout: Parameters<typeof batchShape>[3], withGradient: boolean) => {
    const { tf } = engine;
    return tensorScope(engine, "flow", async () => {
      const { batch } = asked;
      const B = batch.crops.length;
      const rows = B * batch.notes;
      const forward = network.forward(tf.tensor1d(weights) as Tensor1D, {
        ...batchShape(engine, batch, options.denoiser, dropout),
        noisyAndMean: tf.tensor2d(asked.noisyAndMean, [rows, inputs]),
        hidden: tf.tensor2d(asked.hidden, [rows, options.encoder.hidden]),
        dropped: tf.tensor2d(asked.dropped, [B, 1]),
        time: tf.tensor2d(asked.time, [B, asked.time.length / B]),
      });
      const loss = weightedSquaredError(await engine.read(forward.prediction), asked.velocity, asked.weights, options.flow.channelWeights);
      const gradient = withGradient
        ? await engine.read(forward.backward(tf.tensor2d(loss.gradient, [rows, P])))
        : new Float32Array(0);
      return { loss: loss.total, channels: loss.channels, gradient };
    });
  };
  return {
    options: options.flow,
    gradient: async (weights, step) => {
      const random = randomStream(options.seed, STREAM, step);
      const asked = flowBatch(pieces, order.at(step), outputs, random, options.flow.conditionDropout, () => 1 / (1 + Math.exp(-random.normal())), {
        count: controls, dropout: options.flow.controlDropout, random: randomStream(options.seed, CONTROL_STREAM, step),
      });
      return run(weights, asked, { rate: options.flow.dropout, random }, true);
    },
    validate: async (weights, validation) => {
      const measured = controls > 0 && validation.some(({ performances }) => performances.some((played) => played.controls));
      return {
        channels: await errors(weights, validation, false),
        ...(measured ? { controlled: await errors(weights, validation, true) } : {}),
      };
    },
  };

  /** Mean squared error per channel on whole pieces, told no control or all of them. */
  async function errors(weights: Float32Array, validation: readonly PreparedPiece[], all: boolean): Promise<number[]> {
    const mass = new Float64Array(P);
    const sums = new Float64Array(P);
    for (const [index, piece] of validation.entries()) {
      if (piece.performances.length === 0) continue;
      const output = [await outputOf(piece)];
      const crops = wholePiece(piece.length, options.notes);
      for (const crop of crops) {
        for (const [i, t] of VALIDATION_TIMES.entries()) {
          const random = randomStream(VALIDATION_STREAM, index, crop.begin, i);
          const asked = flowBatch([piece], [crop], output, random, 0, () => t, { count: controls, all });
          engine.check();
          const { channels } = await run(weights, asked, null, false);
          channels.forEach((error, c) => {
            const w = asked.weights.reduce((sum, x, j) => (j % P === c ? sum + x : sum), 0);
            sums[c] += w * error;
            mass[c] += w;
          });
        }
      }
    }
    return Array.from(sums, (sum, c) => (mass[c] > 0 ? sum / mass[c] : 0));
  }
}

/** What a batch is told of the controls: none without a stream, unless all. */
interface ToldControls {
  /** `K`. */
  readonly count: number;
  /** Tell everything that was measured. */
  readonly all?: boolean;
  /** Chance that a crop is told nothing. */
  readonly dropout?: number;
  /** Draws what is told. */
  readonly random?: RandomStream;
}

/** Crops that cover a piece. */
function wholePiece(length: number, notes: number): Crop[] {
  const crops: Crop[] = [];
  for (let begin = 0; begin < length; begin += notes) crops.push({ piece: 0, begin, length: Math.min(notes, length - begin) });
  return crops;
}

function flowBatch(
  pieces: readonly PreparedPiece[], crops: readonly Crop[], outputs: readonly EncoderOutput[], random: RandomStream,
  conditionDropout: number, drawTime: () => number, controls: ToldControls,
): FlowBatch {
  const batch = cropBatch(pieces, crops);
  const { notes } = batch;
  const B = crops.length;
  const chosen = crops.map(({ piece }) => pieces[piece].performances[random.below(pieces[piece].performances.length)]);
  const target = gatherRows(batch, P, (_, b) => chosen[b].values);
  const weights = gatherRows(batch, P, (_, b) => chosen[b].weights);
  const mean = gatherRows(batch, P, ({ piece }) => outputs[piece].prediction);
  const width = outputs[0].hidden.length / (outputs[0].prediction.length / P);
  const hidden = gatherRows(batch, width, ({ piece }) => outputs[piece].hidden);
  const inputs = 2 * P + 2 * controls.count;
  const noisyAndMean = new Float32Array(B * notes * inputs);
  const velocity = new Float32Array(B * notes * P);
  const dropped = new Float32Array(B);
  const times: Float32Array[] = [];
  const noise = new Float64Array(P);
  for (let b = 0; b < B; b++) {
    const t = drawTime();
    times.push(timeEmbedding(t));
    dropped[b] = random.uniform() < conditionDropout ? 1 : 0;
    for (let n = 0; n < crops[b].length; n++) {
      const row = b * notes + n;
      const sameOnset = n > 0 && batch.onset[row] === batch.onset[row - 1];
      for (let c = 0; c < P; c++) {
        const i = row * P + c;
        // Channels of the onset share their noise.
        if (!(sameOnset && ONSET_CHANNELS[c])) noise[c] = random.normal();
        // What the performance does not tell is filled with the mean.
        const z = weights[i] > 0 ? target[i] : mean[i];
        velocity[i] = z - noise[c];
        noisyAndMean[row * inputs + c] = (1 - t) * noise[c] + t * z;
        noisyAndMean[row * inputs + P + c] = dropped[b] ? 0 : mean[i];
      }
    }
    if (dropped[b]) hidden.fill(0, b * notes * width, (b + 1) * notes * width);
    else if (controls.count > 0) tell(chosen[b], crops[b], controls, noisyAndMean.subarray(b * notes * inputs), inputs);
  }
  const time = new Float32Array(B * times[0].length);
  times.forEach((embedding, b) => time.set(embedding, b * embedding.length));
  return { batch, noisyAndMean, hidden, dropped, time, velocity, weights };
}

/** Write the controls of a crop behind its other inputs. */
function tell(played: PreparedPerformance, crop: Crop, { count, all = false, dropout = 0, random }: ToldControls, rows: Float32Array, width: number): void {
  if (!played.controls) return;
  if (all) tellAll(played.controls, count, crop, rows, width, 2 * P);
  else if (random) tellControls(played.controls, count, crop, random, dropout, rows, width, 2 * P);
}
