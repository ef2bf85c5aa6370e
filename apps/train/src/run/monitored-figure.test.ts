import { describe, expect, test } from "@jest/globals";
import { UsageError } from "../errors.js";
import { agreementFigures, checkMonitor } from "./monitored-figure.js";
import { longWarmUps } from "./warm-up.js";

describe("the monitored figure", () => {
  const check = (name: string, sampleEvery = 1, hasSamplePiece = true) => () => checkMonitor({ monitor: { name, mode: "min" }, sampleEvery, hasSamplePiece });

  test("the loss and its terms are always there, agreement where every validation draws a sample", () => {
    for (const name of ["loss", "diffusion", "tempo", "pedal"]) expect(check(name, 0, false)).not.toThrow();
    for (const name of Object.keys(agreementFigures({ tempo: 0.5, velocityOnset: 0.5 }))) {
      expect(check(name)).not.toThrow();
      expect(check(name, 2)).toThrow("every validation needs one. Set sampleEvery to 1, got 2");
      expect(check(name, 1, false)).toThrow("needs a validation piece that several pianists played");
    }
  });

  test("a name that no validation answers to is told with the nearest one", () => {
    expect(check("los")).toThrow(new UsageError('monitor.name: no validation has a figure "los". Did you mean "loss"?'));
    expect(check("agreement.velocityonset")).toThrow('Did you mean "agreement.velocityOnset"?');
    expect(check("xxxxxxxx")).toThrow("There are loss, diffusion, tempo, velocity, timing, duration, pedal, agreement.tempo,");
  });
});

test("a warm-up is told when it is longer than its stage, not when it fills it or the stage is left out", () => {
  const stage = (warmup: number, steps: number) => ({ option: "optimizer.warmup", warmup, steps });
  expect(longWarmUps([stage(20, 20), stage(50, 0), stage(200, 20)])).toEqual(["optimizer.warmup is 200 steps, of which the run takes 20: the learning rate ends at 10 % of its peak"]);
});
