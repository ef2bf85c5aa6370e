/**
 * @file The samplers by name: what each walks, with how much fresh noise, and what it takes a denoiser to predict.
 *
 * All but three are one formula, DDIM's with its η: η = 1 is DDPM (Song, Meng & Ermon, 2021, equations (12) and (16)).
 */
import type { PredictionKind } from "../../classic/config.js";

/** A sampler's name; `cfdg_` (classifier-free diffusion guidance) marks those of the original that are guided by default. */
export type SamplerName =
  | "ddpm" | "ddpm_x0" | "ddim" | "ddim_x0" | "ddim2ddpm" | "cfdg_ddpm" | "cfdg_ddpm_x0" | "cfdg_ddim_x0" | "dpmpp2m" | "euler" | "heun";

/** What a name stands for. */
export interface SamplerTraits {
  /** The step formula: DDIM's, DPM-Solver++(2M)'s, or one of the flow solvers. */
  readonly rule: "ddim" | "dpmpp2m" | "euler" | "heun";
  /** Share of fresh noise when the caller does not say: 0 is deterministic, 1 is DDPM. */
  readonly eta: number;
  /** Whether the caller may choose `eta`. */
  readonly etaIsFree: boolean;
  /** What the denoiser predicts when the caller does not say. */
  readonly prediction: PredictionKind;
  /** Guidance when the caller does not say. */
  readonly guidance: number;
}

const DDPM: SamplerTraits = { rule: "ddim", eta: 1, etaIsFree: false, prediction: "noise", guidance: 1 };
const DDIM: SamplerTraits = { ...DDPM, eta: 0, etaIsFree: true };
const FLOW: SamplerTraits = { rule: "euler", eta: 0, etaIsFree: false, prediction: "flow", guidance: 1 };
/** The original's `w`. */
const ORIGINAL_GUIDANCE = 1.2;

/**
 * What every name stands for.
 *
 * | name | step | source | corrected in comparison with the original |
 * |---|---|---|---|
 * | `ddpm` | η = 1, from predicted noise | Ho, Jain & Abbeel (2020), algorithm 2 | |
 * | `ddpm_x0` | η = 1, from predicted data | the same, equation (7) | ends on x̂₀, not on x̂₀/√ᾱ₀ (defect 6) |
 * | `ddim` | η = 0 or as told, from noise | Song, Meng & Ermon (2021), equation (12) | |
 * | `ddim_x0` | the same, from data | the same | ends on x̂₀ (defect 6) |
 * | `ddim2ddpm` | DDIM's formula with η = 1 | the same, equation (16) | |
 * | `cfdg_ddpm` | `ddpm`, guided | Ho & Salimans (2022), equation (6) | one null condition in training and sampling (defect 2) |
 * | `cfdg_ddpm_x0` | `ddpm_x0`, guided | | noise and data follow exactly from each other, no clamp to ±1 (defects 1, 5, 6) |
 * | `cfdg_ddim_x0` | `ddim_x0`, guided | | guidance is w·c + (1−w)·u as everywhere (defect 6) |
 * | `dpmpp2m` | second order, deterministic | Lu et al. (2022), DPM-Solver++, algorithm 2 | new |
 * | `euler`, `heun` | a flow's velocity, first and second order | Liu, Gong & Liu (2023) | new |
 */
export const SAMPLERS: Readonly<Record<SamplerName, SamplerTraits>> = {
  ddpm: DDPM,
  ddpm_x0: { ...DDPM, prediction: "x0" },
  ddim: DDIM,
  ddim_x0: { ...DDIM, prediction: "x0" },
  ddim2ddpm: DDPM,
  cfdg_ddpm: { ...DDPM, guidance: ORIGINAL_GUIDANCE },
  cfdg_ddpm_x0: { ...DDPM, prediction: "x0", guidance: ORIGINAL_GUIDANCE },
  cfdg_ddim_x0: { ...DDIM, prediction: "x0", guidance: ORIGINAL_GUIDANCE },
  dpmpp2m: { ...DDPM, rule: "dpmpp2m", eta: 0 },
  euler: FLOW,
  heun: { ...FLOW, rule: "heun" },
};

/** All names. */
export const SAMPLER_NAMES = Object.keys(SAMPLERS) as readonly SamplerName[];

/** The sampler of a model when the caller does not say; an inversion wants one that has an inverse, the original took `cfdg_ddpm`. */
export function defaultSampler(prediction: PredictionKind, asked: { readonly inversion?: unknown; readonly compat?: "original" } = {}): SamplerName {
  if (prediction === "flow") return "heun";
  if (asked.inversion) return "ddim";
  return asked.compat ? "cfdg_ddpm" : "dpmpp2m";
}
