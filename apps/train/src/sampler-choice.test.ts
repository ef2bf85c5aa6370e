import { expect, test } from "@jest/globals";
import { SAMPLER_NAMES } from "@dexter/diffusion";
import { UsageError } from "./errors.js";
import { samplerOf } from "./sampler-choice.js";

test("without a wish a model has the sampler that suits its predictions", () => {
  expect([samplerOf("noise", {}, "--"), samplerOf("flow", {}, "--"), samplerOf("x0", { compat: "original" }, "--")]).toEqual(["dpmpp2m", "heun", "cfdg_ddpm"]);
});

test("every sampler is taken by models that it suits, and refused for others", () => {
  for (const sampler of SAMPLER_NAMES) {
    const isFlow = sampler === "euler" || sampler === "heun";
    for (const prediction of ["noise", "x0", "v", "flow"] as const) {
      const ask = (): string => samplerOf(prediction, { sampler }, "sampling.");
      if (isFlow === (prediction === "flow")) expect(ask()).toBe(sampler);
      else expect(ask).toThrow(new UsageError(`sampling.sampler: "${sampler}" does not fit a model that predicts ${prediction}; take ${isFlow ? "dpmpp2m" : "heun"}`));
    }
  }
});

test("fresh noise is chosen where the sampler leaves it free", () => {
  for (const sampler of ["ddim", "ddim_x0", "cfdg_ddim_x0"] as const) expect(samplerOf("noise", { sampler, eta: 0.3 }, "--")).toBe(sampler);
  expect(samplerOf("noise", { sampler: "ddpm", eta: 1 }, "--")).toBe("ddpm");
  expect(() => samplerOf("noise", { sampler: "ddpm", eta: 0.3 }, "--")).toThrow('--eta: "ddpm" has eta 1; take --sampler ddim');
});
