/**
 * @file Warm-ups that a run is too short for: it may be meant for a trial, so it is said and not refused.
 */

/** A stage's steps, and those of its warm-up. */
export interface WarmUp {
  /** The option, as in the configuration. */
  readonly option: string;
  /** Steps of the warm-up. */
  readonly warmup: number;
  /** Steps of the stage. */
  readonly steps: number;
}

/** What to tell of those that are longer than their stage. */
export function longWarmUps(stages: readonly WarmUp[]): string[] {
  return stages
    .filter(({ warmup, steps }) => steps > 0 && warmup > steps)
    .map(({ option, warmup, steps }) => `${option} is ${warmup} steps, of which the run takes ${steps}: the learning rate ends at ${percent(steps / warmup)} of its peak`);
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
