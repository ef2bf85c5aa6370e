import { describe, expect, test } from "@jest/globals";
import { ShapeError } from "@dexter/codec";
import { normals } from "../test/random-model.js";
import type { Batch, Denoiser } from "./denoiser.js";
import { inpaint } from "./inpainting.js";
import { invert } from "./inversion.js";
import { sample, type SolverName } from "./sampler.js";

const shape = [2, 5, 3] as const;
const data: Batch = { data: normals(30, 1), shape };

/** The flow of normal data around what the condition says, deviation 0.6; each value also looks at its neighbour. */
const flow: Denoiser<number> = async (noisy, time, conditions) => {
  const size = noisy.data.length / conditions.length;
  const values = noisy.data.map((x, i) => {
    const b = Math.floor(i / size);
    const [t, m] = [time[b], conditions[b] ?? 0];
    const slope = (t * 0.36 - (1 - t)) / ((1 - t) ** 2 + t * t * 0.36);
    return m + slope * (x - t * m) + 0.3 * Math.sin(2 * noisy.data[(i + 1) % noisy.data.length]);
  });
  return { data: values, shape: noisy.shape };
};

const furthest = (a: Float32Array, b: Float32Array): number => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

describe("inversion", () => {
  test.each<[SolverName, number, number]>([["euler", 4, 0], ["euler", 9, 0], ["heun", 4, 0], ["euler", 3, 0.4], ["heun", 5, 0.25]])(
    "then sampling gives the data back: %s, %i steps, from time %d",
    async (solver, steps, startTime) => {
      const { start, residual } = await invert(flow, data, [1, -1], { solver, steps, startTime });
      expect(residual).toBeLessThan(1e-5);
      expect(furthest(start.data, data.data)).toBeGreaterThan(0.1);
      const again = await sample(flow, start, [1, -1], { solver, steps, startTime });
      expect(furthest(again.data, data.data)).toBeLessThan(5e-5);
    },
  );

  test("follows the exact path back: (x_t − t·m) / sqrt((1 − t)² + t²·sd²) is constant", async () => {
    const gaussian: Denoiser<null> = async (noisy, [t]) => {
      const slope = (t * 0.25 - (1 - t)) / ((1 - t) ** 2 + t * t * 0.25);
      return { data: noisy.data.map((x) => 2 + slope * (x - 2 * t)), shape: noisy.shape };
    };
    const { start } = await invert(gaussian, { data: Float32Array.of(1, 2, 3), shape: [1, 3, 1] }, [null], { steps: 400, solver: "heun" });
    [-2, 0, 2].forEach((noise, i) => expect(start.data[i]).toBeCloseTo(noise, 2));
  });

  test("under another condition the same performance moves the way the condition asks", async () => {
    const { start } = await invert(flow, data, [1, -1], { steps: 8 });
    const moved = await sample(flow, start, [2, -1], { steps: 8 });
    const changes = moved.data.map((x, i) => x - data.data[i]);
    expect(Math.min(...changes.slice(0, 15))).toBeGreaterThan(0.3);
    expect(Math.max(...changes.slice(16).map(Math.abs))).toBeLessThan(0.9);
  });

  test("tells how far it is from an exact one when it may not refine", async () => {
    const { start, residual } = await invert(flow, data, [1, -1], { steps: 4, refinements: 1 });
    expect(residual).toBeGreaterThan(0.01);
    expect(furthest((await sample(flow, start, [1, -1], { steps: 4 })).data, data.data)).toBeGreaterThan(0.01);
  });

  test("stops when it is told, and refuses what cannot be", async () => {
    await expect(invert(flow, data, [1, -1], { steps: 4, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    await expect(invert(flow, data, [1, -1], { steps: 0 })).rejects.toThrow("invert: steps must be an integer ≥ 1, got 0.");
    await expect(invert(flow, data, [1, -1], { steps: 2, startTime: 1 })).rejects.toThrow("startTime must be in [0, 1), got 1.");
    await expect(invert(flow, data, [1, -1], { steps: 2, tolerance: 0 })).rejects.toThrow("tolerance must be above 0");
  });
});

describe("inpainting", () => {
  const given: Batch = { data: normals(15, 7), shape: [1, 5, 3] };
  const share = Float32Array.of(1, 1, 0.5, 0, 0);

  test("given notes come out as they are, others see them, and between them it is mixed", async () => {
    const noise: Batch = { data: normals(30, 2), shape };
    const free = await sample(flow, noise, [1, -1], { steps: 6 });
    const kept = await sample(inpaint(flow, { values: given, share }), noise, [1, -1], { steps: 6 });
    for (let b = 0; b < 2; b++) {
      for (let i = 0; i < 6; i++) expect(kept.data[b * 15 + i]).toBeCloseTo(given.data[i], 4);
      for (let i = 6; i < 9; i++) {
        const [low, high] = [given.data[i], free.data[b * 15 + i]].sort((x, y) => x - y);
        expect(kept.data[b * 15 + i]).toBeGreaterThan(low - 0.5);
        expect(kept.data[b * 15 + i]).toBeLessThan(high + 0.5);
      }
    }
    // The neighbour before it is kept, so the first free value is another one.
    expect(furthest(kept.data.subarray(9, 15), free.data.subarray(9, 15))).toBeGreaterThan(1e-3);
  });

  test("nothing given changes nothing; shapes must fit", async () => {
    const none = inpaint(flow, { values: given, share: new Float32Array(5) });
    const noise: Batch = { data: normals(30, 2), shape };
    expect((await sample(none, noise, [1, -1], { steps: 3 })).data).toEqual((await sample(flow, noise, [1, -1], { steps: 3 })).data);
    expect(() => inpaint(flow, { values: given, share: new Float32Array(4) })).toThrow(ShapeError);
    await expect(sample(none, { data: new Float32Array(12), shape: [1, 4, 3] }, [1], { steps: 1 })).rejects.toThrow("noisy must be [B, 5, 3], got [1, 4, 3]");
  });
});
