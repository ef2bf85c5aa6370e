/**
 * @file A denoiser of segments as a denoiser of whole scores: asked at every step for all windows of the score, whose
 * answers fade into one another. The windows agree from the first step on, so that no seam can form
 * (Bar-Tal et al., 2023, "MultiDiffusion", section 4).
 */
import type { Matrix } from "@dexter/codec";
import { checkBatch, type Batch, type Denoiser } from "../denoiser.js";
import type { ClassicCondition } from "./network.js";
import { joinWindows, windowRows, type SegmentWindow } from "./windows.js";

/** How a score is shown to the network. */
export interface WholeScoreOptions {
  /** Windows of the score, see `cutWindows`. */
  readonly windows: readonly SegmentWindow[];
  /** Notes of a window as the network gets it, padding included. */
  readonly size: number;
  /** Windows that the network is asked for at a time. Default 16. */
  readonly batch?: number;
}

const WINDOWS_AT_A_TIME = 16;

/**
 * Denoise whole scores. A condition describes all `N` notes of the score, whose windows are cut here.
 *
 * @param denoiser - of segments
 */
export function overWindows(denoiser: Denoiser<ClassicCondition>, { windows, size, batch = WINDOWS_AT_A_TIME }: WholeScoreOptions): Denoiser<ClassicCondition> {
  const cut = new WeakMap<ClassicCondition, readonly ClassicCondition[]>();
  const notes = windows[windows.length - 1].to;
  const conditionsOf = (condition: ClassicCondition | null): readonly (ClassicCondition | null)[] => {
    if (!condition) return windows.map(() => null);
    const known = cut.get(condition) ?? windowConditions(condition, notes, windows, size);
    cut.set(condition, known);
    return known;
  };
  return async (noisy, time, conditions) => {
    const [B, N, P] = noisy.shape;
    checkBatch(noisy, time, conditions, P);
    const W = windows.length;
    const rows = new Float32Array(B * W * size * P);
    const each: { readonly time: number; readonly condition: ClassicCondition | null }[] = [];
    for (let b = 0; b < B; b++) {
      const whole: Matrix = { data: noisy.data.subarray(b * N * P, (b + 1) * N * P), shape: [N, P] };
      rows.set(windowRows(whole, windows, size), b * W * size * P);
      for (const condition of conditionsOf(conditions[b])) each.push({ time: time[b], condition });
    }
    const answers = new Float32Array(rows.length);
    const width = size * P;
    for (let first = 0; first < each.length; first += batch) {
      const part = each.slice(first, first + batch);
      const asked: Batch = { data: rows.subarray(first * width, (first + part.length) * width), shape: [part.length, size, P] };
      const answer = await denoiser(asked, Float32Array.from(part, (one) => one.time), part.map(({ condition }) => condition));
      answers.set(answer.data, first * width);
    }
    const data = new Float32Array(noisy.data.length);
    for (let b = 0; b < B; b++) data.set(joinWindows(answers.subarray(b * W * width, (b + 1) * W * width), windows, size, P).data, b * N * P);
    return { data, shape: noisy.shape };
  };
}

/** The condition of each window. */
export function windowConditions({ score, perceptual }: ClassicCondition, notes: number, windows: readonly SegmentWindow[], size: number): ClassicCondition[] {
  const rowsOf = (values: Float32Array): Float32Array[] => {
    const width = values.length / notes;
    const rows = windowRows({ data: values, shape: [notes, width] }, windows, size);
    return windows.map((_, w) => rows.subarray(w * size * width, (w + 1) * size * width));
  };
  const scores = rowsOf(score);
  const perceptuals = perceptual && rowsOf(perceptual);
  return windows.map((_, w) => ({ score: scores[w], ...(perceptuals && { perceptual: perceptuals[w] }) }));
}
