import { CodecError } from "@dexter/codec";
import { readGif } from "../../test/gif-frames.js";
import { PALETTE, shadeOf } from "./indexed-image.js";
import { animateNoise, drawFrame, keepsStep, MOST_FRAMES, type NoiseFrame } from "./noise-animation.js";

const names = ["velocity", "beat period"];
const frame = (step: number, value: (n: number, p: number) => number, notes = 20): NoiseFrame =>
  ({ step, steps: 3, values: { data: Float32Array.from({ length: notes * 2 }, (_, i) => value(Math.floor(i / 2), i % 2)), shape: [notes, 2] } });
const frames = [0, 1, 2, 3].map((step) => frame(step, (n, p) => (3 - step) * Math.sin(n * 7 + p) + p));

test("a GIF has every frame as it was drawn, stands on the last one, and repeats", () => {
  const gif = readGif(animateNoise(frames, { names, frameMilliseconds: 100, lastMilliseconds: 1500 }));
  expect(gif.frames.map(({ delay }) => delay)).toEqual([20, 10, 10, 150]);
  expect(gif.loops).toBe(true);
  gif.frames.forEach(({ pixels }, f) => {
    const drawn = drawFrame(frames[f], names);
    expect([gif.width, gif.height]).toEqual([drawn.width, drawn.height]);
    expect(Buffer.from(pixels).equals(Buffer.from(drawn.pixels))).toBe(true);
  });
  expect(gif.palette.slice(0, PALETTE.length)).toEqual(PALETTE);
});

test("a note's column has the colour of its value, blue below the mean and orange above", () => {
  const { width, pixels } = drawFrame(frame(0, (n) => (n < 10 ? -3 : 3)), names);
  const [below, above] = [pixels[(24 + 20) * width + 92 + 5], pixels[(24 + 20) * width + 92 + 235]];
  expect([below, above]).toEqual([shadeOf(-3), shadeOf(3)]);
  expect(PALETTE[below][2]).toBeGreaterThan(PALETTE[below][0]);
  expect(PALETTE[above][0]).toBeGreaterThan(PALETTE[above][2]);
  expect(shadeOf(Number.NaN)).toBe(shadeOf(0));
});

test("of a long walk the start, the end and steps evenly between are kept", () => {
  for (const steps of [1, 8, 39, 40, 100, 999, 1000]) {
    const kept = Array.from({ length: steps + 1 }, (_, step) => step).filter((step) => keepsStep(step, steps));
    expect(kept).toHaveLength(Math.min(steps + 1, MOST_FRAMES));
    expect([kept[0], kept.at(-1)]).toEqual([0, steps]);
  }
});

test("no frames and frames of different shapes are refused", () => {
  expect(() => animateNoise([], { names })).toThrow(new CodecError("animateNoise: expected at least one frame, got none."));
  expect(() => animateNoise([...frames, frame(4, () => 0, 7)], { names })).toThrow("all of the same shape");
  expect(() => animateNoise(frames, { names: ["one"] })).toThrow("expected frames [N, 1]");
});
