import { OptionError } from "./errors.js";
import { segmentMask, segmentRows, segments } from "./segments.js";

describe("segments", () => {
  test("without a hop they follow one another, the last one padded", () => {
    expect(segments(10, { length: 4 })).toEqual([
      { start: 0, count: 4, length: 4 },
      { start: 4, count: 4, length: 4 },
      { start: 8, count: 2, length: 4 },
    ]);
  });

  test("with a hop they overlap, and stop when the end is reached", () => {
    expect(segments(10, { length: 4, hop: 3 }).map(({ start, count }) => [start, count])).toEqual([[0, 4], [3, 4], [6, 4]]);
    expect(segments(11, { length: 4, hop: 3 }).map(({ start, count }) => [start, count])).toEqual([[0, 4], [3, 4], [6, 4], [9, 2]]);
  });

  test("a piece shorter than a segment is one segment, an empty one none", () => {
    expect(segments(3, { length: 200 })).toEqual([{ start: 0, count: 3, length: 200 }]);
    expect(segments(0, { length: 200 })).toEqual([]);
  });

  test("rows and masks are zero where there is no note", () => {
    const matrix = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] as const };
    const [, last] = segments(3, { length: 2 });
    expect(segmentRows(matrix, last)).toEqual({ data: Float32Array.of(5, 6, 0, 0), shape: [2, 2] });
    expect([...segmentMask(last)]).toEqual([1, 0]);
    expect([...segmentMask(last, Uint8Array.of(1, 1, 0))]).toEqual([0, 0]);
  });

  test("lengths and hops below one are refused by name", () => {
    expect(() => segments(5, { length: 0 })).toThrow(OptionError);
    expect(() => segments(5, { length: 4, hop: 1.5 })).toThrow("hop: expected a positive integer, got 1.5");
  });
});
