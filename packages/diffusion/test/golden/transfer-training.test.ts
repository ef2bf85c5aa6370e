/**
 * @file Training on pairs against the Python original: what a step is given, with the sign of the condition corrected, and its losses.
 */
import { describe, expect, test } from "@jest/globals";
import { DEFAULT_DIFFWAVE, DEFAULT_UNET } from "../../src/classic/config.js";
import { diffWaveNetwork } from "../../src/classic/diffwave.js";
import { classicLoss, LOSS_TERMS, ORIGINAL_LOSS_KEYS, TRAINING_MODES, type TrainingMode } from "../../src/classic/losses.js";
import type { ClassicInput } from "../../src/classic/network.js";
import { unetNetwork } from "../../src/classic/unet.js";
import { randomStream } from "../../src/base/random-stream.js";
import { noiseSchedule } from "../../src/sampling/noise-schedule.js";
import { denoisingQuestion, type DenoisingQuestion } from "../../src/training/classic/denoising-question.js";
import { goldenWeights, predict } from "../classic-forward.js";
import { installedEngines } from "../engines.js";
import { readGolden } from "./reference.js";

const golden = readGolden("transfer");
const diffWaveWeights = readGolden("denoiser_diffwave_weights");
const unetWeights = readGolden("denoiser_unet_weights");
const [B, N] = [4, 60];
const network = { ...DEFAULT_DIFFWAVE, residualChannels: 16, residualLayers: 4, segmentNotes: N, film: false };
const schedule = noiseSchedule({ kind: "linear", steps: 20, betaStart: 1e-4, betaEnd: 0.4 });
/** The values are standardized already. */
const scale = { mean: [0, 0, 0, 0, 0], sd: [1, 1, 1, 1, 1] };

(golden && diffWaveWeights && unetWeights ? describe : describe.skip)("a step of training on pairs", () => {
  const file = golden!;

  /** Pairs as the original makes them: each element's source is its neighbour. */
  function question(): DenoisingQuestion {
    const of = (name: string, b: number, width: number) => file.values(name).slice(b * N * width, (b + 1) * N * width);
    const segment = (b: number) => ({ parameters: of("in/p", b, 5), score: of("in/s", b, 4), perceptual: of("in/c", b, 7), mask: new Uint8Array(N).fill(1) });
    const parts = Array.from({ length: B }, (_, b) => ({
      segment: segment(b), source: segment(b ^ 1), noisiness: (file.values("in/t")[b] + 0.5) / schedule.steps, dropped: file.values("in/mask")[b] === 1,
    }));
    return denoisingQuestion({ network, schedule, objective: "noise", scale, dropPerceptual: false }, parts, randomStream(1));
  }

  test("starts from the source in the place of noise", () => {
    const { noise, input } = question();
    expect(file.difference("p_swapped", noise)).toBeLessThan(1e-6);
    expect([...input.step]).toEqual([...file.values("in/t")]);
    expect(file.difference("train/x_t", input.noisy)).toBeLessThan(1e-5);
  });

  test("asks for target − source; the original, in training alone, for source − target (defect 9)", () => {
    const { perceptual } = question().input;
    expect(file.difference("train/c_difference_corrected", perceptual!)).toBeLessThan(1e-6);
    expect(file.difference("train/c_difference_original", perceptual!.map((x) => -x))).toBeLessThan(1e-6);
  });

  /** What the original asks of its U-Net: the difference with its sign, score and perceptual features lost apart. */
  function askedOfUnet(input: ClassicInput): ClassicInput {
    const lost = (values: Float32Array, drawn: string) => values.map((x, i) => (file.values(drawn)[Math.floor((i * B) / values.length)] === 1 ? -1 : x));
    return {
      ...input, score: lost(input.score, "in/mask"), perceptual: lost(input.perceptual!.map((x) => -x), "in/c_mask"), dropped: new Uint8Array(B),
    };
  }

  test.each((["diffwave", "unet"] as const).flatMap((kind) => (Object.keys(TRAINING_MODES) as TrainingMode[]).map((mode) => [kind, mode] as const)))("has the original's losses: %s, %s", async (kind, mode) => {
    const [engine] = await installedEngines();
    await engine.select();
    const asked = question();
    const [net, weightFile, input] = kind === "unet"
      ? [unetNetwork(engine, { ...DEFAULT_UNET, dim: 4, segmentNotes: N }), unetWeights!, askedOfUnet(asked.input)]
      : [diffWaveNetwork(engine, network), diffWaveWeights!, { ...asked.input, perceptual: null }];
    const prediction = Float32Array.from(predict(engine, net, goldenWeights(net, weightFile), input));
    const alphaBar = Array.from(asked.input.step, (step) => schedule.alphaBars[step]);
    const { terms } = classicLoss(
      { shape: [B, N, 5], prediction, clean: asked.clean, noise: asked.noise, noisy: asked.input.noisy, alphaBar },
      { ...TRAINING_MODES[mode], loss: "l1", ...(mode !== "x_0" && { compat: "original" }) },
    );
    const expected = (file.recipe as { train_losses: Record<string, Record<string, number>> }).train_losses[`${kind}/${mode}`];
    LOSS_TERMS.forEach((term, k) => expect([term, Math.abs(terms[term] / expected[ORIGINAL_LOSS_KEYS[k]] - 1) < 1e-5]).toEqual([term, true]));
  });
});
