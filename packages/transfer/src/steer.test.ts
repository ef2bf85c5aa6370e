/**
 * @file Steering a flow that is known in closed form: it draws its noise back, moved by a share of what it is told.
 */
import { describe, expect, test } from "@jest/globals";
import { describeDraw } from "@dexter/diffusion";
import { config, measure, model, score } from "../test/known-model.js";
import { selectColumns, type SteerRequest } from "./control-requests.js";
import { openSteering, steer, type ControlMeasure, type SteerOptions } from "./steer.js";

const play = (requests: readonly SteerRequest[], options: Partial<SteerOptions> = {}) => steer(model, score, requests, { measure, seed: 3, ...options });
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** The same model with a control that it does not follow by itself: it grows with loudness and, a little, with shortness. */
const controls = config.controls!;
const impressed: typeof model = {
  ...model,
  config: {
    ...config,
    controls: {
      names: [...controls.names, "impression"], mean: [...controls.mean, 0], sd: [...controls.sd, 1], spread: [...controls.spread, 0.1], clip: 4,
      offset: { plain: [...controls.offset.plain, 1], mean: [...controls.offset.mean, 0], sd: [...controls.offset.sd, 1] },
    },
  },
  denoiser: (onsets) => (noisy, time, conditions) =>
    model.denoiser(onsets)(noisy, time, conditions.map((each) => each && { ...each, ...(each.controls ? { controls: selectColumns(each.controls, [0, 1, 2, 4, 5, 6]) } : {}) })),
};
const ruler: ControlMeasure = {
  names: [...measure.names, "impression"],
  measure(...of) {
    const { values: { data, shape: [N] } } = measure.measure(...of);
    const values = Float32Array.from({ length: 4 * N }, (_, i) => (i % 4 < 3 ? data[3 * (i >> 2) + (i % 4)] : 0.01 * data[3 * (i >> 2)] - 0.05 * data[3 * (i >> 2) + 1]));
    return { values: { data: values, shape: [N, 4] }, mask: new Uint8Array(4 * N).fill(1) };
  },
};

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

  test("what is not followed by itself is moved by levers that are, as far as they bear on it", async () => {
    const request: SteerRequest = { control: "impression", relative: true, value: -1 };
    const levered = { ...ruler, levers: ["tempo", "dynamics", "articulation"] };
    const { renderings: [without] } = await steer(impressed, score, [request], { measure: ruler, seed: 3 });
    const steerer = openSteering(impressed, score, { measure: levered, seed: 3 });
    const { renderings: [moved] } = await steerer.play([request]);
    const [{ neutral, requested, realised, uncorrected }] = moved.controls;
    expect(requested).toBeCloseTo(neutral - 0.1, 5);
    expect(without.controls[0].realised).toBeCloseTo(neutral, 5);
    expect(uncorrected).toBeCloseTo(neutral, 5);
    expect(Math.abs(realised - requested)).toBeLessThan(0.02);
    // Softer, hardly longer, at the same tempo.
    expect(meanOf(moved.parameters.velocityNorm)).toBeLessThan(meanOf(without.parameters.velocityNorm) - 0.04);
    expect(moved.quartersPerMinute).toBeCloseTo(without.quartersPerMinute, 1);
    // The same under another request before it.
    await steerer.play([{ ...request, value: 2 }]);
    expect((await steerer.play([request])).renderings[0].parameters).toEqual(moved.parameters);
  });

  test("is the same for the same seed, and each sample is what its seed gives alone", async () => {
    const request: SteerRequest = { control: "articulation", relative: true, value: -1 };
    const { renderings } = await play([request], { samples: 2 });
    const { renderings: [opposite] } = await play([request], { opposite: true });
    expect(renderings.map(describeDraw)).toEqual(["seed 3", "seed 3, opposite"]);
    expect(renderings[1].parameters).toEqual(opposite.parameters);
    const { renderings: independent } = await play([request], { samples: 2, independent: true });
    const { renderings: [alone] } = await play([request], { seed: 4 });
    expect(independent.map(({ parameters }) => parameters)).toEqual([renderings[0].parameters, alone.parameters]);
  });

  test("is refused where the model has no controls, one is asked for twice, or cannot be measured", async () => {
    const request: SteerRequest = { control: "articulation", relative: true, value: 1 };
    await expect(play([request, request])).rejects.toThrow("articulation is asked for twice");
    await expect(play([request], { samples: 2.5 })).rejects.toThrow("samples must be an integer ≥ 1, got 2.5");
    await expect(play([{ ...request, control: "articulations" }])).rejects.toThrow('Did you mean "articulation"?');
    const without = { ...config, controls: undefined };
    await expect(steer({ ...model, config: without }, score, [request], { measure })).rejects.toThrow("this model has no controls");
    await expect(steer(model, score, [request], { measure: { ...measure, names: ["dynamics", "tempo", "x"] } })).rejects.toThrow('"articulation" cannot be measured');
  });
});
