/**
 * @file Curves, correlations, deviations and densities as DExter's evaluation computes them.
 *
 * Reference: golden/diffusion/evaluation.json, made by the original code in PyTorch, scipy's `gaussian_kde` for the
 * densities. Its KL divergence is defective (it weights points drawn from p once more by p); the densities under it
 * are right, so its value is rebuilt from ours, and our estimate is checked as the mean of log p − log q at its points.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { sharedPath } from "../../../../tools/shared-data.mjs";
import { correlation, gaussianDensity, rankCorrelation, relativeDeviation } from "../../src/index.js";

const path = sharedPath("golden", "diffusion", "evaluation.json");
if (!path) console.log("Skipped: DExter's evaluation needs golden/diffusion/evaluation.json in DEXTER_SHARED.");

interface Case {
  readonly feat_1: (number | null)[];
  readonly feat_2: (number | null)[];
  readonly feat_3: number[] | null;
  readonly feat_4: number[] | null;
  readonly mask: number[];
  readonly points: number[] | null;
  readonly result: Readonly<Record<string, number | string>>;
}

(path ? describe : describe.skip)("DExter's evaluation", () => {
  const { curves, dev_kl_cor: cases } = JSON.parse(path ? readFileSync(path, "utf8") : '{"dev_kl_cor":{}}') as {
    curves: Record<string, number[]> & { tempo_vel_loss: number; tempo_vel_cor: number };
    dev_kl_cor: Record<string, Case>;
  };
  const column = (values: (number | null)[], mask: number[]) => Float64Array.from(values.filter((_, k) => mask[k] !== 1), (value) => value ?? Number.NaN);

  test("errors and correlations of tempo and velocity curves add up as there", () => {
    const [tempo, label, velocity, labelVelocity] = ["performed_tempo", "label_tempo", "performed_vel", "label_vel"].map((name) => Float64Array.from(curves[name]));
    const error = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + Math.abs(value - b[k]), 0) / a.length;
    expect(correlation(tempo, label) + correlation(velocity, labelVelocity)).toBeCloseTo(curves.tempo_vel_cor, 5);
    expect(error(tempo, label) + error(velocity, labelVelocity)).toBeCloseTo(curves.tempo_vel_loss, 4);
  });

  test.each(Object.entries(cases).filter(([, { points }]) => points !== null))("%s: correlation, deviation, densities", (name, one) => {
    const a = column(one.feat_1, one.mask);
    const b = column(one.feat_2, one.mask);
    expect(correlation(a, b)).toBeCloseTo(one.result.Correlation as number, 9);
    expect(Math.abs(rankCorrelation(a, b))).toBeLessThanOrEqual(1);
    const scale = one.feat_3 ? Float64Array.from(one.feat_3) : b;
    expect(relativeDeviation(a, b, scale)).toBeCloseTo(one.result.Deviation as number, 9);

    // Where either has a gap, the original drops the place in both; the pianists' own values stand in for b where they are given.
    const both = (values: Float64Array) => values.filter((_, k) => !Number.isNaN(a[k]) && !Number.isNaN(b[k]));
    const p = gaussianDensity(both(a))!;
    const q = gaussianDensity(one.feat_4 ? Float64Array.from(one.feat_4) : both(b))!;
    const logs = one.points!.map((point) => [p.logAt(point), q.logAt(point)]);
    const [P, Q] = [0, 1].map((side) => logs.reduce((sum, pair) => sum + Math.exp(pair[side]), 0));
    const defective = logs.reduce((sum, [logP, logQ]) => sum + (Math.exp(logP) / P) * (logP - logQ - Math.log(P / Q)), 0);
    expect(defective).toBeCloseTo(one.result["KL divergence"] as number, 6);
    // What it should have been, where the densities are apart, is several times as much.
    const unbiased = logs.reduce((sum, [logP, logQ]) => sum + logP - logQ, 0) / logs.length;
    expect(unbiased).toBeGreaterThan(2 * defective);
    expect(name).not.toBe("constant");
  });

  test("what does not vary has no density", () => {
    expect(gaussianDensity(Float64Array.from(cases.constant.feat_2, Number))).toBeNull();
  });
});
