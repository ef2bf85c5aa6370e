import { expect, test } from "@jest/globals";
import { groupOnsets } from "@dexter/codec";
import type { Denoiser } from "../denoiser.js";
import { flowCentre } from "./flow-centre.js";

const onsets = groupOnsets({ length: 3, onsetQuarter: Float64Array.of(0, 0, 1) });
const target = Float32Array.from({ length: 18 }, (_, i) => i - 9);

/** A flow whose draws are `target + noise`: its velocity is the target everywhere. */
function flow(log: number[] = []): Denoiser<string> {
  return async (noisy, time, conditions) => {
    expect([noisy.shape, conditions]).toEqual([[1, 3, 6], ["score"]]);
    log.push(time[0]);
    return { data: target, shape: noisy.shape };
  };
}

test("is what the flow makes of no noise", async () => {
  const times: number[] = [];
  expect(await flowCentre(flow(times), "score", { recentre: [0, 0, 1, 0, 0, 0] }, onsets)).toEqual(target);
  expect(times).toEqual([0, 0.5]);
});

test("is not computed where nothing is moved to the mean", async () => {
  const asked: number[] = [];
  expect(await flowCentre(flow(asked), "score", {}, onsets)).toBeUndefined();
  expect(await flowCentre(flow(asked), "score", { recentre: [0, 0, 0, 0, 0, 0] }, onsets)).toBeUndefined();
  expect(asked).toEqual([]);
});

test("stops when it is told to", async () => {
  await expect(flowCentre(flow(), "score", { recentre: [1, 1, 1, 1, 1, 1] }, onsets, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
