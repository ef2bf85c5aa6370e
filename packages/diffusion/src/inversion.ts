/**
 * @file Inversion of a flow: from data back to the noise that the sampler would make them of.
 *
 * Integrating backwards gives it roughly; here each step of the sampler is inverted exactly, x_k = x_{k+1} − Φ(x_k) with its own
 * increment Φ, by fixed-point iteration (as Pan et al., 2023, "AIDI", section 3, do for DDIM). A draw from there, with the same
 * condition and steps, ends on the data; with another condition it is the same performance under that condition.
 */
import type { Batch, Denoiser } from "./denoiser.js";
import { increment, type SampleOptions } from "./sampler.js";
import { eventLoop } from "./sampling/event-loop.js";

/** How to invert: `steps`, `solver` and `startTime` are those of the draw that follows. */
export interface InvertOptions extends Pick<SampleOptions, "steps" | "solver" | "startTime" | "signal"> {
  /** A step is inverted when nothing moves by more than this, standard deviations. Default 1e-5. */
  readonly tolerance?: number;
  /** Refinements of a step at most; each asks the denoiser as often as the step does. Default 30. */
  readonly refinements?: number;
}

/** Where a draw would have begun. */
export interface Inversion {
  /** The data at `startTime`, `[B, N, P]`: noise for time 0. */
  readonly start: Batch;
  /** Largest movement of the last refinement of any step: how far the steps' equations are from being met, standard deviations. */
  readonly residual: number;
}

/**
 * Follow the flow back.
 *
 * @param denoiser - velocity of the flow; guidance above 1 may keep the iteration from settling
 * @param data - standardized targets, `[B, N, P]`; not changed
 * @param conditions - what each example followed, `[B]`
 * @throws RangeError when steps, times or tolerances are out of range
 * @throws the signal's reason when it is aborted
 */
export async function invert<Condition>(
  denoiser: Denoiser<Condition>, data: Batch, conditions: readonly (Condition | null)[], options: InvertOptions,
): Promise<Inversion> {
  const { steps, solver = "euler", startTime = 0, signal, tolerance = 1e-5, refinements = 30 } = options;
  if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`invert: steps must be an integer ≥ 1, got ${steps}.`);
  if (!(startTime >= 0 && startTime < 1)) throw new RangeError(`invert: startTime must be in [0, 1), got ${startTime}.`);
  const timeAt = (step: number): number => startTime + ((1 - startTime) * step) / steps;
  let x = data;
  let residual = 0;
  for (let step = steps - 1; step >= 0; step--) {
    const from = timeAt(step);
    const width = timeAt(step + 1) - from;
    const twice = solver === "heun" && step < steps - 1;
    const settled = await settle(x, (guess) => increment(denoiser, guess, from, width, conditions, { twice, signal }), { tolerance, refinements, signal });
    x = settled.start;
    residual = Math.max(residual, settled.residual);
  }
  return { start: x, residual };
}

/**
 * Solve start + Φ(start) = end. Where the iteration swings, it goes on with half steps.
 *
 * @param increment - Φ
 */
export async function settle(
  end: Batch, change: (start: Batch) => Promise<Float64Array>,
  { tolerance, refinements, signal }: Required<Pick<InvertOptions, "tolerance" | "refinements">> & Pick<InvertOptions, "signal">,
): Promise<Inversion> {
  if (!(tolerance > 0)) throw new RangeError(`invert: tolerance must be above 0, got ${tolerance}.`);
  if (!Number.isInteger(refinements) || refinements < 0) throw new RangeError(`invert: refinements must be an integer ≥ 0, got ${refinements}.`);
  let start = end;
  let share = 1;
  let residual = Infinity;
  for (let turn = 0; turn <= refinements; turn++) {
    signal?.throwIfAborted();
    const moved = await change(start);
    const data = new Float32Array(end.data.length);
    let furthest = 0;
    for (let i = 0; i < data.length; i++) {
      const off = end.data[i] - moved[i] - start.data[i];
      furthest = Math.max(furthest, Math.abs(off));
      data[i] = start.data[i] + share * off;
    }
    if (furthest > residual) share = Math.max(0.1, share / 2);
    residual = furthest;
    start = { data, shape: end.shape };
    if (signal) await eventLoop();
    if (furthest <= tolerance) break;
  }
  return { start, residual };
}
