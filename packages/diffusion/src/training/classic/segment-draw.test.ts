/**
 * @file The order of segments, their variations and their noise.
 */
import { describe, expect, test } from "@jest/globals";
import { randomStream } from "../../base/random-stream.js";
import { DEFAULT_DIFFWAVE } from "../../classic/config.js";
import { noiseSchedule } from "../../sampling/noise-schedule.js";
import { DEFAULT_CLASSIC_TRAINING } from "./classic-options.js";
import { denoisingQuestion, type QuestionKind } from "./denoising-question.js";
import { permutation, segmentOrder } from "./segment-order.js";
import { checkSource, drawParts } from "./segment-draw.js";
import type { ClassicSegment } from "./segment-source.js";
import { mixupWeights, varySegment } from "./segment-variation.js";

describe("the order", () => {
  test.each([1, 2, 3, 17, 64, 1000])("an epoch of %d segments has each once", (length) => {
    const order = permutation(length, 3, 0);
    expect(Array.from({ length }, (_, i) => order.at(i)).sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
  });

  test("seed and epoch alone decide it, wherever one begins to look", () => {
    const whole = segmentOrder(50, 1).from(0, 150);
    expect(segmentOrder(50, 1).from(70, 30)).toEqual(whole.slice(70, 100));
    expect(whole.slice(50, 100)).not.toEqual(whole.slice(0, 50));
    expect(segmentOrder(50, 2).from(0, 50)).not.toEqual(whole.slice(0, 50));
  });

  test("places and numbers have nothing to do with each other", () => {
    const length = 5000;
    const order = permutation(length, 9, 4);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += (i / length - 0.5) * (order.at(i) / length - 0.5) * 12;
    expect(Math.abs(sum / length)).toBeLessThan(0.05);
  });
});

const N = 3;
const segment: ClassicSegment = {
  parameters: Float32Array.from([0.5, 0.4, 0.01, -1, 0, 0, 0, 0, 0, 0, 0.5, 0.6, -0.01, -1, 1]),
  score: Float32Array.from([0, 1, 60, 1, 1, 1, 64, 1, 2, 1, 126, 2]),
  perceptual: Float32Array.from({ length: N * 7 }, (_, i) => i),
  mask: Uint8Array.from([1, 0, 1]),
};

test("transfer takes the partners of a source of pairs, and draws them where it has none", () => {
  const at = (value: number): ClassicSegment => ({ ...segment, parameters: segment.parameters.map((parameter) => parameter + value) });
  const shared = { length: 3, notes: N, scale: { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1] }, fingerprint: "x", read: at };
  const options = { ...DEFAULT_CLASSIC_TRAINING, target: "transfer" as const, network: { ...DEFAULT_DIFFWAVE, segmentNotes: N }, augmentation: { ...DEFAULT_CLASSIC_TRAINING.augmentation, mixup: 0 } };
  const paired = { ...shared, partner: (index: number) => at(10 * index + 10) };
  checkSource(paired, options, "pairs");
  const values = (parts: ReturnType<typeof drawParts>) => parts.map((part) => [part.segment.parameters[0] - 0.5, part.source!.parameters[0] - 0.5].map(Math.round));
  expect(values(drawParts(paired, options, [2, 0], randomStream(1)))).toEqual([[2, 30], [0, 10]]);
  const passages = { ...shared, passage: (index: number) => (index === 0 ? [0] : [1, 2]) };
  expect(values(drawParts(passages, options, [0, 1, 2], randomStream(1)))).toEqual([[1, 2], [1, 2], [2, 1]]);
  expect(() => checkSource(shared, options, "single segments")).toThrow('single segments has no passage with two performances, which target "transfer" needs');
});

test("a network of other columns than the segments' is refused before the first step, with the option that fits", () => {
  const source = { length: 1, notes: N, scale: { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1] }, fingerprint: "x", read: () => segment };
  const attempt = (network: object) => () => checkSource(source, { ...DEFAULT_CLASSIC_TRAINING, network: { ...DEFAULT_DIFFWAVE, segmentNotes: N, ...network } }, "the set");
  expect(attempt({})).not.toThrow();
  expect(attempt({ scoreFeatures: 9 })).toThrow("score must be [3, 9], got 12 values, [3, 4]. Set network.scoreFeatures to 4.");
  expect(attempt({ perceptualFeatures: 3 })).toThrow("perceptual must be [3, 3], got 21 values, [3, 7]. Set network.perceptualFeatures to 7.");
  expect(attempt({ parameters: 4 })).toThrow("Set network.parameters to 5.");
  expect(attempt({ segmentNotes: 4 })).toThrow("has segments of 3 notes, the network's are 4. Open the set with the network's length.");
});

