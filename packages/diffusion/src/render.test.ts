import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { FEATURE_SETS, readMusicXml, zeros } from "@dexter/codec";
import { testConfig, testWeights, withTestControls } from "../test/random-model.js";
import { tinyPiece, tinyScore } from "../test/tiny-score.js";
import type { ControlRequest } from "./base/controls.js";
import { describeDraw } from "./base/draw-seed.js";
import { RenderError } from "./errors.js";
import type { ModelConfig, SamplingConfig } from "./model/config.js";
import { createModel, type Model } from "./model/model.js";
import { renderScore, type RenderOptions } from "./render.js";
import { webRuntime } from "./runtime.js";

const config = testConfig(FEATURE_SETS.base.map(({ name }) => name));
const weights = testWeights(config);
const piece = tinyPiece(6);
let model: Model;

beforeAll(async () => {
  model = await createModel({ config, weights }, await webRuntime());
});
afterAll(() => model.release());

describe("a rendering", () => {
  test("plays every note of the score once, with parameters in range", async () => {
    const [{ parameters, performance, alignment, seed }] = await renderScore(model, piece, { steps: 3 });
    expect(seed).toBe(0);
    expect(performance.notes.length).toBe(piece.notes.length);
    expect(alignment.every(({ kind }) => kind === "match")).toBe(true);
    expect(new Set(alignment.map((entry) => "scoreId" in entry && entry.scoreId)).size).toBe(piece.notes.length);
    expect(parameters.release).toBe("key");
    expect(Math.min(...performance.notes.velocity)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...performance.notes.velocity)).toBeLessThanOrEqual(127);
    expect(Math.min(...performance.notes.onsetSec)).toBe(0);
    for (const n of piece.notes.id.keys()) {
      expect(parameters.beatPeriod[n]).toBeGreaterThan(0);
      expect(parameters.pedalNorm[n]).toBeGreaterThanOrEqual(0);
      expect(parameters.pedalNorm[n]).toBeLessThanOrEqual(1);
      expect(Math.abs(parameters.timingSec[n])).toBeLessThan(1);
    }
  });

  test("gives the notes of a chord one beat period and one pedal", async () => {
    const [{ parameters }] = await renderScore(model, piece, { steps: 2 });
    for (let n = 1; n < piece.notes.length; n++) {
      if (piece.notes.onsetBeat[n] !== piece.notes.onsetBeat[n - 1]) continue;
      expect(parameters.beatPeriod[n]).toBe(parameters.beatPeriod[n - 1]);
      expect(parameters.pedalNorm[n]).toBe(parameters.pedalNorm[n - 1]);
    }
  });

  test("is the same for the same seed, and another for another", async () => {
    const options = { steps: 2, seed: 5 };
    const [first] = await renderScore(model, piece, options);
    const [again] = await renderScore(model, piece, options);
    const [other] = await renderScore(model, piece, { ...options, seed: 6 });
    expect(again.performance).toEqual(first.performance);
    expect(other.performance.notes.onsetSec).not.toEqual(first.performance.notes.onsetSec);
  });

  test("of several samples is each what its own seed gives alone, and every second one the opposite of that before it", async () => {
    const starts: Float32Array[] = [];
    const samples = await renderScore(model, piece, { steps: 2, seed: 5, samples: 3, onStep: ({ step, x }) => step === 0 && starts.push(x.data.slice()) });
    expect(samples.map(describeDraw)).toEqual(["seed 5", "seed 5, opposite", "seed 6"]);
    expect(starts[0].some((value) => value !== 0)).toBe(true);
    expect(starts[1]).toEqual(starts[0].map((value) => -value));
    for (const { seed, opposite, performance } of samples) {
      const [alone] = await renderScore(model, piece, { steps: 2, seed, opposite });
      expect(performance).toEqual(alone.performance);
    }
    const independent = await renderScore(model, piece, { steps: 2, seed: 5, samples: 2, independent: true });
    expect(independent.map(({ performance }) => performance)).toEqual([samples[0].performance, samples[2].performance]);
  });

  test("and its opposite lie around the mean: what one plays louder the other plays softer", async () => {
    // Where the flow moves nothing, noise alone is added to what is expected.
    const sampling = { ...config.sampling, temperature: new Array<number>(6).fill(0.05), gains: new Array<number>(6).fill(0.1) };
    const still = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, name.startsWith("denoiser.head") ? { ...tensor, data: new Float32Array(tensor.data.length) } : tensor]));
    const calm = await createModel({ config: { ...config, sampling }, weights: still }, await webRuntime());
    const [a, b] = await renderScore(calm, piece, { steps: 2, samples: 2 });
    const [silent] = await renderScore(await createModel({ config: { ...config, sampling: { ...sampling, temperature: new Array<number>(6).fill(0) } }, weights: still }, await webRuntime()), piece, { steps: 2 });
    a.parameters.velocityNorm.forEach((velocity, n) => {
      expect(velocity).not.toBe(silent.parameters.velocityNorm[n]);
      expect((velocity + b.parameters.velocityNorm[n]) / 2).toBeCloseTo(silent.parameters.velocityNorm[n], 6);
    });
    await calm.release();
  });

  test("holds the encoder's mean to the share that the model says: all of it makes draws alike, half of it halves what they differ by", async () => {
    const differences = async (share: number): Promise<number> => {
      // Little noise and small gains: nothing comes near the bounds of the targets.
      const sampling = { ...config.sampling, temperature: new Array<number>(6).fill(0.1), gains: new Array<number>(6).fill(0.1), meanShare: new Array<number>(6).fill(share) };
      const sharing = await createModel({ config: { ...config, sampling }, weights }, await webRuntime());
      const [a, b] = await renderScore(sharing, piece, { steps: 2, samples: 2 });
      await sharing.release();
      return 127 * Math.abs(a.parameters.velocityNorm[0] - b.parameters.velocityNorm[0]);
    };
    const free = await differences(0);
    expect(free).toBeGreaterThan(0.01);
    expect(await differences(0.5)).toBeCloseTo(free / 2, 3);
    expect(await differences(1)).toBeCloseTo(0, 6);
  });

  test("moves the middle of the flow's draws to the encoder's mean where the model says so: without noise it is the mean", async () => {
    const velocities = async (change: Partial<SamplingConfig>): Promise<Float64Array> => {
      const sampling = { ...config.sampling, gains: new Array<number>(6).fill(0.1), temperature: new Array<number>(6).fill(0), ...change };
      const own = await createModel({ config: { ...config, sampling }, weights }, await webRuntime());
      const [{ parameters }] = await renderScore(own, piece, { steps: 2, guidance: 1 });
      await own.release();
      return parameters.velocityNorm;
    };
    const all = new Array<number>(6).fill(1);
    const mean = await velocities({ meanShare: all });
    const centred = await velocities({ recentre: all });
    mean.forEach((velocity, n) => expect(centred[n]).toBeCloseTo(velocity, 5));
    expect(Math.max(...(await velocities({})).map((velocity, n) => Math.abs(velocity - mean[n])))).toBeGreaterThan(0.001);
  });

  test("takes the loudness that it is given: the rest stays", async () => {
    const [soft] = await renderScore(model, piece, { steps: 2, velocity: 50 });
    const [loud] = await renderScore(model, piece, { steps: 2, velocity: 60 });
    soft.parameters.velocityNorm.forEach((velocity, n) => expect(127 * (loud.parameters.velocityNorm[n] - velocity)).toBeCloseTo(10, 6));
    expect(loud.meanVelocity).toBe(60);
    expect(loud.parameters.beatPeriod).toEqual(soft.parameters.beatPeriod);
  });

  test("takes the tempo that it is given: the rest stays", async () => {
    const [slow] = await renderScore(model, piece, { steps: 2, tempo: 60 });
    const [fast] = await renderScore(model, piece, { steps: 2, tempo: 120 });
    slow.parameters.beatPeriod.forEach((period, n) => expect(period / fast.parameters.beatPeriod[n]).toBeCloseTo(2, 6));
    expect(fast.quartersPerMinute).toBeCloseTo(120, 9);
    expect(fast.parameters.velocityNorm).toEqual(slow.parameters.velocityNorm);
  });

  test("takes its mean tempo from the score's metronome mark", async () => {
    const bar = [{ step: "C", octave: 4, sixteenths: 8 }, { step: "E", octave: 4, sixteenths: 8 }];
    const [{ quartersPerMinute }] = await renderScore(model, tinyScore([bar, bar], { metronome: 72 }), { steps: 1 });
    expect(quartersPerMinute).toBeCloseTo(72, 6);
  });

  test("takes mean tempo and velocity from the piece-level regression where no mark stands", async () => {
    const C = config.features.names.length;
    const flat = { weights: new Array<number>(C).fill(0), r2: 0 };
    const featureMean = new Array<number>(C).fill(0);
    const leveled: ModelConfig = {
      ...config,
      pieceLevel: {
        featureMean,
        log2SecPerQuarter: { ...flat, bias: -0.5, range: [-2, 1] },
        meanVelocity: { ...flat, bias: 200, range: [40, 80] },
      },
    };
    const [withLevel] = await renderScore({ ...model, config: leveled }, piece, { steps: 1 });
    const [plain] = await renderScore(model, piece, { steps: 1 });
    expect(withLevel.quartersPerMinute).toBeCloseTo(60 / 2 ** -0.5, 6);
    const n = plain.parameters.velocityNorm.findIndex((v, i) => v * 127 > 5 && withLevel.parameters.velocityNorm[i] * 127 < 126);
    expect(127 * (withLevel.parameters.velocityNorm[n] - plain.parameters.velocityNorm[n])).toBeCloseTo(80 - 64, 4);
  });

  test("plays repeats", async () => {
    const bar = [{ step: "C", octave: 4, sixteenths: 16 }];
    const [{ performance, score }] = await renderScore(model, tinyScore([bar, bar], { repeat: true }), { steps: 1 });
    expect(performance.notes.length).toBe(4);
    expect(score.notes.id.filter((id) => id.endsWith("-2"))).toHaveLength(2);
  });

  test("of a single note, and of grace notes alone, is a performance", async () => {
    const single = await renderScore(model, tinyScore([[{ step: "C", octave: 4, sixteenths: 16 }]]), { steps: 1 });
    expect(single[0].performance.notes.length).toBe(1);
    const graces = await renderScore(model, tinyScore([[{ step: "C", octave: 4, sixteenths: 0, grace: true }, { step: "D", octave: 4, sixteenths: 0, grace: true }]]), { steps: 1 });
    expect(graces[0].performance.notes.length).toBe(2);
    expect(graces[0].performance.notes.keyDurationSec.every((seconds) => seconds > 0)).toBe(true);
  });

  test("of a score without notes is refused", async () => {
    const empty = readMusicXml('<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1"><measure number="1"/></part></score-partwise>');
    await expect(renderScore(model, empty)).rejects.toThrow(new RenderError("the score has no notes to play."));
  });

  test.each([
    [{ seed: -1 }, "seed must be from 0 to"],
    [{ seed: 0.5 }, "seed must be an integer, got 0.5."],
    [{ samples: 0 }, "samples must be from 1 to 10000, got 0."],
    [{ steps: 0 }, "steps must be from 1 to 1000, got 0."],
    [{ guidance: Number.NaN }, "guidance must be from 0 to 20, got NaN."],
    [{ tempo: 0 }, "tempo must be from 5 to 1000, got 0."],
  ])("refuses %j", async (options, message) => {
    await expect(renderScore(model, piece, options)).rejects.toThrow(message);
  });

  test("stops when it is aborted, and tells how far it is", async () => {
    const controller = new AbortController();
    const progress: number[] = [];
    const run = renderScore(model, piece, {
      steps: 4,
      samples: 2,
      signal: controller.signal,
      onProgress: (fraction) => {
        progress.push(fraction);
        if (fraction > 0.5) controller.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(progress).toEqual([0.125, 0.25, 0.375, 0.5, 0.625]);
  });

  test("is told step by step from its start; from a source it keeps the more, the less of the way is walked", async () => {
    const [source] = await renderScore(model, piece, { steps: 2, seed: 3 });
    const told: number[] = [];
    const distance = async (fraction: number): Promise<number> => {
      const [{ parameters }] = await renderScore(model, piece, { steps: 8, seed: 8, fraction, source: source.parameters, onStep: ({ step }) => told.push(step) });
      return parameters.articulationLog2.reduce((sum, a, n) => sum + (a - source.parameters.articulationLog2[n]) ** 2, 0);
    };
    expect(await distance(0.05)).toBeLessThan(await distance(0.95));
    expect(told).toEqual([0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await expect(distance(1)).rejects.toThrow(RenderError);
    await expect(renderScore(model, piece, { source: { ...source.parameters, release: "sound" } })).rejects.toThrow('the source must have release "key", got "sound".');
  });

  test("of a model that wants an unknown feature says which", async () => {
    const foreign = { ...config, features: { ...config.features, names: [...config.features.names.slice(1), "colour"] } };
    await expect(renderScore({ ...model, config: foreign }, piece)).rejects.toThrow('features.names has "colour"');
  });

  test("of a model that answers what is no number is refused", async () => {
    const broken: Model = {
      ...model,
      denoiser: (onsets) => async (noisy, ...rest) => ({ ...(await model.denoiser(onsets)(noisy, ...rest)), data: new Float32Array(noisy.data.length).fill(NaN) }),
    };
    await expect(renderScore(broken, piece, { steps: 2 })).rejects.toThrow(
      new RenderError("what the model answers is not finite: its weights are damaged, or the guidance is too strong for it."),
    );
  });
});

describe("a score computed in windows", () => {
  test("gets the performance of the whole", async () => {
    const windowed = await createModel({ config, weights }, await webRuntime(), { windowNotes: 40 });
    const long = tinyPiece(40);
    expect(long.notes.length).toBe(320);
    const [whole] = await renderScore(model, long, { steps: 3 });
    const [parts] = await renderScore(windowed, long, { steps: 3 });
    for (const field of ["beatPeriod", "velocityNorm", "timingSec", "articulationLog2", "pedalNorm"] as const) {
      parts.parameters[field].forEach((value, n) => expect(value).toBeCloseTo(whole.parameters[field][n], 4));
    }
  });
});

describe("a rendering with controls", () => {
  const names = ["loud", "late"];
  const told = withTestControls(config, names);
  const N = piece.notes.length;
  const request = (value: number, known: number): ControlRequest => ({
    values: { data: new Float32Array(N * 2).fill(value), shape: [N, 2] }, known: new Uint8Array(N * 2).fill(known), plain: zeros(N, 2),
  });
  let controlled: Model;
  beforeAll(async () => {
    controlled = await createModel({ config: told, weights: testWeights(told) }, await webRuntime());
  });
  afterAll(() => controlled.release());

  test("that asks for nothing is the rendering without", async () => {
    const [neutral] = await renderScore(controlled, piece, { steps: 2 });
    const [asked] = await renderScore(controlled, piece, { steps: 2, controls: request(3, 0), controlGuidance: 5 });
    expect(asked.parameters).toEqual(neutral.parameters);
  });

  test("changes with what is asked for, and more with more guidance", async () => {
    const [neutral] = await renderScore(controlled, piece, { steps: 2 });
    const apart = async (controlGuidance: number, value = 3): Promise<number> => {
      const [{ parameters }] = await renderScore(controlled, piece, { steps: 2, controls: request(value, 1), controlGuidance });
      return parameters.velocityNorm.reduce((sum, v, n) => sum + Math.abs(v - neutral.parameters.velocityNorm[n]), 0);
    };
    const [none, one, two] = [await apart(0), await apart(1), await apart(2)];
    expect(none).toBeLessThan(1e-4);
    expect(one).toBeGreaterThan(0.05);
    expect(two).toBeGreaterThan(one);
    expect(await apart(1, -3)).not.toBeCloseTo(one, 3);
  });

  test("is moved by what its draws without controls and guidance are centred on", async () => {
    const recentre = [0, 0, 0.7, 0, 0, 0];
    const small = { ...told, sampling: { ...told.sampling, gains: new Array<number>(6).fill(0.1) } };
    const centred = await createModel({ config: { ...small, sampling: { ...small.sampling, recentre } }, weights: testWeights(told) }, await webRuntime());
    const free = await createModel({ config: small, weights: testWeights(told) }, await webRuntime());
    const moveOf = async (options: RenderOptions): Promise<number[]> => {
      const [[a], [b]] = [await renderScore(free, piece, options), await renderScore(centred, piece, options)];
      return Array.from(a.parameters.velocityNorm, (velocity, n) => b.parameters.velocityNorm[n] - velocity);
    };
    const plain = await moveOf({ steps: 2, guidance: 1 });
    expect(Math.max(...plain.map(Math.abs))).toBeGreaterThan(0.001);
    const asked = await moveOf({ steps: 3, guidance: 1.5, seed: 4, controls: request(1, 1), controlGuidance: 2 });
    asked.forEach((move, n) => expect(move).toBeCloseTo(plain[n], 5));
    await Promise.all([centred.release(), free.release()]);
  });

  test("of columns that are zero is what the model was before it had them", async () => {
    const before = weights["denoiser.input.weight"];
    const columns = before.shape[1];
    const data = new Float32Array(before.shape[0] * (columns + 4));
    for (let row = 0; row < before.shape[0]; row++) data.set(before.data.subarray(row * columns, (row + 1) * columns), row * (columns + 4));
    const widened = { ...weights, "denoiser.input.weight": { shape: [before.shape[0], columns + 4], data } };
    const same = await createModel({ config: told, weights: widened }, await webRuntime());
    const [old] = await renderScore(model, piece, { steps: 2, seed: 3 });
    const [now] = await renderScore(same, piece, { steps: 2, seed: 3, controls: request(2, 1) });
    now.parameters.velocityNorm.forEach((velocity, n) => expect(velocity).toBeCloseTo(old.parameters.velocityNorm[n], 5));
    now.parameters.timingSec.forEach((timing, n) => expect(timing).toBeCloseTo(old.parameters.timingSec[n], 5));
    await same.release();
  });

  test("is refused by a model without, and where the request is of another score", async () => {
    await expect(renderScore(model, piece, { controls: request(0, 1) })).rejects.toThrow("this model has no controls");
    const foreign = { ...request(0, 1), values: zeros(N + 1, 2) };
    await expect(renderScore(controlled, piece, { controls: foreign })).rejects.toThrow(`controls: values must be [${N}, 2], got [${N + 1}, 2]`);
  });
});
