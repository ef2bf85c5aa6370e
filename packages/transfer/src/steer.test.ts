/**
 * @file Steering a flow that is known in closed form: it draws its noise back, moved by a share of what it is told.
 */
import { describe, expect, test } from "@jest/globals";
import { config, measure, model, score } from "../test/known-model.js";
import type { SteerRequest } from "./control-requests.js";
import { steer } from "./steer.js";

const play = (requests: readonly SteerRequest[], options: { seed?: number; corrections?: number; samples?: number } = {}) => steer(model, score, requests, { measure, seed: 3, ...options });
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe("steering", () => {
  test("a draw that follows by halves is corrected until it does what was asked for", async () => {
    const request: SteerRequest = { control: "articulation", relative: true, value: 1 };
    const { renderings: [once] } = await play([request], { corrections: 0 });
    const { renderings: [corrected] } = await play([request]);
    const [{ neutral, requested, realised }] = corrected.controls;
    expect(requested - neutral).toBeCloseTo(0.4, 5);
    expect(Math.abs(once.controls[0].realised - requested)).toBeGreaterThan(0.1);
    expect(Math.abs(realised - requested)).toBeLessThan(0.02);
  });

  test("tempo and loudness are set: by pianists' deviations from the draw, or by the corpus' from its mean", async () => {
    const { renderings: [neutral] } = await play([]);
    const { renderings: [faster] } = await play([{ control: "tempo", relative: true, value: 2 }, { control: "dynamics", relative: false, value: -1 }]);
    faster.parameters.beatPeriod.forEach((period, n) => expect(Math.log2(neutral.parameters.beatPeriod[n] / period)).toBeCloseTo(0.4, 5));
    expect(faster.controls.map(({ control }) => control)).toEqual(["tempo", "dynamics"]);
    expect(faster.controls[1].realised).toBeCloseTo(52, 1);
    expect(faster.performance.notes.onsetSec.at(-1)).toBeLessThan(neutral.performance.notes.onsetSec.at(-1)!);
    expect(faster.parameters.articulationLog2).toEqual(neutral.parameters.articulationLog2);
  });

  test("a curve of the tempo is followed place by place, and holds nothing beyond its ends", async () => {
    const value = { unit: "bar" as const, at: Float64Array.of(1, 6), value: Float64Array.of(-2, 2) };
    const { renderings: [neutral] } = await play([]);
    const { renderings: [curved], warnings } = await play([{ control: "tempo", relative: true, value }]);
    const faster = Array.from(curved.parameters.beatPeriod, (period, n) => Math.log2(neutral.parameters.beatPeriod[n] / period));
    expect(faster[2]).toBeCloseTo(0.2 * -1.6, 1);
    expect(faster[16]).toBeCloseTo(0.2 * 1.2, 1);
    expect(meanOf(faster.slice(28))).toBeCloseTo(0, 1);
    expect(warnings[0]).toContain("the curve of tempo covers 21 of 40 notes (bar 1 to 6 of 1 to 10.75)");
  });

  test("is the same for the same seed, and each sample is what its seed gives alone", async () => {
    const request: SteerRequest = { control: "articulation", relative: true, value: -1 };
    const { renderings } = await play([request], { samples: 2 });
    const { renderings: [alone] } = await play([request], { seed: 4 });
    expect(renderings.map(({ seed }) => seed)).toEqual([3, 4]);
    expect(renderings[1].parameters).toEqual(alone.parameters);
  });

  test("is refused where the model has no controls, one is asked for twice, or cannot be measured", async () => {
    const request: SteerRequest = { control: "articulation", relative: true, value: 1 };
    await expect(play([request, request])).rejects.toThrow("articulation is asked for twice");
    await expect(play([{ ...request, control: "articulations" }])).rejects.toThrow('Did you mean "articulation"?');
    const without = { ...config, controls: undefined };
    await expect(steer({ ...model, config: without }, score, [request], { measure })).rejects.toThrow("this model has no controls");
    await expect(steer(model, score, [request], { measure: { ...measure, names: ["dynamics", "tempo", "x"] } })).rejects.toThrow('"articulation" cannot be measured');
  });
});
