/**
 * @file One step from a level of noise to the next, given what the clean data look like.
 */
import type { Batch } from "../../denoiser.js";
import type { NoiseLevel } from "../prediction.js";

/**
 * DDIM's step: x' = a' x̂₀ + √(s'² − σ²) ε̂ + σ z with σ = η √(s'²/s² · (1 − a²/a'²))
 * (Song, Meng & Ermon, 2021, equations (12) and (16)). η = 1 is DDPM.
 *
 * @param x - at level `from`
 * @param clean - x̂₀
 * @param noise - z, asked for only where σ > 0
 */
export function ddimStep(x: Batch, clean: Batch, from: NoiseLevel, to: NoiseLevel, eta: number, noise: () => Float32Array): Batch {
  if (to.noise === 0) return { data: clean.data.slice(), shape: x.shape };
  const sigma = eta * (to.noise / from.noise) * Math.sqrt(Math.max(0, 1 - (from.signal / to.signal) ** 2));
  const ofX = Math.sqrt(Math.max(0, to.noise ** 2 - sigma ** 2)) / from.noise;
  const ofClean = to.signal - ofX * from.signal;
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = ofX * x.data[i] + ofClean * clean.data[i];
  if (sigma > 0) {
    const z = noise();
    for (let i = 0; i < data.length; i++) data[i] += sigma * z[i];
  }
  return { data, shape: x.shape };
}

/** What DPM-Solver++ remembers of the step before. */
export interface SolverMemory {
  /** x̂₀ of the step before. */
  readonly clean: Batch;
  /** Its step in λ = log(a/s). */
  readonly width: number;
}

/**
 * DPM-Solver++(2M)'s step: x' = (s'/s) x − a' (e^−h − 1) D, D extrapolated from two estimates
 * (Lu et al., 2022, "DPM-Solver++", algorithm 2). The first and the last step are of first order.
 */
export function dpmSolverStep(
  x: Batch, clean: Batch, from: NoiseLevel, to: NoiseLevel, memory: SolverMemory | null,
): { readonly next: Batch; readonly memory: SolverMemory } {
  const width = Math.log(to.signal / to.noise) - Math.log(from.signal / from.noise);
  const remembered = { clean, width };
  if (to.noise === 0) return { next: { data: clean.data.slice(), shape: x.shape }, memory: remembered };
  const ofX = to.noise / from.noise;
  const ofD = -to.signal * Math.expm1(-width);
  const ahead = memory ? width / (2 * memory.width) : 0;
  const before = memory ? memory.clean.data : clean.data;
  const data = new Float32Array(x.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = ofX * x.data[i] + ofD * (clean.data[i] + ahead * (clean.data[i] - before[i]));
  }
  return { next: { data, shape: x.shape }, memory: remembered };
}
