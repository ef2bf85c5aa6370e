import { describe, expect, it } from "@jest/globals";
import { groupOnsets } from "@dexter/codec";
import { towardMean } from "./mean-share.js";

/** A chord of three notes and a note alone; channel c of note n. */
const onsets = groupOnsets({ length: 4, onsetQuarter: Float64Array.of(0, 0, 0, 1) });
const rows = (of: (note: number, channel: number) => number): Float32Array => Float32Array.from({ length: 24 }, (_, i) => of(Math.floor(i / 6), i % 6));
const drawn = rows((n, c) => 10 * n + c);
const mean = rows((n, c) => (c === 2 ? [8, -4, 6, 2][n] : 1));
const SHARES = [0.5, 0.25, 0.5, 0, 1, 0.1];
const velocities = (values: Float32Array): number[] => [...values].filter((_, i) => i % 6 === 2);

describe("towardMean", () => {
  it("moves each channel by its own share", () => {
    const moved = towardMean(drawn, { mean }, { meanShare: SHARES }, onsets);
    moved.forEach((value, i) => expect(value).toBeCloseTo((1 - SHARES[i % 6]) * drawn[i] + SHARES[i % 6] * mean[i], 5));
  });

  it("moves what kept a source's own reading by a part of the share", () => {
    const moved = towardMean(drawn, { mean }, { meanShare: SHARES, chordShare: 0.2 }, onsets, 0.5);
    const half = towardMean(drawn, { mean }, { meanShare: SHARES.map((share) => share / 2), chordShare: 0.1 }, onsets);
    moved.forEach((value, i) => expect(value).toBeCloseTo(half[i], 5));
  });

  it("moves a chord's mean velocity by the share, and how its notes differ by the chord's", () => {
    const moved = velocities(towardMean(drawn, { mean }, { meanShare: SHARES, chordShare: 0.25 }, onsets));
    // The draw's chord is 12 ∓ 10, the mean's 10/3 + (14/3, −22/3, 8/3).
    const middle = (12 + 10 / 3) / 2;
    [-10 * 0.75 + (14 / 3) * 0.25, (-22 / 3) * 0.25, 10 * 0.75 + (8 / 3) * 0.25].forEach((difference, n) => expect(moved[n]).toBeCloseTo(middle + difference, 4));
    expect(moved[3]).toBeCloseTo((32 + 2) / 2, 5);
  });

  it("is the same with a chord's share that is the velocity's", () => {
    const same = towardMean(drawn, { mean }, { meanShare: SHARES, chordShare: 0.5 }, onsets);
    towardMean(drawn, { mean }, { meanShare: SHARES }, onsets).forEach((value, i) => expect(same[i]).toBeCloseTo(value, 5));
  });

  it("voices chords alone where only their share is given", () => {
    const moved = towardMean(drawn, { mean }, { chordShare: 1 }, onsets);
    expect(velocities(moved).slice(0, 3).reduce((a, b) => a + b, 0)).toBeCloseTo(36, 4);
    expect(moved[2] - moved[8]).toBeCloseTo(12, 4);
    moved.forEach((value, i) => i % 6 !== 2 && expect(value).toBe(drawn[i]));
  });

  it("moves the middle of the draws to the mean before it shares, variety and all", () => {
    const centre = rows((n, c) => n - c);
    const RECENTRE = [0, 0, 1, 0.5, 0, 0];
    const moved = towardMean(drawn, { mean, centre }, { meanShare: SHARES, recentre: RECENTRE }, onsets, 0.5);
    moved.forEach((value, i) => {
      const [share, recentre] = [SHARES[i % 6] / 2, RECENTRE[i % 6] / 2];
      expect(value).toBeCloseTo((1 - share) * (drawn[i] + recentre * (mean[i] - centre[i])) + share * mean[i], 5);
    });
    // The centre itself becomes the mean.
    velocities(towardMean(centre, { mean, centre }, { recentre: RECENTRE, chordShare: 0.3 }, onsets)).forEach((value, n) => expect(value).toBeCloseTo(mean[6 * n + 2], 5));
    expect(() => towardMean(drawn, { mean }, { recentre: RECENTRE }, onsets)).toThrow("to recentre 24 values, mean and centre must have as many, got 24 and none.");
    expect(() => towardMean(drawn, { mean, centre: centre.slice(6) }, { recentre: RECENTRE }, onsets)).toThrow("got 24 and 18");
    expect(() => towardMean(drawn, { mean, centre }, { recentre: [1] }, onsets)).toThrow("recentre must have 6 shares, got 1.");
    expect(towardMean(drawn, { mean }, { recentre: [0, 0, 0, 0, 0, 0] }, onsets)).toBe(drawn);
  });

  it("returns the draw itself where no share is given, and never changes it", () => {
    expect(towardMean(drawn, { mean }, {}, onsets)).toBe(drawn);
    const before = drawn.slice();
    towardMean(drawn, { mean }, { meanShare: [1, 1, 1, 1, 1, 1], chordShare: 0 }, onsets);
    expect(drawn).toEqual(before);
  });
});
