import { CLASSIC_VALUES } from "../onnx/classic-graph.js";
import { randomStream } from "../base/random-stream.js";
import { webRuntime } from "../runtime.js";
import { tinyPiece } from "../../test/tiny-score.js";
import { classicTensors } from "./checkpoint.js";
import { createClassicModel, type ClassicModel } from "./classic-model.js";
import { DEFAULT_DIFFWAVE, type ClassicConfig } from "./config.js";
import { renderClassic } from "./render-classic.js";

const network = { ...DEFAULT_DIFFWAVE, residualChannels: 4, residualLayers: 2, segmentNotes: 12, diffusionSteps: 30 };
const config: ClassicConfig = {
  format: "dexter-classic", version: 1, network, prediction: "v", nullCondition: "consistent", training: {},
  schedule: { kind: "cosine", steps: 30, betaStart: 1e-4, betaEnd: 0.02 },
  scale: { mean: [0.5, 0.5, 0, -0.3, 0.3], sd: [0.1, 0.1, 0.02, 0.5, 0.3] },
};
const score = tinyPiece(4); // 32 notes
let model: ClassicModel;

beforeAll(async () => {
  const random = randomStream(1);
  const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) =>
    [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.2 * random.normal()) }]));
  model = await createClassicModel({ config, tensors }, { runtime: await webRuntime() });
});

