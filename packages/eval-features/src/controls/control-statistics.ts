/**
 * @file What controls are like in a corpus: their mean and spread, and how much of it is the pianist's.
 */
import { ShapeError } from "@dexter/codec";
import { CONTROLS } from "./control-definition.js";
import type { MeasuredControls } from "./measure-controls.js";

/** One figure for each control, in the order of {@link CONTROLS}, `[K]`. */
export interface ControlStatistics {
  /** Names of the controls. */
  readonly names: readonly string[];
  /** Values counted. */
  readonly count: Float64Array;
  /** Mean over all notes of all performances. */
  readonly mean: Float64Array;
  /** Standard deviation over all notes of all performances. */
  readonly sd: Float64Array;
  /** Standard deviation within a score, over its notes and its performances. */
  readonly sdWithinScore: Float64Array;
  /** Standard deviation between performances of one score at the same note; NaN without scores that were played twice. */
  readonly sdBetweenPerformances: Float64Array;
}

/** Gathers statistics, score by score. */
export interface ControlTally {
  /** Count all performances of one score. */
  add(performances: readonly MeasuredControls[]): void;
  /** What was counted so far. */
  result(): ControlStatistics;
}

/** Begin statistics of controls; memory does not grow with the corpus. */
export function controlTally(): ControlTally {
  const K = CONTROLS.length;
  const column = () => new Float64Array(K);
  const [count, mean, squares, within, between, degrees] = [column(), column(), column(), column(), column(), column()];

  function addControl(k: number, performances: readonly MeasuredControls[]): void {
    let scoreCount = 0;
    let scoreMean = 0;
    let scoreSquares = 0;
    const cells = performances[0].mask.length;
    for (let cell = k; cell < cells; cell += K) {
      let here = 0;
      let hereMean = 0;
      let hereSquares = 0;
      for (const { values, mask } of performances) {
        if (!mask[cell]) continue;
        const value = values.data[cell];
        const from = value - hereMean;
        here++;
        hereMean += from / here;
        hereSquares += from * (value - hereMean);
        const fromScore = value - scoreMean;
        scoreCount++;
        scoreMean += fromScore / scoreCount;
        scoreSquares += fromScore * (value - scoreMean);
      }
      if (here > 1) {
        between[k] += hereSquares;
        degrees[k] += here - 1;
      }
    }
    if (scoreCount === 0) return;
    const both = count[k] + scoreCount;
    const apart = scoreMean - mean[k];
    squares[k] += scoreSquares + (apart * apart * count[k] * scoreCount) / both;
    mean[k] += (apart * scoreCount) / both;
    within[k] += scoreSquares;
    count[k] = both;
  }

  return {
    add(performances) {
      if (performances.length === 0) return;
      const cells = performances[0].mask.length;
      for (const { values: { data, shape }, mask } of performances) {
        if (mask.length !== cells || data.length !== cells || shape[1] !== K) {
          throw new ShapeError(`controlTally: expected [${cells / K}, ${K}] values of every performance of a score, got [${shape.join(", ")}].`);
        }
      }
      for (let k = 0; k < K; k++) addControl(k, performances);
    },
    result: () => ({
      names: CONTROLS.map(({ name }) => name),
      count: count.slice(),
      mean: mean.slice(),
      sd: squares.map((sum, k) => Math.sqrt(sum / count[k])),
      sdWithinScore: within.map((sum, k) => Math.sqrt(sum / count[k])),
      sdBetweenPerformances: between.map((sum, k) => Math.sqrt(sum / degrees[k])),
    }),
  };
}

/** Statistics of the controls of many performances, grouped by score. */
export function controlStatistics(scores: Iterable<readonly MeasuredControls[]>): ControlStatistics {
  const tally = controlTally();
  for (const performances of scores) tally.add(performances);
  return tally.result();
}