describe("variations", () => {
  test("transposition moves pitch alone and stays on the keyboard's numbers", () => {
    const options = { ...DEFAULT_CLASSIC_TRAINING.augmentation, transpose: 6 };
    const seen = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { score, parameters } = varySegment(segment, options, randomStream(seed), 4, 5);
      seen.add(score[2] - 60);
      expect(score[10]).toBe(Math.min(127, 126 + score[2] - 60));
      expect([score[0], score[1], score[3]]).toEqual([0, 1, 1]);
      expect(parameters).toEqual(segment.parameters);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6]);
  });

  test("a faster performance keeps its proportions", () => {
    const options = { ...DEFAULT_CLASSIC_TRAINING.augmentation, tempoScale: 1 };
    const { parameters, mask } = varySegment(segment, options, randomStream(5), 4, 5);
    const factor = parameters[0] / 0.5;
    expect(factor).toBeGreaterThan(0.5);
    expect(factor).not.toBeCloseTo(1, 3);
    expect(parameters[2] / 0.01).toBeCloseTo(factor, 5);
    expect(parameters[3]).toBe(-1);
    expect([...parameters.subarray(5, 10)]).toEqual([0, 0, 0, 0, 0]);
    expect(mask).toEqual(segment.mask);
  });

  test("wider dynamics keep the mean, a shift moves it", () => {
    const none = DEFAULT_CLASSIC_TRAINING.augmentation;
    const wide = varySegment(segment, { ...none, dynamicsScale: 1 }, randomStream(2), 4, 5).parameters;
    expect((wide[1] + wide[11]) / 2).toBeCloseTo(0.5, 6);
    expect(wide[11] - wide[1]).not.toBeCloseTo(0.2, 3);
    const loud = varySegment(segment, { ...none, loudnessShift: 20 }, randomStream(2), 4, 5).parameters;
    expect(loud[11] - loud[1]).toBeCloseTo(0.2, 6);
    expect(loud[1]).not.toBeCloseTo(0.4, 3);
  });

  test("mixup weights sum to 1; a small α prefers one performance, a large one the middle", () => {
    const spread = (alpha: number | "uniform") => {
      const random = randomStream(11);
      const draws = Array.from({ length: 400 }, () => mixupWeights(2, alpha, random));
      for (const [a, b] of draws) expect(a + b).toBeCloseTo(1, 12);
      return draws.reduce((sum, [a]) => sum + (a - 0.5) ** 2, 0) / draws.length;
    };
    // Var of Beta(α, α) is 1 / (4 (2α + 1)).
    expect(spread("uniform")).toBeCloseTo(1 / 12, 1.5);
    expect(spread(0.2)).toBeCloseTo(1 / 5.6, 1.5);
    expect(spread(8)).toBeCloseTo(1 / 68, 2);
    expect(mixupWeights(3, 1, randomStream(1))).toHaveLength(3);
  });
});

describe("questions", () => {
  const schedule = noiseSchedule(DEFAULT_CLASSIC_TRAINING.schedule);
  const kind: QuestionKind = {
    network: { ...DEFAULT_DIFFWAVE, segmentNotes: N }, schedule, objective: "noise", dropPerceptual: false,
    scale: { mean: [0.5, 0.5, 0, 0, 0.5], sd: [0.1, 0.1, 0.01, 1, 0.5] },
  };

  test("played notes are standardized, others are the mean and do not count", () => {
    const { clean, mask, input, noise, levels } = denoisingQuestion(kind, [{ segment, noisiness: 0.5, dropped: true }], randomStream(1));
    [0, -1, 1, -1, -1, 0, 0, 0, 0, 0, 0, 1, -1, -1, 1].forEach((value, i) => expect(clean[i]).toBeCloseTo(value, 5));
    expect(mask).toEqual(segment.mask);
    expect([...input.step]).toEqual([500]);
    expect([...input.dropped]).toEqual([1]);
    expect(levels[0].signal ** 2).toBeCloseTo(schedule.alphaBars[500], 12);
    expect(input.noisy[1]).toBeCloseTo(levels[0].signal * clean[1] + levels[0].noise * noise[1], 6);
  });

  test("transfer starts from the other performance and asks for what is to change", () => {
    const other: ClassicSegment = { ...segment, perceptual: new Float32Array(N * 7).fill(1), mask: Uint8Array.from([1, 1, 0]) };
    const { noise, mask, input } = denoisingQuestion(kind, [{ segment, source: other, noisiness: 0.1, dropped: false }], randomStream(1));
    expect(noise[1]).toBeCloseTo(-1, 5);
    expect([...mask]).toEqual([1, 0, 0]);
    expect([...input.perceptual!.subarray(0, 3)]).toEqual([-1, 0, 1]);
  });

  test("without perceptual features none are passed on", () => {
    expect(denoisingQuestion({ ...kind, dropPerceptual: true }, [{ segment, noisiness: 0, dropped: false }], randomStream(1)).input.perceptual).toBeNull();
  });

  test("a flow's step runs against its time", () => {
    const flow: QuestionKind = { ...kind, objective: "flow" };
    const { levels, input } = denoisingQuestion(flow, [{ segment, noisiness: 0.25, dropped: false }], randomStream(1));
    expect(input.step[0]).toBeCloseTo(0.25 * 999, 3);
    expect(levels[0].signal).toBeCloseTo(0.75, 6);
  });
});
