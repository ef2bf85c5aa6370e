/**
 * @file Weighted sums in a window that slides over unevenly spaced events, in time linear in their number.
 *
 * The window is `k(d) = (1 + d/τ) exp(−d/τ)` of the distance `d`: smooth at its top, without edges, and exact by two
 * running states in each direction (the Matérn 3/2 kernel; Hartikainen & Särkkä, 2010, Kalman filtering and smoothing
 * solutions to temporal Gaussian process regression models). A box of the same height and area is 4τ wide: that is
 * what we call its width.
 */
import { CodecError } from "@dexter/codec";

/**
 * Sum columns of values over the window around each place.
 *
 * @param position - where the events are, not falling, `[M]`
 * @param columns - what they weigh, `[M]` each
 * @param at - where the sums are wanted, not falling, `[Q]`
 * @param width - of the window, in the unit of the positions
 * @returns for each column the sums, `[Q]`; an event in the middle of the window counts once
 */
export function windowSums(position: Float64Array, columns: readonly Float64Array[], at: Float64Array, width: number): Float64Array[] {
  const C = columns.length;
  const rows = new Float64Array(position.length * C);
  columns.forEach((column, c) => {
    for (let m = 0, cell = c; m < column.length; m++, cell += C) rows[cell] = column[m];
  });
  const sums = windowRowSums(position, rows, C, at, width);
  return columns.map((_, c) => at.map((_place, q) => sums[q * C + c]));
}

/**
 * {@link windowSums} of many columns, faster.
 *
 * @param rows - what the events weigh, `[M, C]`
 * @returns the sums, `[Q, C]`
 * @throws CodecError for a width that is no positive number
 */
export function windowRowSums(position: Float64Array, rows: Float64Array, C: number, at: Float64Array, width: number): Float64Array {
  if (!(width > 0 && width < Infinity)) throw new CodecError(`window: expected a width over 0, got ${width}.`);
  const sums = new Float64Array(at.length * C);
  const rate = 4 / width;
  const M = position.length;
  const near = new Float64Array(C); // Σ value · exp(−d/τ)
  const far = new Float64Array(C); // Σ value · d/τ · exp(−d/τ)
  let here = 0;

  function moveTo(place: number): void {
    const distance = Math.abs(place - here) * rate;
    here = place;
    if (distance === 0) return;
    const decay = Math.exp(-distance);
    for (let c = 0; c < C; c++) {
      far[c] = decay * (far[c] + distance * near[c]);
      near[c] *= decay;
    }
  }
  function take(m: number): void {
    moveTo(position[m]);
    for (let c = 0, cell = m * C; c < C; c++, cell++) near[c] += rows[cell];
  }
  function give(q: number): void {
    moveTo(at[q]);
    for (let c = 0, cell = q * C; c < C; c++, cell++) sums[cell] += near[c] + far[c];
  }

  for (let q = 0, m = 0; q < at.length; q++) {
    while (m < M && position[m] <= at[q]) take(m++);
    give(q);
  }
  near.fill(0);
  far.fill(0);
  for (let q = at.length - 1, m = M - 1; q >= 0; q--) {
    while (m >= 0 && position[m] > at[q]) take(m--);
    give(q);
  }
  return sums;
}

/** The mean of values weighted by the window and their own weights; 0 where nothing weighs anything. */
export function windowMean(position: Float64Array, values: Float64Array, weights: Float64Array, at: Float64Array, width: number): Float64Array {
  const [sum, weight] = windowSums(position, [values.map((value, m) => value * weights[m]), weights], at, width);
  return sum.map((total, q) => (weight[q] > 0 ? total / weight[q] : 0));
}
