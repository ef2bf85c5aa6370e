/**
 * @file Parameters emerging from noise, as a GIF: one band a parameter, one column a note, coloured by its value and
 * with its curve on top.
 */
import { CodecError, type Matrix } from "@dexter/codec";
import * as gifenc from "gifenc";
import { fillRectangle, indexedImage, INK, PALETTE, putPixel, shadeOf, type IndexedImage } from "./indexed-image.js";
import { drawSmallText, LETTER_ADVANCE, LETTER_HEIGHT } from "./small-type.js";

/** A draw at one step. */
export interface NoiseFrame {
  /** Steps done; 0 is the start. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Standardized, `[N, P]`. */
  readonly values: Matrix;
}

/** How to animate. */
export interface AnimationOptions {
  /** A name for each of the `P` bands; small letters and digits can be written. */
  readonly names: readonly string[];
  /** Milliseconds that a frame stands; default: so that the whole takes about three seconds, 60–400. */
  readonly frameMilliseconds?: number;
  /** Milliseconds that the last frame stands; default 2500. */
  readonly lastMilliseconds?: number;
}

/** More frames than this are no smoother, only larger. */
export const MOST_FRAMES = 40;

const LEFT = 92;
const RIGHT = 10;
const HEADER = 24;
const BAND = 46;
const GAP = 5;
const FOOTER = 8;
const WIDTH = 600;
/** A note is at most this wide. */
const WIDEST_NOTE = 12;
/** Standard deviations from the middle of a band to its edge. */
const BAND_REACH = 3;
const WHOLE_MILLISECONDS = 3000;

/**
 * The steps to keep of a walk, so that an animation has at most {@link MOST_FRAMES} frames: the start (step 0), the end, and steps evenly between.
 *
 * @param steps - of the walk, ≥ 1
 */
export function keepsStep(step: number, steps: number): boolean {
  if (steps < MOST_FRAMES) return true;
  const place = (k: number): number => Math.round((k * steps) / (MOST_FRAMES - 1));
  return place(Math.round((step * (MOST_FRAMES - 1)) / steps)) === step;
}

/**
 * Animate a draw from its start to its end, for ever.
 *
 * @param frames - in order, at least one, of one shape
 * @returns a GIF; pixels of the same frames are the same
 * @throws CodecError without frames, with frames of different shapes, or with another number of names
 */
export function animateNoise(frames: readonly NoiseFrame[], options: AnimationOptions): Uint8Array {
  const { names, lastMilliseconds = 2500 } = options;
  if (frames.length === 0) throw new CodecError("animateNoise: expected at least one frame, got none.");
  const [N, P] = frames[0].values.shape;
  if (N === 0 || P !== names.length || frames.some(({ values }) => values.shape[0] !== N || values.shape[1] !== P)) {
    throw new CodecError(`animateNoise: expected frames [N, ${names.length}] with N ≥ 1, all of the same shape, got ${frames.map(({ values }) => `[${values.shape.join(", ")}]`)[0]}.`);
  }
  const usual = options.frameMilliseconds ?? Math.max(60, Math.min(400, WHOLE_MILLISECONDS / frames.length));
  const stream = (gifenc.GIFEncoder ?? gifenc.default.GIFEncoder)();
  frames.forEach((frame, f) => {
    const { width, height, pixels } = drawFrame(frame, names);
    const delay = f === frames.length - 1 ? lastMilliseconds : f === 0 ? 2 * usual : usual;
    stream.writeFrame(pixels, width, height, { delay, ...(f === 0 && { palette: PALETTE, repeat: 0 }) });
  });
  stream.finish();
  return stream.bytes();
}

/** One frame as pixels. */
export function drawFrame({ step, steps, values }: NoiseFrame, names: readonly string[]): IndexedImage {
  const [N, P] = values.shape;
  const width = Math.min(WIDTH, N * WIDEST_NOTE);
  const image = indexedImage(LEFT + width + RIGHT, HEADER + P * (BAND + GAP) - GAP + FOOTER);
  const write = (text: string, left: number, top: number, index: number): void => drawSmallText(text, left, top, (x, y) => putPixel(image, x, y, index));
  const caption = step === 0 ? "start" : `step ${step}/${steps}`;
  write(caption, LEFT, 8, INK.strong);
  const barLeft = LEFT + 16 * LETTER_ADVANCE;
  const bar = LEFT + width - barLeft;
  if (bar > 0) {
    fillRectangle(image, barLeft, 10, bar, 3, INK.rule);
    fillRectangle(image, barLeft, 10, Math.round((bar * step) / Math.max(1, steps)), 3, INK.quiet);
  }
  const noteAt = (x: number): number => Math.min(N - 1, Math.floor((x * N) / width));
  names.forEach((name, p) => {
    const top = HEADER + p * (BAND + GAP);
    const words = name.split(" ");
    words.forEach((word, i) => {
      const y = top + Math.round((BAND - words.length * (LETTER_HEIGHT + 4) + 4) / 2) + i * (LETTER_HEIGHT + 4);
      write(word, LEFT - 10 - word.length * LETTER_ADVANCE, y, INK.quiet);
    });
    const value = (x: number): number => values.data[noteAt(x) * P + p];
    for (let x = 0; x < width; x++) fillRectangle(image, LEFT + x, top, 1, BAND, shadeOf(value(x)));
    let before = bandY(value(0));
    for (let x = 0; x < width; x++) {
      const y = bandY(value(x));
      for (let k = Math.min(before, y); k <= Math.max(before, y); k++) putPixel(image, LEFT + x, top + k, INK.strong);
      before = y;
    }
  });
  return image;
}

/** Where a value stands in its band, pixels from its top. */
function bandY(value: number): number {
  const side = Math.max(-1, Math.min(1, (Number.isFinite(value) ? value : 0) / BAND_REACH));
  return Math.round(((1 - side) / 2) * (BAND - 1));
}
