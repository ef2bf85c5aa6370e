/**
 * @file Quantiles of sorted values.
 */

/**
 * The value below which a share of them lies, on a line between the two nearest.
 *
 * @param ascending - sorted, without NaN
 * @param share - 0–1
 * @returns NaN of none
 */
export function quantile(ascending: Float64Array, share: number): number {
  if (!ascending.length) return Number.NaN;
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
}
