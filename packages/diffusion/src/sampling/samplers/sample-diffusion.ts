/**
 * @file Draws from a denoiser with any of the samplers: one loop over the levels of noise, from the start to clean data.
 */
import { ShapeError } from "@dexter/codec";
import type { PredictionKind } from "../../classic/config.js";
import type { Batch, Denoiser } from "../../denoiser.js";
import { guide } from "../../guidance.js";
import { sample } from "../../sampler.js";
import { eventLoop } from "../event-loop.js";
import type { NoiseSchedule } from "../noise-schedule.js";
import { flowLevel } from "../prediction.js";
import { checkKept, cleanEstimate, keptStart, type CleanEstimate, type KeptValues } from "./clean-estimate.js";
import { CLEAN, diffusionPath, startStepAt } from "./denoising-path.js";
import { seededNoise, type NoiseSource } from "./noise-source.js";
import { SAMPLERS, type SamplerName, type SamplerTraits } from "./sampler-table.js";
import { ddimStep, dpmSolverStep, type SolverMemory } from "./step-rules.js";

/** What a callback is told after a step. */
export interface DiffusionProgress {
  /** Steps done, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** The data as they are now, `[B, N, P]`. Not to be changed. */
  readonly x: Batch;
  /** What the clean data looked like when the denoiser was last asked, `[B, N, P]`. Not to be changed. */
  readonly x0: Batch;
}

