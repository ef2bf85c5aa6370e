/**
 * @file Where a performance shall go: its own controls, moved part of the way toward another performance's, or as requests say.
 */
import type { Matrix, Score } from "@dexter/codec";
import type { ControlConfig } from "@dexter/diffusion";
import { checkRequest, deviationsOf, type SteerRequest } from "./control-requests.js";

/** Controls of a performance in some order of columns. */
export interface MeasuredPerformance {
  /** `[N, K]`. */
  readonly values: Matrix;
  /** 1 where a value is defined, `[N · K]`. */
  readonly mask: Uint8Array;
}

/** What each note's controls shall be. */
export interface TransferAim {
  /** Columns that are moved. */
  readonly columns: readonly number[];
  /** `[N, K]`; the source's own where nothing is asked for. */
  readonly values: Matrix;
  /** 1 where something is asked for, `[N · K]`. */
  readonly known: Uint8Array;
}

/** The source's controls, `strength` of the way toward those of another performance of the same notes. */
export function aimToward(source: MeasuredPerformance, target: MeasuredPerformance, columns: readonly number[], strength: number): TransferAim {
  return aim(source, columns, (_n, _k, i) => (target.mask[i] ? strength * (target.values.data[i] - source.values.data[i]) : Number.NaN));
}

/**
 * The source's controls, moved by `strength` times what is asked for: relative requests count from the source.
 *
 * @returns the aim, and warnings of curves that do not cover the score
 * @throws SteerError when a request cannot be
 */
export function aimOfRequests(
  source: MeasuredPerformance, requests: readonly SteerRequest[], config: ControlConfig, score: Score, strength: number,
): { readonly aim: TransferAim; readonly warnings: readonly string[] } {
  const columns = requests.map((request) => checkRequest(request, config));
  const asked = requests.map((request) => deviationsOf(request, score));
  const moved = aim(source, columns, (n, k, i) => {
    const r = columns.indexOf(k);
    const deviation = asked[r].deviations[n];
    if (requests[r].relative) return strength * deviation * config.spread[k];
    return strength * (config.mean[k] + deviation * config.sd[k] - source.values.data[i]);
  });
  return { aim: moved, warnings: asked.flatMap(({ warnings }) => warnings) };
}

function aim({ values, mask }: MeasuredPerformance, columns: readonly number[], change: (n: number, k: number, i: number) => number): TransferAim {
  const [N, K] = values.shape;
  const data = values.data.slice();
  const known = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) {
    for (const k of columns) {
      const i = n * K + k;
      const by = mask[i] ? change(n, k, i) : Number.NaN;
      if (!Number.isFinite(by)) continue;
      data[i] += by;
      known[i] = 1;
    }
  }
  return { columns, values: { data, shape: [N, K] }, known };
}
