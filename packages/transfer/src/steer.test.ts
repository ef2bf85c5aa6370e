/**
 * @file Steering a flow that is known in closed form: it draws its noise back, moved by a share of what it is told.
 */
import { describe, expect, test } from "@jest/globals";
import { FEATURE_SETS, readMusicXml, type PerformanceParameters, type Score } from "@dexter/codec";
import { DEFAULT_SAMPLING, DEFAULT_STACK, TARGET_NAMES, type Model, type ModelConfig } from "@dexter/diffusion";
import type { SteerRequest } from "./control-requests.js";
import { steer, type ControlMeasure } from "./steer.js";

const names = ["articulation", "tempo", "dynamics"];
const features = FEATURE_SETS.base.map(({ name }) => name);
const K = names.length;
/** Of a change that it is told, this much comes. */
const SHARE = 0.5;

const config: ModelConfig = {
  format: "dexter-base",
  version: 1,
  features: { set: "base", names: features, mean: features.map(() => 0), sd: features.map(() => 1), clip: 5 },
  targets: { names: TARGET_NAMES, mean: [0, 0, 0, 0, -0.5, 0.4], sd: [0.2, 0.1, 10, 0.5, 0.8, 0.4], clip: 4, slowTempoBeats: 12, timingScaleSec: 0.03 },
  encoder: DEFAULT_STACK,
  denoiser: DEFAULT_STACK,
  sampling: { ...DEFAULT_SAMPLING, steps: 2, guidance: 1, gains: [1, 1, 1, 1, 1, 1], temperature: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3] },
  controls: { names, mean: [-0.5, 0.8, 64], sd: [0.8, 0.5, 12], spread: [0.4, 0.2, 6], offset: { plain: [1, 1, 1], mean: [0, 0, 0], sd: [0.8, 0.2, 10] }, clip: 4 },
  training: {},
};

const model: Model = {
  config,
  runtime: { name: "none", threads: 1 },
  encode: async ({ shape: [N] }) => ({ hidden: { data: new Float32Array(N), shape: [N, 1] }, mean: { data: new Float32Array(N * 6), shape: [N, 6] } }),
  denoiser: ({ ofNote: { length: N } }) => async (noisy, _time, conditions) => {
    const data = new Float32Array(noisy.data.length);
    conditions.forEach((condition, b) => {
      const told = condition?.controls;
      for (let n = 0; told && n < N; n++) data[(b * N + n) * 6 + 4] = SHARE * told.data[n * 2 * K];
    });
    return { data, shape: noisy.shape };
  },
  release: async () => undefined,
};

/** Means over nine notes. */
const measure: ControlMeasure = {
  names: ["dynamics", "articulation", "tempo"],
  measure(_score, { length, articulationLog2, beatPeriod, velocityNorm }: PerformanceParameters) {
    const of = [(n: number) => 127 * velocityNorm[n], (n: number) => articulationLog2[n], (n: number) => Math.log2(60 / beatPeriod[n])];
    const data = new Float32Array(3 * length);
    for (let n = 0; n < length; n++) {
      const near = Array.from({ length: 9 }, (_, i) => n + i - 4).filter((m) => m >= 0 && m < length);
      of.forEach((value, k) => (data[n * 3 + k] = near.reduce((sum, m) => sum + value(m), 0) / near.length));
    }
    return { values: { data, shape: [length, 3] }, mask: new Uint8Array(3 * length).fill(1) };
  },
};

const score: Score = readMusicXml(
  `<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">${Array.from({ length: 10 }, (_, bar) =>
    `<measure number="${bar + 1}">${bar === 0 ? "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>" : ""}${["C", "E", "G", "B"]
      .map((step) => `<note><pitch><step>${step}</step><octave>4</octave></pitch><duration>1</duration><voice>1</voice></note>`).join("")}</measure>`).join("")}</part></score-partwise>`,
);

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
