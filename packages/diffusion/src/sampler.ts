/**
 * @file Draws from a flow: follow the denoiser's velocity from noise at time 0
 * to data at time 1.
 *
 * Rectified flow: x_t = (1 − t)·ε + t·z with velocity z − ε (Liu, Gong & Liu, 2023, equation (1)).
 */
import { ShapeError } from "@dexter/codec";
import type { Batch, Denoiser } from "./denoiser.js";
import { eventLoop } from "./sampling/event-loop.js";

/** How a flow's path is followed. */
export type SolverName = "euler" | "heun";

/** How to sample. */
export interface SampleOptions {
  /** Steps from `startTime` to 1; Heun asks the denoiser twice a step, but once in the last. */
  readonly steps: number;
  /** Default `"euler"`. */
  readonly solver?: SolverName;
  /** Where `start` lies on the path: 0 for noise (the default), above 0 for a source that was re-noised. */
  readonly startTime?: number;
  /** Stops between two steps; the sampler then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each step with the data as they are then, not to be changed. */
  readonly onStep?: (step: number, steps: number, x: Batch) => void;
}

/**
 * Follow the flow to its end.
 *
 * @param denoiser - velocity of the flow (guided or not)
 * @param start - noise, or a source from {@link renoise}, `[B, N, P]`; not changed
 * @param conditions - what each example is to follow, `[B]`
 * @returns data at time 1, `[B, N, P]`
 * @throws RangeError when steps or times are out of range
 * @throws the signal's reason when it is aborted
 */
export async function sample<Condition>(
  denoiser: Denoiser<Condition>,
  start: Batch,
  conditions: readonly (Condition | null)[],
  options: SampleOptions,
): Promise<Batch> {
  const { steps, solver = "euler", startTime = 0, signal, onStep } = options;
  if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`sample: steps must be an integer ≥ 1, got ${steps}.`);
  if (!(startTime >= 0 && startTime < 1)) throw new RangeError(`sample: startTime must be in [0, 1), got ${startTime}.`);
  const timeAt = (step: number): number => startTime + ((1 - startTime) * step) / steps;
  let x = start;
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    const from = timeAt(step);
    const width = timeAt(step + 1) - from;
    const change = await increment(denoiser, x, from, width, conditions, { twice: solver === "heun" && step < steps - 1, signal });
    x = { data: x.data.map((value, i) => value + change[i]), shape: x.shape };
    onStep?.(step + 1, steps, x);
    if (signal ?? onStep) await eventLoop();
  }
  return x;
}

/**
 * A point on the path between noise and a source: (1 − time)·noise + time·source.
 *
 * @throws ShapeError when the shapes differ
 */
export function renoise(source: Batch, noise: Batch, time: number): Batch {
  sameShape("renoise", source, noise);
  const data = source.data.map((value, i) => (1 - time) * noise.data[i] + time * value);
  return { data, shape: source.shape };
}

/**
 * How far a denoiser is from the flow: the mean square of its velocity minus (data − noise), at one time per example.
 *
 * @param data - clean targets, `[B, N, P]`
 * @param noise - of the same shape
 * @param time - of each example, in [0, 1], `[B]`
 * @param conditions - of each example, `[B]`
 * @throws ShapeError when the shapes differ
 */
export async function flowLoss<Condition>(
  denoiser: Denoiser<Condition>, data: Batch, noise: Batch, time: Float32Array, conditions: readonly (Condition | null)[],
): Promise<number> {
  sameShape("flowLoss", data, noise);
  const [B, N, P] = data.shape;
  const noisy = data.data.map((z, i) => {
    const t = time[Math.floor(i / (N * P))];
    return (1 - t) * noise.data[i] + t * z;
  });
  const velocity = await denoiser({ data: noisy, shape: data.shape }, time, conditions);
  let sum = 0;
  velocity.data.forEach((v, i) => (sum += (v - (data.data[i] - noise.data[i])) ** 2));
  return sum / (B * N * P);
}

function sameShape(action: string, expected: Batch, noise: Batch): void {
  if (expected.shape.join() !== noise.shape.join()) {
    throw new ShapeError(`${action}: noise must be [${expected.shape.join(", ")}], got [${noise.shape.join(", ")}].`);
  }
}

/**
 * What one step adds: Euler's rule, or, asking twice, Heun's.
 *
 * @returns `B · N · P` values
 */
export async function increment<Condition>(
  denoiser: Denoiser<Condition>, x: Batch, from: number, width: number, conditions: readonly (Condition | null)[],
  { twice, signal }: { readonly twice: boolean; readonly signal?: AbortSignal },
): Promise<Float64Array> {
  const at = (time: number): Float32Array => new Float32Array(x.shape[0]).fill(time);
  const velocity = await denoiser(x, at(from), conditions);
  if (!twice) return Float64Array.from(velocity.data, (value) => width * value);
  signal?.throwIfAborted();
  const next = { data: x.data.map((value, i) => value + width * velocity.data[i]), shape: x.shape };
  const ahead = await denoiser(next, at(from + width), conditions);
  return Float64Array.from(velocity.data, (value, i) => (width / 2) * (value + ahead.data[i]));
}
