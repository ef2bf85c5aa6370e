import { describe, expect, test } from "@jest/globals";
import { ShapeError } from "@dexter/codec";
import type { Batch, Denoiser } from "@dexter/diffusion";
import { redraw } from "./redraw.js";

const batch = (...data: number[]): Batch => ({ data: Float32Array.from(data), shape: [1, data.length, 1] });
const source = batch(2, -1, 0.5, 3);
const noise = batch(0.3, -0.7, 1.1, -1.9);

/**
 * The exact velocity of a flow whose data are normal around `middle` with deviation `sd`:
 * E[z − ε | x_t] = m + (t·sd² − (1 − t)) / ((1 − t)² + t²·sd²) · (x_t − t·m).
 */
function gaussianFlow(middle: number, sd: number): Denoiser<null> {
  return async (noisy, time) => {
    const t = time[0];
    const slope = (t * sd * sd - (1 - t)) / ((1 - t) ** 2 + t * t * sd * sd);
    return { data: noisy.data.map((x) => middle + slope * (x - t * middle)), shape: noisy.shape };
  };
}

describe("redraw", () => {
  test("with strength 0 gives the source back", async () => {
    const same = await redraw(gaussianFlow(10, 1), source, noise, [null], { strength: 0, steps: 8 });
    expect([...same.data]).toEqual([...source.data]);
    expect(same.data).not.toBe(source.data);
  });

  test("with strength 1 does not depend on the source", async () => {
    const options = { strength: 1, steps: 8 };
    const one = await redraw(gaussianFlow(10, 1), source, noise, [null], options);
    const other = await redraw(gaussianFlow(10, 1), batch(9, 9, 9, 9), noise, [null], options);
    expect([...one.data]).toEqual([...other.data]);
  });

  test("moves a source further toward the flow's data the more of it is covered", async () => {
    const far: number[] = [];
    for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
      const { data } = await redraw(gaussianFlow(10, 0.5), batch(0), batch(0), [null], { strength, steps: 200 });
      far.push(10 - data[0]);
    }
    expect(far[0]).toBe(10);
    for (let k = 1; k < far.length; k++) expect(far[k]).toBeLessThan(far[k - 1]);
    expect(Math.abs(far[4])).toBeLessThan(0.1);
  });

  test("follows the flow's exact path: what is covered halfway ends where the equations say", async () => {
    // Along the flow (x_t − t·m) / sqrt((1 − t)² + t²·sd²) is constant.
    const [m, sd, t] = [10, 0.5, 0.5];
    const start = (1 - t) * 0.3 + t * 2;
    const end = m + (sd * (start - t * m)) / Math.sqrt((1 - t) ** 2 + t * t * sd * sd);
    const { data } = await redraw(gaussianFlow(m, sd), batch(2), batch(0.3), [null], { strength: 0.5, steps: 400, solver: "heun" });
    expect(data[0]).toBeCloseTo(end, 3);
  });

  test("takes its part of the steps", async () => {
    for (const [strength, expected] of [[1, 8], [0.5, 4], [0.3, 3], [0.01, 1]] as const) {
      let steps = 0;
      await redraw(gaussianFlow(0, 1), source, noise, [null], { strength, steps: 8, onStep: () => void steps++ });
      expect(steps).toBe(expected);
    }
  });

  test("leaves the source as it was", async () => {
    const before = [...source.data];
    await redraw(gaussianFlow(10, 1), source, noise, [null], { strength: 0.7, steps: 3 });
    expect([...source.data]).toEqual(before);
  });

  test("refuses strengths, steps and shapes out of range", async () => {
    const flow = gaussianFlow(0, 1);
    await expect(redraw(flow, source, noise, [null], { strength: 1.1, steps: 8 })).rejects.toThrow("redraw: strength must be in [0, 1], got 1.1.");
    await expect(redraw(flow, source, noise, [null], { strength: Number.NaN, steps: 8 })).rejects.toThrow(RangeError);
    await expect(redraw(flow, source, noise, [null], { strength: 0.5, steps: 0 })).rejects.toThrow("redraw: steps must be an integer ≥ 1, got 0.");
    await expect(redraw(flow, source, batch(1), [null], { strength: 0.5, steps: 8 })).rejects.toThrow(ShapeError);
  });
});
