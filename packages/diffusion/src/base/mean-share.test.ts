import { describe, expect, it } from "@jest/globals";
import { towardMean } from "./mean-share.js";

const drawn = Float32Array.of(1, 2, 3, 4);
const mean = Float32Array.of(3, 0, -1, 4);

describe("towardMean", () => {
  it("moves each channel by its own share", () => {
    expect(Array.from(towardMean(drawn, mean, [0.5, 0.25]))).toEqual([2, 1.5, 1, 4]);
  });

  it("leaves the draw at a share of 0 and gives the mean at 1", () => {
    expect(Array.from(towardMean(drawn, mean, [0, 1]))).toEqual([1, 0, 3, 4]);
  });

  it("moves what kept a source's own reading by a part of the share", () => {
    expect(Array.from(towardMean(drawn, mean, [0.5, 0.5], 0.5))).toEqual([1.5, 1.5, 2, 4]);
  });

  it("returns the draw itself where no share is given, and never changes it", () => {
    expect(towardMean(drawn, mean, undefined)).toBe(drawn);
    towardMean(drawn, mean, [1, 1]);
    expect(Array.from(drawn)).toEqual([1, 2, 3, 4]);
  });
});
