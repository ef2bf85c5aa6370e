/**
 * @file The slow part of a tempo curve: a Gaussian average along score time.
 *
 * It is nearly unpredictable on unseen pieces, so it is a target of its own,
 * apart from the local tempo that the score does suggest.
 */

/** Largest number of cells of the grid, whatever a score claims its length to be. */
const MAX_CELLS = 1_000_000;

/** Cells to a standard deviation: the grid's own error is then below 1 %. */
const CELLS_PER_SIGMA = 12;

/**
 * Gaussian average of a function known at onsets.
 *
 * The values are spread on a grid of a twelfth of `sigma`, averaged there with a
 * Gaussian cut at four standard deviations, and read between the grid's points.
 *
 * @param beat - where the values stand, `[U]`, ascending
 * @param value - the function, `[U]`
 * @param mass - weight of each value (its share of score time), `[U]`, ≥ 0
 * @param sigma - standard deviation, beats
 * @returns the average at every `beat`, `[U]`; the plain mean where no mass is near
 */
export function gaussianAverage(beat: Float64Array, value: Float64Array, mass: Float64Array, sigma: number): Float64Array {
  const count = beat.length;
  const average = new Float64Array(count);
  if (count === 0) return average;
  let totalMass = 0;
  let total = 0;
  for (let u = 0; u < count; u++) {
    totalMass += mass[u];
    total += mass[u] * value[u];
  }
  const mean = totalMass > 0 ? total / totalMass : 0;
  const first = beat[0];
  const span = beat[count - 1] - first;
  const cell = Math.max(sigma / CELLS_PER_SIGMA, span / MAX_CELLS);
  const cells = Math.floor(span / cell) + 2;
  const gridMass = new Float64Array(cells);
  const gridValue = new Float64Array(cells);
  for (let u = 0; u < count; u++) {
    const at = (beat[u] - first) / cell;
    const left = Math.floor(at);
    const part = at - left;
    gridMass[left] += (1 - part) * mass[u];
    gridMass[left + 1] += part * mass[u];
    gridValue[left] += (1 - part) * mass[u] * (value[u] - mean);
    gridValue[left + 1] += part * mass[u] * (value[u] - mean);
  }
  const reach = Math.ceil((4 * sigma) / cell);
  const kernel = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-0.5 * ((i * cell) / sigma) ** 2));
  const smooth = new Float64Array(cells);
  for (let i = 0; i < cells; i++) {
    let weights = 0;
    let sum = 0;
    const end = Math.min(cells - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= end; j++) {
      const weight = kernel[Math.abs(i - j)];
      weights += weight * gridMass[j];
      sum += weight * gridValue[j];
    }
    smooth[i] = mean + (weights > 0 ? sum / weights : 0);
  }
  for (let u = 0; u < count; u++) {
    const at = (beat[u] - first) / cell;
    const left = Math.floor(at);
    average[u] = smooth[left] + (at - left) * (smooth[left + 1] - smooth[left]);
  }
  return average;
}
