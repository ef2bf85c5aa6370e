import { describe, expect, test } from "@jest/globals";
import type { PerformanceParameters } from "@dexter/codec";
import { score } from "../test/known-model.js";
import { settleImpressions } from "./settled-impressions.js";
import type { TransferPlan } from "./transfer-plan.js";

const N = score.notes.length;
const names = ["articulation", "dynamics", "dryness"];

/** An impression that comes of short notes and, less, of loud ones. */
const plan: TransferPlan = {
  config: { names, mean: [0, 0, 0], sd: [1, 1, 1], spread: [0.5, 6, 0.1] },
  told: null,
  columns: [2],
  ruler(_score, { articulationLog2, velocityNorm }) {
    const data = Float32Array.from({ length: 3 * N }, (_, i) => {
      const n = Math.floor(i / 3);
      return [articulationLog2[n], 127 * velocityNorm[n], -0.2 * articulationLog2[n] + 0.3 * velocityNorm[n]][i % 3];
    });
    return { values: { data, shape: [N, 3] }, mask: new Uint8Array(3 * N).fill(1) };
  },
};

const played: PerformanceParameters = {
  length: N, release: "key", mask: new Uint8Array(N).fill(1), beatPeriod: new Float64Array(N).fill(0.5), timingSec: new Float64Array(N), pedalNorm: new Float64Array(N),
  velocityNorm: Float64Array.from({ length: N }, (_, n) => (60 + 10 * Math.sin(n)) / 127), articulationLog2: Float64Array.from({ length: N }, (_, n) => -0.5 + 0.1 * Math.cos(2 * n)),
};

/** Dryness 0.15 above what it is. */
function drier() {
  const { values, mask } = plan.ruler(score, played);
  const data = values.data.map((value, i) => (i % 3 === 2 ? value + 0.15 : value));
  return { columns: [2], values: { data, shape: values.shape }, known: mask.map((_, i) => (i % 3 === 2 ? 1 : 0)) };
}

const meanDryness = (parameters: PerformanceParameters): number => {
  const { data } = plan.ruler(score, parameters).values;
  return Array.from({ length: N }, (_, n) => data[n * 3 + 2]).reduce((a, b) => a + b, 0) / N;
};

describe("impressions", () => {
  test("are moved by the controls that make them up, as far as those may go, and what varies within a window stays", () => {
    const moved = settleImpressions(score, played, drier(), plan, new Float32Array(N).fill(1));
    const by = meanDryness(moved) - meanDryness(played);
    expect(by).toBeGreaterThan(0.09);
    expect(by).toBeLessThan(0.17);
    expect(Math.max(...moved.articulationLog2)).toBeLessThan(Math.min(...played.articulationLog2));
    expect(moved.velocityNorm[1] - moved.velocityNorm[4]).toBeCloseTo(played.velocityNorm[1] - played.velocityNorm[4], 2);
    expect(moved.beatPeriod).toEqual(played.beatPeriod);
  });

  test("leave kept notes alone, and controls that have an aim of their own", () => {
    const share = Float32Array.from({ length: N }, (_, n) => (n < 10 ? 0 : 1));
    const moved = settleImpressions(score, played, drier(), plan, share);
    expect([...moved.articulationLog2.subarray(0, 10)]).toEqual([...played.articulationLog2.subarray(0, 10)]);
    expect(moved.articulationLog2[20]).toBeLessThan(played.articulationLog2[20]);
    const aimed = settleImpressions(score, played, drier(), { ...plan, columns: [0, 1, 2] }, new Float32Array(N).fill(1));
    expect(aimed).toBe(played);
  });
});
