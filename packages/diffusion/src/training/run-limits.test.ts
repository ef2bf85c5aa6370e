/**
 * @file What is too large is told before it is made; what is not passes.
 */
import { ShapeError } from "@dexter/codec";
import { describe, expect, test } from "@jest/globals";
import { isBeta, noiseSchedule } from "../sampling/noise-schedule.js";
import { classicTrainingOptions } from "./classic/classic-options.js";
import { trainingOptions } from "./options.js";
import { MAX_PASS_NOTES, MAX_WEIGHTS } from "./run-limits.js";

describe("limits of a run", () => {
  test("a pass may have as many notes as the limit says, in training and validation, and no more", () => {
    const tiny = { segmentNotes: 128, residualChannels: 4, residualLayers: 2 };
    const most = MAX_PASS_NOTES / 128;
    expect(classicTrainingOptions({ network: tiny, batch: most, validation: { batch: most } }).batch).toBe(most);
    expect(() => classicTrainingOptions({ network: tiny, batch: most + 1 })).toThrow(ShapeError);
    expect(() => classicTrainingOptions({ network: tiny, validation: { batch: most + 1 } })).toThrow(/validation\.batch × network\.segmentNotes/);
    expect(trainingOptions({ batch: MAX_PASS_NOTES / 512 }).batch).toBe(512);
    expect(() => trainingOptions({ batch: MAX_PASS_NOTES / 512 + 1 })).toThrow(/batch × notes/);
  });

  test("the original's batch of 256 is one pass of its DiffWave; passes that accumulate are counted one by one", () => {
    expect(classicTrainingOptions({ batch: 256, accumulate: 65_536 }).batch).toBe(256);
    expect(() => classicTrainingOptions({ batch: 512 })).toThrow(/512 × 200 × 9,216 = 943,718,400/);
  });

  test("what the U-Net's smallest image attends to counts, the square of a segment", () => {
    const unet = (segmentNotes: number) => () => classicTrainingOptions({ network: { kind: "unet", segmentNotes }, batch: 1, validation: { batch: 1 } });
    expect(unet(3600)).not.toThrow();
    expect(unet(8192)).toThrow(/1 × 8192 × 294,912 = 2,415,919,104/);
  });

  test("weights are counted, not made", () => {
    expect(MAX_WEIGHTS * 5 * Float32Array.BYTES_PER_ELEMENT).toBeLessThan(2 ** 31);
    expect(() => classicTrainingOptions({ network: { residualChannels: 8192, residualLayers: 256 } })).toThrow("got 138,641,048,581");
    expect(() => classicTrainingOptions({ network: { kind: "unet", dim: 512 } })).toThrow(/network must have at most 100,000,000 weights/);
    const wide = { hidden: 1024, blocks: 16, kernel: 7, dilations: Array<number>(16).fill(1) };
    expect(() => trainingOptions({ encoder: wide })).toThrow(/encoder and denoiser together must have at most/);
  });

  test("betas that single precision rounds to 0 or 1 are refused where the schedule would be", () => {
    for (const [beta, holds] of [[0, false], [1e-9, false], [1e-7, true], [0.5, true], [0.99999999, false], [1, false], [Number.NaN, false]] as const) {
      expect(isBeta(beta)).toBe(holds);
      const make = () => noiseSchedule({ kind: "linear", steps: 3, betaStart: beta, betaEnd: 0.5 });
      if (holds) expect(Math.min(...make().posteriorVariance.subarray(1), ...make().sqrtOneMinusAlphaBars)).toBeGreaterThan(0);
      else expect(make).toThrow(RangeError);
    }
  });
});

test("a fold that there is none of, and a loss of nothing, are refused", () => {
  expect(() => trainingOptions({ fold: { index: 3, of: 3 } })).toThrow("fold.index must be from 0 to 2, one of the 3 folds, got 3");
  expect(trainingOptions({ fold: { index: 2, of: 3 } }).fold).toEqual({ index: 2, of: 3 });
  const nothing = [0, 0, 0, 0, 0, 0];
  expect(() => trainingOptions({ mean: { channelWeights: nothing } })).toThrow("mean.channelWeights must have one above 0, or nothing is learned");
  expect(() => trainingOptions({ flow: { channelWeights: nothing } })).toThrow("flow.channelWeights must have one above 0");
  expect(() => trainingOptions({ flow: { channelWeights: nothing, steps: 0 } })).not.toThrow();
});
