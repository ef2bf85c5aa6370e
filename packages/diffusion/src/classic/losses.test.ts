import { randomStream } from "../base/random-stream.js";
import { addNoise, PREDICTION_KINDS } from "../sampling/prediction.js";
import { classicLoss, LOSS_TERMS, type ClassicLossInput, type ClassicLossOptions } from "./losses.js";

const random = randomStream(3);
const shape = [3, 4, 5] as const;
const normals = (): Float32Array => Float32Array.from({ length: 60 }, () => random.normal());
const clean = normals();
const noise = normals();
const alphaBar = [0.9999, 0.4, 0.00004];
const noisy = addNoise({ data: clean, shape }, { data: noise, shape }, alphaBar).data;
const input = (prediction: Float32Array, more: Partial<ClassicLossInput> = {}): ClassicLossInput =>
  ({ shape, prediction, clean, noise, noisy, alphaBar, ...more });

describe("classicLoss", () => {
  test("the gradient agrees with finite differences for every prediction, loss, bound and comparison", () => {
    const prediction = normals();
    const mask = Uint8Array.from({ length: 12 }, (_, n) => (n % 4 === 3 ? 0 : 1));
    const bounds = ["snr", "none", { clamp: 1 }] as const;
    const cases: ClassicLossOptions[] = PREDICTION_KINDS.flatMap((kind) => (["l1", "l2", "huber"] as const).flatMap((loss) =>
      bounds.flatMap((bound) => (["prediction", "clean"] as const).map((compare) => ({ kind, loss, bound, compare, weights: [1, 2, 3, 4, 5] })))));
    for (const options of [...cases, { kind: "noise", compat: "original" } as const]) {
      const { gradient } = classicLoss(input(prediction, { mask }), options);
      for (let i = 0; i < 60; i += 7) {
        const total = (value: number): number => classicLoss(input(Object.assign(prediction.slice(), { [i]: value }), { mask }), options).total;
        const low = Math.fround(prediction[i] - 2e-3);
        const high = Math.fround(prediction[i] + 2e-3);
        const difference = (total(high) - total(low)) / (high - low);
        expect(Math.abs(gradient[i] - difference)).toBeLessThan(1e-3 * Math.max(0.1, Math.abs(difference)));
      }
    }
  });

  test("a perfect prediction costs nothing, whatever it predicts", () => {
    const targets = { noise, x0: clean };
    for (const kind of ["noise", "x0"] as const) {
      const { total, terms } = classicLoss(input(targets[kind]), { kind, bound: "snr" });
      expect(total).toBeLessThan(1e-6);
      expect(Object.keys(terms)).toEqual(LOSS_TERMS);
    }
  });

  test("the default bound keeps reconstruction in proportion where nothing but noise is left", () => {
    const prediction = noise.map((value) => value + 1);
    const last = { ...input(prediction.slice(40)), shape: [1, 4, 5] as const, clean: clean.slice(40), noise: noise.slice(40), noisy: noisy.slice(40), alphaBar: [0.00004] };
    expect(classicLoss(last, { kind: "noise", bound: "none" }).terms.tempo).toBeGreaterThan(900);
    // √(1−ᾱ)/√ᾱ times √SNR is 1: an error of 1 in the noise counts as 1, times 0.2 / 5.
    expect(classicLoss(last, { kind: "noise" }).terms.tempo).toBeCloseTo(0.04, 4);
  });

  test("notes that do not count change nothing", () => {
    const prediction = normals();
    const mask = Uint8Array.from({ length: 12 }, (_, n) => (n === 5 ? 0 : 1));
    const spoilt = prediction.slice().fill(1000, 25, 30);
    const options = { kind: "noise" } as const;
    expect(classicLoss(input(spoilt, { mask }), options)).toEqual(classicLoss(input(prediction, { mask }), options));
    expect(classicLoss(input(spoilt, { mask }), options).gradient.subarray(25, 30).every((value) => value === 0)).toBe(true);
    const none = classicLoss(input(prediction, { mask: new Uint8Array(12) }), options);
    expect([none.total, none.gradient.some((value) => value !== 0)]).toEqual([0, false]);
  });

  test("only the chosen terms are added and trained on", () => {
    const prediction = normals();
    const all = classicLoss(input(prediction), { kind: "x0" });
    const pedal = classicLoss(input(prediction), { kind: "x0", terms: ["pedal"] });
    expect(pedal.terms).toEqual(all.terms);
    expect(pedal.total).toBe(all.terms.pedal);
    pedal.gradient.forEach((value, i) => expect(value !== 0).toBe(i % 5 === 4));
  });

  test("arrays and weights that do not fit are refused", () => {
    expect(() => classicLoss(input(new Float32Array(59)), { kind: "x0" })).toThrow("classicLoss: prediction must be [3, 4, 5], got 59 values.");
    expect(() => classicLoss(input(clean, { mask: new Uint8Array(3) }), { kind: "x0" })).toThrow("mask must be [3, 4], got 3 values.");
    expect(() => classicLoss(input(clean), { kind: "x0", weights: [0, 0, 0, 0, 0] })).toThrow("not all 0");
    expect(() => classicLoss(input(clean), { kind: "x0", bound: { clamp: 0 } })).toThrow("bound.clamp must be above 0");
  });
});
