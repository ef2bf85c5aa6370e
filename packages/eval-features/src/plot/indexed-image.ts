/**
 * @file A picture as palette indices, and the palette of the animations: dark ground, blue below the mean, orange above.
 */

/** Pixels as palette indices, row by row. */
export interface IndexedImage {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** `[height · width]`. */
  readonly pixels: Uint8Array;
}

/** Indices of the colours that are not of the scale. */
export const INK = { ground: 0, panel: 1, rule: 2, quiet: 3, strong: 4 } as const;

const FIRST_OF_SCALE = 5;
/** Colours on either side of the middle. */
const SHADES = 8;
/** Standard deviations at which the scale ends. */
const SCALE_END = 3;

const GROUND = [20, 24, 29] as const;
const PANEL = [27, 32, 39] as const;
const BELOW = [58, 134, 205] as const;
const ABOVE = [226, 122, 60] as const;

/** Red, green and blue of every index. */
export const PALETTE: readonly (readonly number[])[] = [
  GROUND, PANEL, [52, 61, 72], [150, 161, 173], [240, 243, 246],
  ...Array.from({ length: 2 * SHADES + 1 }, (_, i) => {
    const side = (i - SHADES) / SHADES;
    const to = side < 0 ? BELOW : ABOVE;
    return PANEL.map((value, c) => Math.round(value + (to[c] - value) * Math.abs(side)));
  }),
];

/** The index of a standardized value. */
export function shadeOf(value: number): number {
  const side = Math.max(-1, Math.min(1, (Number.isFinite(value) ? value : 0) / SCALE_END));
  return FIRST_OF_SCALE + SHADES + Math.round(side * SHADES);
}

/** An empty picture. */
export function indexedImage(width: number, height: number): IndexedImage {
  return { width, height, pixels: new Uint8Array(width * height).fill(INK.ground) };
}

/** Colour a pixel; outside the picture nothing happens. */
export function putPixel({ width, height, pixels }: IndexedImage, x: number, y: number, index: number): void {
  if (x >= 0 && x < width && y >= 0 && y < height) pixels[y * width + x] = index;
}

/** Colour a rectangle. */
export function fillRectangle(image: IndexedImage, left: number, top: number, width: number, height: number, index: number): void {
  const right = Math.min(image.width, left + width);
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    image.pixels.fill(index, y * image.width + Math.max(0, left), y * image.width + right);
  }
}
