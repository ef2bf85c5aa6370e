/**
 * @file The subsets of a given size by number (the combinatorial number system), so that some of them are drawn without a list.
 */

/** Beyond this many subsets a number is not exact; more are not told apart. */
const MOST = 2 ** 52;

/** How many subsets of `size` there are in `count` things; at most 2^52. */
export function subsetCount(count: number, size: number): number {
  let subsets = 1;
  for (let i = 1; i <= size; i++) {
    subsets = Math.round((subsets * (count - size + i)) / i);
    if (subsets > MOST) return MOST;
  }
  return subsets;
}

/** Subset number `rank` of `size` of `count` things, ascending. */
export function subsetAt(rank: number, count: number, size: number): number[] {
  const chosen: number[] = [];
  let left = rank;
  let top = count;
  for (let members = size; members > 0; members--) {
    // The largest thing whose smaller neighbours alone make no more than what is left.
    top--;
    while (subsetCount(top, members) > left) top--;
    chosen.unshift(top);
    left -= subsetCount(top, members);
  }
  return chosen;
}
