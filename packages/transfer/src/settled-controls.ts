/**
 * @file What a draw missed of the musical controls, moved along their own parameters.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { moveControls, type ControlMove, type MovedControl } from "./control-moves.js";
import type { MeasuredPerformance, TransferAim } from "./transfer-aim.js";
import { isMoved, type TransferPlan } from "./transfer-plan.js";
import { windowMean } from "./window-mean.js";

/** Windows overlap, so that one move is not enough. */
const MOVES = 3;
/** About how far the windows of the controls reach to either side. */
const WINDOW_REACH_QUARTERS = 4;

/** Move what a draw missed of the musical controls, window by window. */
export function settleMoves(score: Score, drawn: PerformanceParameters, before: MeasuredPerformance, aim: TransferAim, { config: { names }, columns, ruler }: TransferPlan, keep: Float32Array): PerformanceParameters {
  const K = names.length;
  const movable = columns.filter((k) => isMoved(names[k]));
  // Where what is kept fills a window, what is not must not make up for it. Running sums may leave [0, 1] by rounding.
  const near = windowMean(score, keep, WINDOW_REACH_QUARTERS).map((share) => Math.max(0, Math.min(1, share)));
  let parameters = drawn;
  for (let turn = 0; turn < MOVES && movable.length > 0; turn++) {
    const { values, mask } = ruler(score, parameters);
    const moves: Partial<Record<MovedControl, ControlMove>> = {};
    for (const k of movable) {
      const by = new Float64Array(score.notes.length);
      const now = new Float64Array(score.notes.length);
      for (let n = 0; n < by.length; n++) {
        const i = n * K + k;
        now[n] = values.data[i];
        if (!aim.known[i] || !mask[i]) continue;
        const wanted = aim.values.data[i] + near[n] * (before.values.data[i] - aim.values.data[i]);
        by[n] = (1 - keep[n]) * (wanted - values.data[i]);
      }
      moves[names[k] as MovedControl] = { by, now };
    }
    parameters = moveControls(score, parameters, moves);
  }
  return parameters;
}
