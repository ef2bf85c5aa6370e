import type { Denoiser } from "../denoiser.js";
import { normals } from "../../test/random-model.js";
import { readGolden } from "../../test/golden/reference.js";
import type { ClassicCondition } from "./network.js";
import { overWindows } from "./whole-score.js";
import { cutWindows, joinWindows, windowRows } from "./windows.js";

describe("windows", () => {
  test("cover every note; the last one ends with the score", () => {
    expect(cutWindows(37, 16, 4)).toEqual([{ from: 0, to: 16 }, { from: 12, to: 28 }, { from: 21, to: 37 }]);
    expect(cutWindows(37, 16, 4, "behind")[2]).toEqual({ from: 24, to: 37 });
    expect(cutWindows(16, 16, 4)).toEqual([{ from: 0, to: 16 }]);
    expect(cutWindows(9, 16, 4)).toEqual([{ from: 0, to: 9 }]);
    expect(() => cutWindows(9, 4, 4)).toThrow("overlap must be an integer from 0 to 3, got 4.");
    expect(() => cutWindows(9, 0, 0)).toThrow("size must be an integer ≥ 1, got 0.");
  });

  test("what is behind the last note repeats it", () => {
    const rows = windowRows({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }, [{ from: 1, to: 3 }], 4);
    expect(Array.from(rows)).toEqual([3, 4, 5, 6, 5, 6, 5, 6]);
  });

  test("one window fades out while the next fades in, and what they agree on stays", () => {
    const windows = cutWindows(10, 6, 2);
    const steps = Float32Array.from({ length: 12 }, (_, i) => (i < 6 ? 0 : 1));
    expect(Array.from(joinWindows(steps, windows, 6, 1).data, (x) => Math.round(x * 1000) / 1000)).toEqual([0, 0, 0, 0, 0.333, 0.667, 1, 1, 1, 1]);
    expect(Array.from(joinWindows(steps, windows, 6, 1, "average").data)).toEqual([0, 0, 0, 0, 0.5, 0.5, 1, 1, 1, 1]);
    for (const [notes, size, overlap] of [[37, 16, 4], [31, 10, 9], [50, 7, 0], [3, 8, 2]]) {
      const some = cutWindows(notes, size, overlap);
      const whole = { data: normals(notes * 5, 1), shape: [notes, 5] as const };
      joinWindows(windowRows(whole, some, size), some, size, 5).data.forEach((value, i) => expect(value).toBeCloseTo(whole.data[i], 5));
    }
    expect(() => joinWindows(steps, windows, 5, 1)).toThrow("joinWindows: values must be [2, 5, 1], got 12 values.");
  });

  test("a denoiser of segments that looks at each note alone says of a whole score what it says of its notes", async () => {
    const asked: number[] = [];
    const denoiser: Denoiser<ClassicCondition> = async ({ data, shape }, time, conditions) => {
      const [B, N, P] = shape;
      asked.push(B);
      const each = (i: number) => Math.floor(i / (N * P));
      return { data: data.map((x, i) => x * time[each(i)] + (conditions[each(i)]?.score[Math.floor((i % (N * P)) / P)] ?? 100)), shape };
    };
    const windows = cutWindows(23, 8, 3);
    const whole = overWindows(denoiser, { windows, size: 8, batch: 3 });
    const noisy = { data: normals(2 * 23 * 5, 2), shape: [2, 23, 5] as const };
    const condition = { score: normals(23, 3) };
    const { data, shape } = await whole(noisy, Float32Array.of(2, 3), [condition, null]);
    expect(shape).toEqual([2, 23, 5]);
    data.forEach((value, i) => {
      const [b, n] = [Math.floor(i / 115), Math.floor((i % 115) / 5)];
      expect(value).toBeCloseTo(noisy.data[i] * (b + 2) + (b ? 100 : condition.score[n]), 4);
    });
    expect(windows).toHaveLength(4);
    expect(asked).toEqual([3, 3, 2]);
  });
});

const golden = readGolden("inference_windows");
(golden ? describe : describe.skip)("windows against the original's inference", () => {
  test.each([[9, 16, 4], [16, 16, 4], [20, 16, 4], [31, 10, 3], [37, 16, 4], [40, 16, 0]])("%i notes in windows of %i that share %i", (notes, size, overlap) => {
    const name = `n${notes}_seg${size}_overlap${overlap}`;
    const windows = cutWindows(notes, size, overlap, "behind");
    const given = golden!.values(`${name}/s_codec`);
    expect(golden!.shape(`${name}/s_codec`)[0]).toBe(windows.length);
    const score = joinWindows(given, windows, size, 4, "average");
    expect(golden!.difference(`${name}/s_codec`, windowRows(score, windows, size, "zero"))).toBe(0);
    expect(golden!.difference(`${name}/joined`, joinWindows(golden!.values(`${name}/pred`), windows, size, 5, "average").data)).toBeLessThan(1e-6);
  });
});
