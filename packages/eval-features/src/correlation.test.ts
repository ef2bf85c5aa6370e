import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { correlation, mean, meanCurve, standardDeviation } from "./correlation.js";

const curve = (...values: number[]) => Float64Array.from(values);

describe("correlation", () => {
  test("of a curve and a stretched, lifted copy is 1, of its mirror −1", () => {
    const a = curve(1, 4, 2, 8);
    expect(correlation(a, a.map((x) => 3 * x + 100))).toBeCloseTo(1, 12);
    expect(correlation(a, a.map((x) => -x))).toBeCloseTo(-1, 12);
  });

  test("agrees with Anscombe's first quartet", () => {
    const x = curve(10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5);
    const y = curve(8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68);
    expect(correlation(x, y)).toBeCloseTo(0.81642, 5);
  });

  test("skips places that one of the two lacks", () => {
    expect(correlation(curve(1, 2, NaN, 3, 50), curve(2, 4, 9, 6, NaN))).toBeCloseTo(1, 12);
  });

  test("with a curve that never moves is 0", () => {
    expect(correlation(curve(0.1, 0.1, 0.1, 0.1), curve(1, 2, 3, 4))).toBe(0);
  });

  test("takes rounding errors for no variation", () => {
    expect(correlation(curve(1e-17, -2e-17, 5e-17, 0), curve(1, 2, 3, 4))).toBe(0);
    expect(correlation(curve(1e-17, -2e-17, 5e-17, 0), curve(7, 7, 7, 7))).toBeNaN();
  });

  test("is not defined for fewer than three shared places", () => {
    expect(correlation(curve(1, 2), curve(1, 2))).toBeNaN();
    expect(correlation(curve(), curve())).toBeNaN();
  });

  test("stays within −1 and 1 and does not depend on the order of the two", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(values, values, (left, right) => {
        const length = Math.min(left.length, right.length);
        const [a, b] = [curve(...left.slice(0, length)), curve(...right.slice(0, length))];
        const r = correlation(a, b);
        if (Number.isNaN(r)) return;
        expect(Math.abs(r)).toBeLessThanOrEqual(1);
        expect(correlation(b, a)).toBeCloseTo(r, 9);
      }),
    );
  });
});

describe("means", () => {
  test("leave gaps out", () => {
    expect(mean([1, NaN, 3])).toBe(2);
    expect(mean([])).toBeNaN();
    expect(standardDeviation([2, 4, NaN, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2, 12);
  });

  test("of curves are taken place by place, without the one left out", () => {
    const curves = [curve(1, NaN, 5), curve(3, NaN, NaN), curve(100, 7, 100)];
    expect([...meanCurve(curves, 2)]).toEqual([2, NaN, 5]);
    expect([...meanCurve(curves)]).toEqual([104 / 3, 7, 52.5]);
  });
});