describe("renderClassic", () => {
  test("plays every note within bounds; chords share a beat period; the same seed is the same performance", async () => {
    const [first, second] = await renderClassic(model, score, { seed: 3, samples: 2, steps: 4 });
    expect(first.parameters.release).toBe("sound");
    expect(first.performance.notes.length).toBe(score.notes.length);
    expect(first.quartersPerMinute).toBeGreaterThan(20);
    expect(first.quartersPerMinute).toBeLessThan(1000);
    const { beatPeriod, velocityNorm } = first.parameters;
    for (let n = 1; n < score.notes.length; n++) {
      if (score.notes.onsetQuarter[n] === score.notes.onsetQuarter[n - 1]) expect(beatPeriod[n]).toBe(beatPeriod[n - 1]);
      expect(velocityNorm[n]).toBeGreaterThan(0);
    }
    expect(second.seed).toBe(4);
    expect(second.parameters.velocityNorm).not.toEqual(velocityNorm);
    const [again] = await renderClassic(model, score, { seed: 4, steps: 4 });
    expect(again.parameters).toEqual(second.parameters);
  });

  test("windows may also be drawn one by one, and as the original draws them", async () => {
    for (const options of [{ join: "crossfade" }, { join: "average", overlap: 0 }, { compat: "original", sampler: "cfdg_ddpm" }] as const) {
      const [{ parameters }] = await renderClassic(model, score, { steps: 3, ...options });
      expect(parameters.length).toBe(32);
      expect(parameters.beatPeriod.every((period) => period >= 0.02 && period <= 20)).toBe(true);
    }
  });

  test("as the original draws them is, unless told otherwise, by its sampler, with its overlap and without a bound", async () => {
    const [original] = await renderClassic(model, score, { steps: 3, compat: "original" });
    const [said] = await renderClassic(model, score, { steps: 3, compat: "original", sampler: "cfdg_ddpm", overlap: 10, clip: Infinity });
    expect(original.parameters).toEqual(said.parameters);
    const [wider] = await renderClassic(model, score, { steps: 3, compat: "original", overlap: 3 });
    expect(wider.parameters).not.toEqual(original.parameters);
  });

  test("progress is told up to the end, a signal stops it", async () => {
    const told: number[] = [];
    await renderClassic(model, score, { samples: 2, steps: 2, onProgress: (fraction) => told.push(fraction) });
    expect(told).toEqual([0.25, 0.5, 0.75, 1]);
    await expect(renderClassic(model, score, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  test("a model that predicts a flow is walked from its last step, noise, to step 0, data", async () => {
    const flow: ClassicConfig = { ...config, prediction: "flow" };
    const random = randomStream(2);
    const tensors = Object.fromEntries(classicTensors(network).map(({ name, shape }) =>
      [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.2 * random.normal()) }]));
    const told: number[] = [];
    const session = await webRuntime();
    const runtime: typeof session = {
      ...session,
      async open(graph) {
        const opened = await session.open(graph);
        return { ...opened, run: (feeds) => {
          told.push(feeds[CLASSIC_VALUES.step].data[0] as number);
          return opened.run(feeds);
        } };
      },
    };
    const player = await createClassicModel({ config: flow, tensors }, { runtime });
    const [{ parameters }] = await renderClassic(player, score, { seed: 1, steps: 2, sampler: "euler", guidance: 1 });
    await player.release();
    expect([...new Set(told)]).toEqual([29, 14.5]);
    expect(parameters.length).toBe(32);
  });

  test("options that do not fit are refused", async () => {
    await expect(renderClassic(model, score, { sampler: "heun" })).rejects.toThrow('sampler "heun" does not fit a model that predicts v; take dpmpp2m.');
    await expect(renderClassic(model, score, { overlap: 12 })).rejects.toThrow("overlap must be an integer from 0 to 11, got 12.");
    await expect(renderClassic(model, score, { guidance: 99 })).rejects.toThrow("guidance must be from -20 to 20");
    await expect(renderClassic({ ...model, config: { ...config, scale: null } }, score)).rejects.toThrow("give `scale`");
    await expect(renderClassic(model, score, { perceptual: { data: new Float32Array(7), shape: [1, 7] } })).rejects.toThrow("perceptual features must be [32, 7], got [1, 7].");
  });

  test("a network that answers what is no number is refused", async () => {
    const broken = { ...model, denoiser: async (...asked: Parameters<typeof model.denoiser>) => ({ ...(await model.denoiser(...asked)), data: new Float32Array(asked[0].data.length).fill(NaN) }) };
    await expect(renderClassic(broken, score, { steps: 2 })).rejects.toThrow("what the model answers is not finite");
  });

  test("a draw is told step by step from its start; one from a source keeps the more of it, the less of the way is walked", async () => {
    const [source] = await renderClassic(model, score, { seed: 1, steps: 4 });
    const told: [sample: number, step: number, steps: number][] = [];
    const distance = async (fraction: number): Promise<number> => {
      const [{ parameters }] = await renderClassic(model, score, { seed: 9, steps: 4, fraction, source: source.parameters, onStep: ({ sample, step, steps }) => told.push([sample, step, steps]) });
      return parameters.velocityNorm.reduce((sum, v, n) => sum + (v - source.parameters.velocityNorm[n]) ** 2, 0);
    };
    const [near, far] = [await distance(0.15), await distance(0.9)];
    expect(near).toBeLessThan(far);
    expect(told.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((step) => [0, step, 4]));
    await expect(distance(0)).rejects.toThrow("fraction must be above 0 and at most 1, got 0.");
    const short = { ...source.parameters, length: 3 };
    await expect(renderClassic(model, score, { source: short })).rejects.toThrow("the source must have the score's 32 notes as played, got 3.");
  });

  test("an inverted source comes back, note by note; with other perceptual features it is changed, and not replaced", async () => {
    const [{ parameters: source }] = await renderClassic(model, score, { seed: 3, steps: 4 });
    const [{ parameters: again }] = await renderClassic(model, score, { source, inversion: {}, fraction: 0.8, steps: 12 });
    let furthest = 0;
    for (let n = 0; n < source.length; n++) {
      expect(Math.abs(again.timingSec[n] - source.timingSec[n])).toBeLessThan(1e-4);
      expect(Math.abs(again.velocityNorm[n] - source.velocityNorm[n])).toBeLessThan(1e-3);
      furthest = Math.max(furthest, Math.abs(again.articulationLog2[n] - source.articulationLog2[n]));
    }
    expect(furthest).toBeLessThan(5e-3);
    const perceptual = (value: number) => ({ data: new Float32Array(32 * 7).fill(value), shape: [32, 7] as const });
    const told = { source, fraction: 0.8, steps: 12, perceptual: perceptual(2) };
    const [{ parameters: same }] = await renderClassic(model, score, { ...told, inversion: {} });
    const [{ parameters: other }] = await renderClassic(model, score, { ...told, inversion: { perceptual: perceptual(-2) } });
    const away = (one: typeof source): number => one.velocityNorm.reduce((sum, value, n) => sum + Math.abs(value - source.velocityNorm[n]), 0) / 32;
    expect(away(same)).toBeLessThan(5e-5);
    expect(away(other)).toBeGreaterThan(2e-4);
    await expect(renderClassic(model, score, { source, inversion: {}, sampler: "ddpm" })).rejects.toThrow('sampler "ddpm" has no inverse; take ddim, euler or heun.');
    await expect(renderClassic(model, score, { inversion: {} })).rejects.toThrow("inversion needs a source.");
  });
});
