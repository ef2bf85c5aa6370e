/**
 * @file Lines short enough to draw: a picture of a long piece stays as small as
 * that of a short one.
 */

/** Points in pixels; a NaN in `y` breaks the line. */
export interface Line {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Keep, of the points in one column of pixels, the first, the lowest, the
 * highest and the last: the line looks the same.
 *
 * @param line - with rising `x`
 */
export function thin({ x, y }: Line): Line {
  const keep: number[] = [];
  for (let start = 0; start < x.length; ) {
    const column = Math.floor(x[start]);
    let end = start;
    let low = start;
    let high = start;
    for (; end < x.length && Math.floor(x[end]) === column; end++) {
      if (!(y[low] <= y[end])) low = end;
      if (!(y[high] >= y[end])) high = end;
    }
    for (const k of [...new Set([start, low, high, end - 1])].sort((a, b) => a - b)) keep.push(k);
    start = end;
  }
  return { x: Float64Array.from(keep, (k) => x[k]), y: Float64Array.from(keep, (k) => y[k]) };
}

/**
 * The Gaussian-weighted mean of a curve along score time, where each value
 * weighs as much as the time it lasts.
 *
 * @param position - rising, `[K]`
 * @param value - `[K]`, NaN where missing
 * @param width - standard deviation of the Gaussian, in units of `position`
 * @param at - rising places to evaluate at, `[M]`
 * @returns `[M]`; NaN where nothing is near, and beyond the first and last place
 */
export function smooth(position: Float64Array, value: Float64Array, width: number, at: Float64Array): Float64Array {
  const reach = 3 * width;
  let first = 0;
  return at.map((place) => {
    while (first < position.length && position[first] < place - reach) first++;
    let sum = 0;
    let weights = 0;
    if (place > position[position.length - 1] || place < position[0]) return Number.NaN;
    for (let k = first; k < position.length && position[k] <= place + reach; k++) {
      if (Number.isNaN(value[k])) continue;
      const lasts = k + 1 < position.length ? Math.min(position[k + 1] - position[k], reach) : width;
      const weight = lasts * Math.exp(-0.5 * ((position[k] - place) / width) ** 2);
      sum += weight * value[k];
      weights += weight;
    }
    return weights > 0 ? sum / weights : Number.NaN;
  });
}
