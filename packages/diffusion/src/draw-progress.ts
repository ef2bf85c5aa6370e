/**
 * @file What a renderer tells of its draws on the way: enough to watch a performance emerge from noise.
 */
import type { Batch } from "./denoiser.js";

/** A draw after a step. */
export interface DrawProgress {
  /** Which of the performances asked for, from 0. */
  readonly sample: number;
  /** Steps done; 0 is the start. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** The draw as it is then, standardized, `[1, N, P]`. Not to be changed. */
  readonly x: Batch;
}

/** Share of the way that is walked from a source unless told otherwise. */
export const DEFAULT_SOURCE_FRACTION = 0.75;
