import { expect, test } from "@jest/globals";
import { testConfig } from "../../test/random-model.js";
import { tinyScore } from "../../test/tiny-score.js";
import { modelNotes } from "../base/model-notes.js";
import { targetsToParameters } from "../base/targets.js";
import type { ModelConfig, SamplingConfig } from "../model/config.js";
import type { Model } from "../model/model.js";
import { fitGains } from "./gains.js";
import type { TrainingPiece } from "./training-piece.js";

const N = 40;
const config = testConfig();
const VELOCITY = 2;
const wave = (size: number): Float32Array => Float32Array.from({ length: 6 * N }, (_, i) => (i % 6 === VELOCITY ? size * Math.sin(Math.floor(i / 6)) : 0));
const bar = ["C", "D", "E", "F"].map((step) => ({ step, octave: 4, sixteenths: 4 }));
const notes = modelNotes(tinyScore(Array.from({ length: N / 4 }, () => bar)));

/** A model whose draws are a wave without noise, and whose mean is another. */
function model(drawn: number, mean: number, sampling: Partial<SamplingConfig>): Model {
  const own: ModelConfig = { ...config, sampling: { ...config.sampling, guidance: 1, steps: 2, temperature: new Array<number>(6).fill(0), ...sampling } };
  return {
    config: own,
    runtime: { name: "none", threads: 1 },
    encode: async () => ({ hidden: { data: new Float32Array(N), shape: [N, 1] }, mean: { data: wave(mean), shape: [N, 6] } }),
    denoiser: () => async (noisy) => ({ data: wave(drawn), shape: noisy.shape }),
    release: async () => undefined,
  };
}

const pianist = targetsToParameters(
  notes, { data: wave(1).map((value, i) => value * config.targets.sd[i % 6] + config.targets.mean[i % 6]), shape: [N, 6] },
  { log2SecPerQuarter: -1, meanVelocity: 64, slowTempoFactor: 1 }, config.targets,
);
const piece: TrainingPiece = { name: "waves", notes, features: { data: new Float32Array(3 * N), shape: [N, 3] }, performances: [pianist] };

test.each<[string, Partial<SamplingConfig>, number]>([
  ["the draws", {}, 1 / 0.8],
  ["the draws, moved to the mean", { recentre: [0, 0, 1, 0, 0, 0] }, 1 / 1.3],
  ["the draws, moved halfway", { recentre: [0, 0, 0.5, 0, 0, 0] }, 1 / 1.05],
  ["draws that are half the mean", { meanShare: [0, 0, 0.5, 0, 0, 0] }, 1 / 1.05],
])("gains bring %s to the pianist's spread", async (_, sampling, gain) => {
  expect(notes.length).toBe(N);
  const gains = await fitGains(model(0.8, 1.3, sampling), [piece]);
  expect(gains[VELOCITY]).toBeCloseTo(gain, 3);
});
