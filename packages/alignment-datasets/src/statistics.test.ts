import { featureStatistics, runningStatistics } from "./statistics.js";

describe("statistics", () => {
  test("means and deviations are those of all rows together", () => {
    const a = { data: Float32Array.of(1, 10, 2, 20), shape: [2, 2] as const };
    const b = { data: Float32Array.of(6, 30), shape: [1, 2] as const };
    const { count, mean, standardDeviation } = featureStatistics([a, b]);
    expect(count).toBe(3);
    expect([...mean]).toEqual([3, 20]);
    expect(standardDeviation[0]).toBeCloseTo(Math.sqrt(14 / 3), 12);
    expect(standardDeviation[1]).toBeCloseTo(Math.sqrt(200 / 3), 12);
  });

  test("a large offset does not swallow a small spread", () => {
    const offset = 4096;
    const data = Float32Array.from({ length: 100_000 }, (_, i) => offset + (i % 2) / 1024);
    const { mean, standardDeviation } = featureStatistics([{ data, shape: [data.length, 1] }]);
    expect(mean[0]).toBeCloseTo(offset + 1 / 2048, 9);
    expect(standardDeviation[0]).toBeCloseTo(1 / 2048, 12);
  });

  test("masked rows do not count", () => {
    const running = runningStatistics(1);
    running.add({ data: Float32Array.of(1, 100, 3), shape: [3, 1] }, Uint8Array.of(1, 0, 1));
    expect(running.result()).toEqual({ count: 2, mean: Float64Array.of(2), standardDeviation: Float64Array.of(1) });
  });

  test("a matrix of another width is refused", () => {
    expect(() => runningStatistics(2).add({ data: new Float32Array(3), shape: [1, 3] })).toThrow("expected 2 columns, got 3");
  });
});
