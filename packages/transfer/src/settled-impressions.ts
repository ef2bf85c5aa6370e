/**
 * @file Perceptual controls have no parameter of their own: what is missing of them is moved by the musical controls that change them here.
 *
 * Every musical control that is not aimed at itself is tried a little on the performance as it is; from what each of them changes of each
 * impression around each note, the shortest common move is computed (least squares with a ridge), made, and measured.
 */
import type { PerformanceParameters, Score } from "@dexter/codec";
import { moveControls, MOVED_CONTROLS, type ControlMove, type MovedControl } from "./control-moves.js";
import type { MeasuredPerformance, TransferAim } from "./transfer-aim.js";
import { isMoved, type TransferPlan } from "./transfer-plan.js";
import { windowMean } from "./window-mean.js";

/** Turns of trying and moving. */
const TURNS = 3;
/** A control is tried at this many of the deviations by which pianists differ. */
const TRIED = 1;
/** Shares of a step that are made, the largest that helps. */
const PARTS = [1, 0.5, 0.25] as const;
/** Steps are evened out over so much to either side, quarters. */
const REACH_QUARTERS = 8;
/** A turn moves a control by at most this many. */
const MOST = 1;
/** A response of this much of a deviation for one counts half. */
const RIDGE = 0.7;

/** The performance nearer to its perceptual aims; the same where there are none, or nothing helps. */
export function settleImpressions(
  score: Score, drawn: PerformanceParameters, aim: TransferAim, { config: { names, spread }, columns, ruler }: TransferPlan, share: Float32Array,
): PerformanceParameters {
  const impressions = columns.filter((k) => !isMoved(names[k]));
  const levers = MOVED_CONTROLS.flatMap((name) => {
    const k = (names as readonly string[]).indexOf(name);
    return k >= 0 && !columns.includes(k) ? [{ name, k }] : [];
  });
  if (impressions.length === 0 || levers.length === 0) return drawn;
  const [N, K] = aim.values.shape;
  const missOf = ({ values, mask }: MeasuredPerformance, n: number, k: number): number => {
    const i = n * K + k;
    return aim.known[i] && mask[i] ? (aim.values.data[i] - values.data[i]) / spread[k] : 0;
  };
  const away = (measured: MeasuredPerformance): number => impressions.reduce((sum, k) => {
    for (let n = 0; n < N; n++) sum += share[n] * missOf(measured, n, k) ** 2;
    return sum;
  }, 0);
  const moved = (parameters: PerformanceParameters, measured: MeasuredPerformance, steps: readonly Float64Array[]): PerformanceParameters => {
    const moves: Partial<Record<MovedControl, ControlMove>> = {};
    levers.forEach(({ name, k }, l) => {
      moves[name] = { by: steps[l].map((step, n) => share[n] * step * spread[k]), now: Float64Array.from({ length: N }, (_, n) => measured.values.data[n * K + k]) };
    });
    return moveControls(score, parameters, moves);
  };

  let best = drawn;
  let measured = ruler(score, drawn);
  for (let turn = 0; turn < TURNS; turn++) {
    const responses = levers.map((_, l) => {
      const tried = ruler(score, moved(best, measured, levers.map((__, m) => new Float64Array(N).fill(m === l ? TRIED : 0))));
      return impressions.map((k) => Float64Array.from({ length: N }, (__, n) => (missOf(measured, n, k) - missOf(tried, n, k)) / TRIED));
    });
    const steps = levers.map(() => new Float64Array(N));
    for (let n = 0; n < N; n++) {
      const rows = impressions.map((_, p) => responses.map((response) => response[p][n]));
      shortestStep(rows, impressions.map((k) => missOf(measured, n, k))).forEach((step, l) => (steps[l][n] = Math.max(-MOST, Math.min(MOST, step))));
    }
    const smooth = steps.map((own) => windowMean(score, own, REACH_QUARTERS));
    // Impressions answer unevenly: where the whole step overshoots, a part of it may do.
    let helped = false;
    for (const part of PARTS) {
      const next = moved(best, measured, smooth.map((own) => own.map((step) => part * step)));
      const after = ruler(score, next);
      if (!(away(after) < away(measured))) continue;
      best = next;
      measured = after;
      helped = true;
      break;
    }
    if (!helped) break;
  }
  return best;
}

/** x = Rᵀ (R Rᵀ + ridge² I)⁻¹ miss: how far each lever goes. */
function shortestStep(rows: readonly (readonly number[])[], miss: readonly number[]): number[] {
  const P = rows.length;
  const system = rows.map((a, i) => [...rows.map((b, j) => a.reduce((sum, value, l) => sum + value * b[l], 0) + (i === j ? RIDGE * RIDGE : 0)), miss[i]]);
  for (let i = 0; i < P; i++) {
    let pivot = i;
    for (let j = i + 1; j < P; j++) if (Math.abs(system[j][i]) > Math.abs(system[pivot][i])) pivot = j;
    [system[i], system[pivot]] = [system[pivot], system[i]];
    for (let j = 0; j < P; j++) {
      if (j === i) continue;
      const factor = system[j][i] / system[i][i];
      for (let c = i; c <= P; c++) system[j][c] -= factor * system[i][c];
    }
  }
  const weights = system.map((row, i) => row[P] / row[i]);
  return rows[0].map((_, l) => rows.reduce((sum, row, p) => sum + row[l] * weights[p], 0));
}
