import { noiseSchedule, type NoiseSchedule } from "./noise-schedule.js";
import type { NoiseScheduleConfig } from "../classic/config.js";
import { readGolden } from "../../test/golden/reference.js";

const schedule = (config: Partial<NoiseScheduleConfig>): NoiseSchedule =>
  noiseSchedule({ kind: "linear", steps: 10, betaStart: 0.1, betaEnd: 0.2, ...config });

describe("noiseSchedule", () => {
  test("the signal that is left is the product of all steps", () => {
    const { alphaBars, posteriorVariance, sqrtAlphaBars, sqrtOneMinusAlphaBars } = schedule({ steps: 2 });
    expect(alphaBars[0]).toBeCloseTo(0.9, 6);
    expect(alphaBars[1]).toBeCloseTo(0.9 * 0.8, 6);
    expect(posteriorVariance[0]).toBe(0);
    expect(posteriorVariance[1]).toBeCloseTo((0.2 * 0.1) / 0.28, 6);
    expect(sqrtAlphaBars[1] ** 2 + sqrtOneMinusAlphaBars[1] ** 2).toBeCloseTo(1, 12);
  });

  test("one step is a schedule, too", () => {
    for (const kind of ["linear", "quadratic", "sigmoid"] as const) expect(schedule({ kind, steps: 1 }).betas[0]).toBeCloseTo(kind === "sigmoid" ? 0.1002 : 0.1, 3);
    expect(schedule({ kind: "cosine", steps: 1 }).betas[0]).toBeCloseTo(0.9999, 6);
  });

  test("a strong schedule keeps a little signal at its end, where single precision would have none", () => {
    const { sqrtAlphaBars } = schedule({ steps: 1000, betaStart: 1e-4, betaEnd: 0.2 });
    expect(sqrtAlphaBars[999]).toBeGreaterThan(0);
    expect(Math.fround(sqrtAlphaBars[999] ** 2)).toBeLessThan(1e-44);
  });

  test("steps, β and kinds out of range are refused", () => {
    expect(() => schedule({ steps: 0 })).toThrow("noiseSchedule: steps must be an integer from 1 to 100000, got 0.");
    expect(() => schedule({ steps: 1e9 })).toThrow(RangeError);
    expect(() => schedule({ betaEnd: 1 })).toThrow("betaEnd must be above 0 and below 1 in single precision, got 1.");
    expect(() => schedule({ betaStart: Number.NaN })).toThrow("betaStart");
    expect(() => schedule({ kind: "steep" as "linear" })).toThrow('got "steep"');
  });
});

const golden = readGolden("schedules");
(golden ? describe : describe.skip)("noise schedules against PyTorch", () => {
  const recipe = golden?.recipe as { readonly recipe: { readonly linear: Record<string, [number, number, number]> } };

  test("all tables of the linear schedules agree to 1e-6", () => {
    for (const [name, [betaStart, betaEnd, steps]] of Object.entries(recipe.recipe.linear)) {
      const ours = noiseSchedule({ kind: "linear", steps, betaStart, betaEnd });
      const tables = {
        betas: ours.betas, alphas: ours.alphas, alphas_cumprod: ours.alphaBars, sqrt_alphas_cumprod: ours.sqrtAlphaBars,
        sqrt_one_minus_alphas_cumprod: ours.sqrtOneMinusAlphaBars, sqrt_recip_alphas: ours.sqrtRecipAlphas, posterior_variance: ours.posteriorVariance,
      };
      for (const [table, values] of Object.entries(tables)) expect(golden!.difference(`${name}/${table}`, values)).toBeLessThan(1e-6);
    }
  });

  test("the three kinds that the original never used agree, too", () => {
    for (const kind of ["cosine", "quadratic", "sigmoid"] as const) {
      const { betas } = noiseSchedule({ kind, steps: 100, betaStart: 1e-4, betaEnd: 0.02 });
      expect(golden!.difference(`${kind}_100/betas`, betas)).toBeLessThan(1e-6);
    }
  });
});