/** How to sample. */
export interface DiffusionSampleOptions {
  /** Default `"ddim"`. */
  readonly sampler?: SamplerName;
  /** The schedule that the denoiser was trained with; flows (`euler`, `heun`) have none. */
  readonly schedule?: NoiseSchedule;
  /** What the denoiser predicts. Default: what the sampler's name says. `euler` and `heun` take all but `noise`. */
  readonly prediction?: PredictionKind;
  /** Steps to take; fewer than the schedule has are spread evenly (by log(√ᾱ/√(1−ᾱ)) in `dpmpp2m`). Default: all of `ddpm` and its kin, 20 of the others. */
  readonly steps?: number;
  /** Fresh noise of `ddim`, `ddim_x0` and `cfdg_ddim_x0`: 0 none (the default) … 1 as DDPM. */
  readonly eta?: number;
  /** Guidance w: w·conditioned + (1−w)·unconditioned. Default 1.2 for `cfdg_` samplers, else 1 (unguided). */
  readonly guidance?: number;
  /** Share of the way that is walked, above 0, up to 1 (the default): less where the start is a source, see `renoiseSource`. */
  readonly fraction?: number;
  /** Seed of the noise, default 0: the same seed gives the same draw on every engine. */
  readonly seed?: number;
  /** Noise in place of the seed's. */
  readonly noise?: NoiseSource;
  /** Inpainting: values that stay exactly as they are. */
  readonly keep?: KeptValues;
  /** Bound of every estimate of the clean data, in standard deviations. Default none. */
  readonly clip?: number;
  /**
   * `"original"` walks as the Python DExter does, whose published weights were judged so: from one step below the
   * start's level of noise (noise counts as step S − 2, a source noised to step k is taken for step k − 1).
   */
  readonly compat?: "original";
  /** Called after each step. */
  readonly onStep?: (progress: DiffusionProgress) => void;
  /** Stops between two questions to the denoiser; the sampler then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Steps of samplers that need few. */
const FEW_STEPS = 20;

/**
 * Draw data: walk from a start to clean data (see {@link SAMPLERS} for the names).
 *
 * The denoiser is told the diffusion step, 0 … S − 1, or, by `euler` and `heun`, the time in [0, 1) (1 is data).
 *
 * @param denoiser - predicts what `prediction` says
 * @param start - noise (`startNoise`), a re-noised source (`renoiseSource`) or a source, `[B, N, P]`; not changed
 * @param conditions - what each example is to follow, or `null`, `[B]`
 * @returns clean data, `[B, N, P]`
 * @throws RangeError when an option is out of range or does not belong to the sampler
 * @throws ShapeError when kept values or the denoiser's answer do not fit the start
 * @throws the signal's reason when it is aborted
 */
export async function sampleDiffusion<Condition>(
  denoiser: Denoiser<Condition>, start: Batch, conditions: readonly (Condition | null)[], options: DiffusionSampleOptions,
): Promise<Batch> {
  const { sampler = "ddim", keep } = options;
  const traits = Object.hasOwn(SAMPLERS, sampler) ? SAMPLERS[sampler] : undefined;
  if (!traits) throw new RangeError(`sampleDiffusion: sampler must be one of ${Object.keys(SAMPLERS).join(", ")}, got ${JSON.stringify(sampler)}.`);
  const walk = readOptions(sampler, traits, options);
  if (conditions.length !== start.shape[0]) throw new ShapeError(`sampleDiffusion: conditions must be [${start.shape[0]}], got [${conditions.length}].`);
  if (keep) checkKept(start, keep);
  const estimate = cleanEstimate(guide(denoiser, walk.guidance), conditions, { ...options, prediction: walk.prediction });
  return walk.schedule ? walkSchedule(estimate, start, walk.schedule, walk) : walkFlow(estimate, start, walk);
}

/** Options with their defaults. */
interface Walk extends DiffusionSampleOptions {
  readonly rule: SamplerTraits["rule"];
  readonly prediction: PredictionKind;
  readonly eta: number;
  readonly guidance: number;
  readonly fraction: number;
  readonly noise: NoiseSource;
}

function readOptions(sampler: SamplerName, traits: SamplerTraits, options: DiffusionSampleOptions): Walk {
  const { schedule, eta = traits.eta, guidance = traits.guidance, fraction = 1, clip = Infinity, seed = 0 } = options;
  const { prediction = traits.prediction } = options;
  const fail = (message: string): RangeError => new RangeError(`sampleDiffusion: ${message}`);
  const isFlow = traits.rule === "euler" || traits.rule === "heun";
  if (!isFlow && !schedule) throw fail(`sampler "${sampler}" needs a schedule.`);
  if (isFlow && prediction === "noise") throw fail(`sampler "${sampler}" follows flows; for predicted noise take ddim or dpmpp2m.`);
  if (!(eta >= 0 && eta <= 1)) throw fail(`eta must be from 0 to 1, got ${eta}.`);
  if (eta !== traits.eta && !traits.etaIsFree) throw fail(`sampler "${sampler}" has eta ${traits.eta}, got ${eta}; take ddim.`);
  if (!Number.isFinite(guidance)) throw fail(`guidance must be a number, got ${guidance}.`);
  if (!(clip > 0)) throw fail(`clip must be above 0, got ${clip}.`);
  if (!Number.isSafeInteger(seed)) throw fail(`seed must be an integer, got ${seed}.`);
  if (!(fraction > 0 && fraction <= 1)) throw fail(`fraction must be above 0 and at most 1, got ${fraction}.`);
  return { ...options, ...traits, schedule: isFlow ? undefined : schedule, prediction, eta, guidance, fraction, noise: options.noise ?? seededNoise(seed) };
}

async function walkSchedule(estimate: CleanEstimate, start: Batch, schedule: NoiseSchedule, walk: Walk): Promise<Batch> {
  const { rule, eta, fraction, noise, keep, compat, signal, onStep } = walk;
  const first = Math.max(0, startStepAt(schedule, fraction) - (compat === "original" ? 1 : 0));
  const few = rule === "dpmpp2m" || eta < 1;
  const path = diffusionPath(schedule, first, walk.steps ?? (few ? Math.min(FEW_STEPS, first + 1) : first + 1), rule === "dpmpp2m" ? "lambda" : "step");
  let x = keptStart(start, keep, path[0].level, () => noise(-1, start.shape));
  let memory: SolverMemory | null = null;
  for (let k = 0; k < path.length; k++) {
    signal?.throwIfAborted();
    const { step, level } = path[k];
    const x0 = await estimate(x, step, level);
    const next = k + 1 < path.length ? path[k + 1].level : CLEAN;
    if (rule === "dpmpp2m") ({ next: x, memory } = dpmSolverStep(x, x0, level, next, memory));
    else x = ddimStep(x, x0, level, next, eta, () => noise(k, start.shape));
    onStep?.({ step: k + 1, steps: path.length, x, x0 });
    if (signal ?? onStep) await eventLoop();
  }
  return x;
}

/** The flow's own sampler, with the velocity towards the estimate. */
async function walkFlow(estimate: CleanEstimate, start: Batch, walk: Walk): Promise<Batch> {
  const { rule, fraction, noise, keep, steps = FEW_STEPS, signal, onStep } = walk;
  const startTime = 1 - fraction;
  let x0 = start;
  const velocity: Denoiser<null> = async (x, [time]) => {
    x0 = await estimate(x, time, flowLevel(time));
    const clean = x0.data;
    return { data: x.data.map((value, i) => (clean[i] - value) / (1 - time)), shape: x.shape };
  };
  const from = keptStart(start, keep, flowLevel(startTime), () => noise(-1, start.shape));
  return sample(velocity, from, Array.from({ length: start.shape[0] }, () => null), {
    steps, startTime, solver: rule === "heun" ? "heun" : "euler", signal,
    onStep: onStep && ((step, of, x) => onStep({ step, steps: of, x, x0 })),
  }).then((end) => (keep ? keptStart(end, keep, CLEAN, () => end.data) : end));
}
