import { DEFAULT_DIFFWAVE } from "./config.js";
import { minMax } from "./min-max.js";
import { denormalizeParameters, normalizeParameters, parameterScale } from "./normalization.js";
import { readGolden } from "../../test/golden/reference.js";

describe("parameters on the networks' scale", () => {
  test("notes that were not played do not count", () => {
    const scale = parameterScale([{ parameters: [1, 10, 999, 999, 3, 30], mask: [1, 0, 1] }, { parameters: [5, 50], mask: [1] }], 2);
    expect(scale.mean).toEqual([3, 30]);
    expect(scale.sd[1]).toBeCloseTo(Math.sqrt(800 / 3), 10);
  });

  test("a parameter that never changes is divided by 1; without notes nothing changes", () => {
    expect(parameterScale([{ parameters: [2, 2, 2] }], 1)).toEqual({ mean: [2], sd: [1] });
    expect(parameterScale([{ parameters: [2, 2], mask: [0, 0] }], 1)).toEqual({ mean: [0], sd: [1] });
  });

  test("there and back again, and the input stays as it was", () => {
    const values = Float32Array.of(0.5, 64, 0.7, 80);
    const scale = { mean: [0.6, 64], sd: [0.1, 16] };
    const normal = normalizeParameters(values, scale);
    expect(Array.from(normal, (z) => Math.round(z * 1e4) / 1e4)).toEqual([-1, 0, 1, 1]);
    denormalizeParameters(normal, scale).forEach((value, i) => expect(value).toBeCloseTo(values[i], 5));
    expect(values).toEqual(Float32Array.of(0.5, 64, 0.7, 80));
    expect(() => normalizeParameters(Float32Array.of(1), scale)).toThrow("normalizeParameters: values must be [N, 2], got 1 values.");
    expect(() => parameterScale([{ parameters: [1, 2, 3], mask: [1] }], 2)).toThrow("parameterScale: parameters must be [1, 2], got 3 values.");
  });
});

const golden = readGolden("normalization");
(golden ? describe : describe.skip)("normalization against PyTorch", () => {
  const file = golden!;
  const { means, stds } = (golden?.recipe ?? {}) as { means: number[]; stds: number[] };

  test("statistics over all notes, padding included as the original has it", () => {
    const { mean, sd } = parameterScale([{ parameters: file.values("in/train") }, { parameters: file.values("in/valid") }], 5);
    mean.forEach((value, p) => expect(Math.abs(value - means[p])).toBeLessThan(1e-5 * Math.max(1, Math.abs(means[p]))));
    sd.forEach((value, p) => expect(Math.abs(value / stds[p] - 1)).toBeLessThan(1e-5));
  });

  test("z-normalization and its inverse", () => {
    const scale = { mean: means, sd: stds };
    for (const part of ["train", "valid"]) expect(file.difference(`normalized/${part}`, normalizeParameters(file.values(`in/${part}`), scale))).toBeLessThan(1e-5);
    expect(file.difference("p_codec_scale", denormalizeParameters(file.values("in/z"), scale))).toBeLessThan(1e-4);
  });

  test("the three min–max modes", () => {
    const [B, S, N] = file.shape("in/x");
    const x = file.values("in/x");
    const transposed = (values: Float32Array, rows: number, columns: number): Float32Array => {
      const out = new Float32Array(values.length);
      for (let b = 0; b < B; b++) for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[(b * columns + c) * rows + r] = values[(b * rows + r) * columns + c];
      return out;
    };
    for (const mode of ["rowwise", "framewise", "imagewise"] as const) {
      for (const [low, high] of [[0, 1], [-1, 2]]) {
        const output = new Float32Array(x.length);
        minMax(transposed(x, S, N), [B, N, S], { ...DEFAULT_DIFFWAVE.normalization, low, high, mode }, output);
        expect(file.difference(`minmax/${mode}/${low}_${high}`, transposed(output, N, S))).toBeLessThan(1e-6);
      }
    }
  });
});
