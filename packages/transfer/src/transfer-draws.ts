/**
 * @file The draws of a transfer: the same noise told two things, or the source drawn again.
 */
import { groupOnsets, type Matrix, type PerformanceParameters, type Score } from "@dexter/codec";
import {
  controlInput, drawNoise, expectationOf, guide, inpaint, invert, modelFeatures, modelNotes, plainPerformance, renoise, sample, standardize, towardMean,
  type Batch, type Denoiser, type Model, type ScoreCondition,
} from "@dexter/diffusion";
import type { MovedControl } from "./control-moves.js";
import { completePerformance, sourceTargets } from "./source-performance.js";
import type { MeasuredPerformance, TransferAim } from "./transfer-aim.js";
import type { TransferMethod, TransferOptions } from "./transfer-performance.js";
import type { TransferPlan } from "./transfer-plan.js";

const DEFAULT_FRACTION = { renoise: 0.75, invert: 1 } as const;

/** What is drawn for a transfer, as changes of the standardized targets, `[N, 6]`. */
export interface TransferDraws {
  /** The source with its missing notes played. */
  readonly filled: PerformanceParameters;
  /** Toward an aim. */
  toward(plan: TransferPlan, before: MeasuredPerformance, aim: TransferAim, method: "renoise" | "invert"): Promise<Float32Array>;
  /** Toward what the model would play. */
  again(strength: number, method: TransferMethod): Promise<Float32Array>;
}

/** Complete the source and make the network ready. */
export async function openDraws(model: Model, score: Score, source: PerformanceParameters, options: TransferOptions, keep: Float32Array): Promise<TransferDraws> {
  const { config } = model;
  const { seed = 0, steps = config.sampling.steps, signal } = options;
  const features = options.features ? standardize(options.features, config.features) : modelFeatures(score, config.features);
  const onsets = groupOnsets(score.notes);
  const condition = await model.encode(features, onsets, modelNotes(score));
  const network = model.denoiser(onsets);
  const noise = drawNoise(onsets, seed, config.sampling.temperature);
  const without = Uint8Array.from(keep, (share) => (share >= 1 ? 1 : 0));
  const filled = await completePerformance(score, source, config, {
    denoiser: network, condition, noise, steps: Math.ceil(steps / 2), without, signal,
  });
  const { values, level } = sourceTargets(score, filled, config.targets);
  const joined = (denoiser: Denoiser<ScoreCondition>): Denoiser<ScoreCondition> => (keep.some((share) => share > 0) ? inpaint(denoiser, { values, share: keep }) : denoiser);
  // What makes up for the way of sampling is due for the part of the way that is walked.
  const due = (p: number, fraction: number): number => 1 + fraction * (config.sampling.gains[p] - 1);
  const P = values.shape[2];

  /** From the source to the noise at a time, as the method says. */
  const startAt = async (startTime: number, method: TransferMethod, own: ScoreCondition): Promise<Batch> => {
    if (method === "invert") return (await invert(network, values, [own], { steps: stepsOf(startTime), startTime, signal, tolerance: 1e-3, refinements: 8 })).start;
    return renoise(values, noise, startTime);
  };
  const stepsOf = (startTime: number): number => Math.max(1, Math.ceil(steps * (1 - startTime)));

  return {
    filled,
    async toward(plan, before, aim, method) {
      const controls = plan.told!;
      const fraction = options.fraction ?? DEFAULT_FRACTION[method];
      const startTime = 1 - fraction;
      const shift = (name: MovedControl): number => meanChange(before, aim, controls.names.indexOf(name));
      const moved = { log2SecPerQuarter: level.log2SecPerQuarter - shift("tempo"), meanVelocity: Math.max(1, Math.min(127, level.meanVelocity + shift("dynamics"))) };
      const plainAt = (at: typeof level): Matrix => plan.ruler(score, plainPerformance(modelNotes(score), at, config.targets)).values;
      const told = (values: Matrix, plain: Matrix): ScoreCondition => ({ ...condition, controls: controlInput({ values, known: aim.known, plain }, score.notes.length, controls) });
      // Tempo and loudness are levels to the model: it is told how they move around them, and they are moved as a whole.
      const own = told(before.values, plainAt(level));
      const wanted = told(aim.values, plainAt(moved));
      const start = await startAt(startTime, method, own);
      const both: Batch = { data: doubled(start.data), shape: [2, start.shape[1], P] };
      const denoiser = joined(guide(network, options.guidance ?? 1));
      const { data } = await sample(denoiser, both, [own, wanted], { steps: stepsOf(startTime), startTime, signal });
      const size = start.data.length;
      return Float32Array.from({ length: size }, (_, i) => due(i % P, fraction) * (data[size + i] - data[i]));
    },
    async again(strength, method) {
      const startTime = 1 - strength;
      const start = await startAt(startTime, method, condition);
      const denoiser = joined(guide(network, options.guidance ?? config.sampling.guidance));
      const { data } = await sample(denoiser, start, [condition], { steps: stepsOf(startTime), startTime, signal });
      const expected = await expectationOf(network, condition, config.sampling, onsets, signal);
      const settled = towardMean(data, expected, config.sampling, onsets, strength);
      return settled.map((value, i) => due(i % P, strength) * value - values.data[i]);
    },
  };
}

function doubled(data: Float32Array): Float32Array {
  const both = new Float32Array(2 * data.length);
  both.set(data);
  both.set(data, data.length);
  return both;
}

/** Mean of what an aim changes of a control; 0 where nothing is asked for. */
function meanChange(before: MeasuredPerformance, aim: TransferAim, column: number): number {
  const K = aim.values.shape[1];
  let sum = 0;
  let count = 0;
  for (let i = column; column >= 0 && i < aim.known.length; i += K) {
    if (!aim.known[i]) continue;
    sum += aim.values.data[i] - before.values.data[i];
    count++;
  }
  return count > 0 ? sum / count : 0;
}
