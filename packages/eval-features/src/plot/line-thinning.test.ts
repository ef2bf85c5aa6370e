import { expect, test } from "@jest/globals";
import { smooth, thin } from "./line-thinning.js";

test("a thinned line keeps the first, lowest, highest and last point of a column of pixels", () => {
  const { x, y } = thin({ x: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 5), y: Float64Array.of(3, 4, 9, 1, 5, 6, 2) });
  expect([...y]).toEqual([3, 9, 1, 6, 2]);
  expect([...x]).toEqual([0.1, 0.3, 0.4, 0.6, 5]);
});

test("a smooth course keeps a constant, and weighs values by the time they last", () => {
  const position = Float64Array.of(0, 1, 2, 3, 4);
  const at = Float64Array.of(0, 0.5, 2, 4);
  expect([...smooth(position, new Float64Array(5).fill(7), 1, at)]).toEqual([7, 7, 7, 7].map((value) => expect.closeTo(value, 12)));
  // Ten short notes at 10 last as long together as one long note at 0.
  const crowd = Float64Array.from({ length: 12 }, (_, k) => (k <= 10 ? k / 10 : 2));
  const loud = Float64Array.from({ length: 12 }, (_, k) => (k < 10 ? 10 : 0));
  expect(smooth(crowd, loud, 100, Float64Array.of(1))[0]).toBeCloseTo((10 * 10 * 0.1) / (1 + 1 + 100), 2);
});

test("a smooth course has no value beyond the ends", () => {
  expect([...smooth(Float64Array.of(1, 2), Float64Array.of(5, 5), 1, Float64Array.of(0, 1.5, 3))]).toEqual([NaN, 5, NaN]);
});
