/**
 * @file Weighted sums in a window that slides over unevenly spaced events, in time linear in their number.
 *
 * The window is `k(d) = (1 + d/τ) exp(−d/τ)` of the distance `d`: smooth at its top, without edges, and exact by two
 * running states in each direction (the Matérn 3/2 kernel; Hartikainen & Särkkä, 2010, Kalman filtering and smoothing
 * solutions to temporal Gaussian process regression models). A box of the same height and area is 4τ wide: that is
 * what we call its width.
 */

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
  const sums = columns.map(() => new Float64Array(at.length));
  const rate = 4 / width;
  const M = position.length;
  const near = new Float64Array(columns.length); // Σ value · exp(−d/τ)
  const far = new Float64Array(columns.length); // Σ value · d/τ · exp(−d/τ)
  let here = 0;

  function moveTo(place: number): void {
    const distance = Math.abs(place - here) * rate;
    here = place;
    if (distance === 0) return;
    const decay = Math.exp(-distance);
    for (let c = 0; c < near.length; c++) {
      far[c] = decay * (far[c] + distance * near[c]);
      near[c] *= decay;
    }
  }

  for (let q = 0, m = 0; q < at.length; q++) {
    for (; m < M && position[m] <= at[q]; m++) {
      moveTo(position[m]);
      for (let c = 0; c < near.length; c++) near[c] += columns[c][m];
    }
    moveTo(at[q]);
    for (let c = 0; c < near.length; c++) sums[c][q] += near[c] + far[c];
  }
  near.fill(0);
  far.fill(0);
  for (let q = at.length - 1, m = M - 1; q >= 0; q--) {
    for (; m >= 0 && position[m] > at[q]; m--) {
      moveTo(position[m]);
      for (let c = 0; c < near.length; c++) near[c] += columns[c][m];
    }
    moveTo(at[q]);
    for (let c = 0; c < near.length; c++) sums[c][q] += near[c] + far[c];
  }
  return sums;
}

/** The mean of values weighted by the window and their own weights; 0 where nothing weighs anything. */
export function windowMean(position: Float64Array, values: Float64Array, weights: Float64Array, at: Float64Array, width: number): Float64Array {
  const [sum, weight] = windowSums(position, [values.map((value, m) => value * weights[m]), weights], at, width);
  return sum.map((total, q) => (weight[q] > 0 ? total / weight[q] : 0));
}
