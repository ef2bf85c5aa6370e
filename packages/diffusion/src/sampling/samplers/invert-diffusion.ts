/**
 * @file Inversion of the deterministic samplers: the noise that `ddim` or a flow's sampler would make given data of.
 *
 * DDIM's step read backwards: x = (a/a') x' + (s − s' a/a') ε̂(x) (Song, Meng & Ermon, 2021, equation (14), from x' with a', s' to the
 * noisier x with a, s). ε̂ is asked at x itself, by fixed-point iteration, so that the sampler comes back to the data.
 */
import { ShapeError } from "@dexter/codec";
import type { Batch, Denoiser } from "../../denoiser.js";
import { guide } from "../../guidance.js";
import { invert, settle, type Inversion, type InvertOptions } from "../../inversion.js";
import { flowLevel } from "../prediction.js";
import { cleanEstimate } from "./clean-estimate.js";
import { CLEAN, diffusionPath, startStepAt } from "./denoising-path.js";
import type { DiffusionSampleOptions } from "./sample-diffusion.js";
import { SAMPLERS } from "./sampler-table.js";

/** How to invert: as the draw that follows is sampled. */
export interface InvertDiffusionOptions
  extends Pick<DiffusionSampleOptions, "sampler" | "schedule" | "prediction" | "steps" | "guidance" | "fraction" | "signal">,
    Pick<InvertOptions, "tolerance" | "refinements"> {}

const FEW_STEPS = 20;

/**
 * Follow a sampler back. `sampleDiffusion` with the same options comes from the start to the data again.
 *
 * @param denoiser - predicts what `prediction` says
 * @param data - standardized, `[B, N, P]`; not changed
 * @param conditions - what each example followed, or `null`, `[B]`
 * @throws RangeError when the sampler is not `ddim`, `euler` or `heun`, or an option is out of range
 * @throws ShapeError when the conditions do not fit the data
 */
export async function invertDiffusion<Condition>(
  denoiser: Denoiser<Condition>, data: Batch, conditions: readonly (Condition | null)[], options: InvertDiffusionOptions,
): Promise<Inversion> {
  const { sampler = "ddim", schedule, steps, guidance = 1, fraction = 1, signal, tolerance = 1e-5, refinements = 30 } = options;
  if (!["ddim", "euler", "heun"].includes(sampler)) throw new RangeError(`invertDiffusion: sampler must be ddim, euler or heun, got ${JSON.stringify(sampler)}.`);
  if (conditions.length !== data.shape[0]) throw new ShapeError(`invertDiffusion: conditions must be [${data.shape[0]}], got [${conditions.length}].`);
  if (!(fraction > 0 && fraction <= 1)) throw new RangeError(`invertDiffusion: fraction must be above 0 and at most 1, got ${fraction}.`);
  const estimate = cleanEstimate(guide(denoiser, guidance), conditions, { prediction: options.prediction ?? SAMPLERS[sampler].prediction });
  if (sampler !== "ddim") {
    const velocity: Denoiser<null> = async (x, [time]) => {
      const clean = (await estimate(x, time, flowLevel(time))).data;
      return { data: x.data.map((value, i) => (clean[i] - value) / (1 - time)), shape: x.shape };
    };
    return invert(velocity, data, conditions.map(() => null), { steps: steps ?? FEW_STEPS, solver: sampler as "euler" | "heun", startTime: 1 - fraction, signal, tolerance, refinements });
  }
  if (!schedule) throw new RangeError('invertDiffusion: sampler "ddim" needs a schedule.');
  const first = Math.max(0, startStepAt(schedule, fraction));
  const path = diffusionPath(schedule, first, steps ?? Math.min(FEW_STEPS, first + 1), "step");
  let x = data;
  let residual = 0;
  for (let k = path.length - 1; k >= 0; k--) {
    const { step, level: { signal: a, noise: s } } = path[k];
    const to = k + 1 < path.length ? path[k + 1].level : CLEAN;
    const ofEnd = a / to.signal;
    const ofNoise = s - to.noise * ofEnd;
    const end: Batch = { data: x.data.map((value) => ofEnd * value), shape: x.shape };
    // x = end + ofNoise · ε̂(x), so that what must be taken off the end is −ofNoise · ε̂(x).
    const settled = await settle(end, async (guess) => {
      const clean = (await estimate(guess, step, { signal: a, noise: s })).data;
      return Float64Array.from(guess.data, (value, i) => (-ofNoise * (value - a * clean[i])) / s);
    }, { tolerance, refinements, signal });
    x = settled.start;
    residual = Math.max(residual, settled.residual);
  }
  return { start: x, residual };
}
