/**
 * @file Notes paired within their pitch: each where the time map expects it, in order, the sum of all distances least.
 */

/** What a note costs that stays alone, in units of its tolerance. */
const ALONE = 0.5;

/**
 * Pair two ascending lists of times so that the sum of distances, and `tolerance / 2` for every time left alone, is least.
 *
 * The work is proportional to the pairs within reach: times further apart than `tolerance` are never compared.
 *
 * @returns for each time of `expected` the index in `played`, or −1
 */
export function pairInOrder(expected: Float64Array, played: Float64Array, tolerance: Float64Array): Int32Array {
  const A = expected.length;
  const B = played.length;
  const pair = new Int32Array(A).fill(-1);
  // Runs in which every neighbour is within reach are solved apart.
  let a = 0;
  let b = 0;
  while (a < A && b < B) {
    if (played[b] < expected[a] - tolerance[a]) { b++; continue; }
    if (played[b] > expected[a] + tolerance[a]) { a++; continue; }
    let [endA, endB] = [a + 1, b + 1];
    for (let grown = true; grown; ) {
      grown = false;
      while (endB < B && played[endB] <= expected[endA - 1] + tolerance[endA - 1]) { endB++; grown = true; }
      while (endA < A && expected[endA] - tolerance[endA] <= played[endB - 1] && endA - a < 64) { endA++; grown = true; }
      if (endB - b > 64) break;
    }
    solve(a, endA, b, endB);
    a = endA;
    b = endB;
  }
  return pair;

  function solve(a0: number, a1: number, b0: number, b1: number): void {
    const [n, m] = [a1 - a0, b1 - b0];
    if (n === 1 && m === 1) {
      pair[a0] = b0;
      return;
    }
    const cost = new Float64Array((n + 1) * (m + 1));
    for (let i = 0; i <= n; i++) {
      for (let j = 0; j <= m; j++) {
        if (i === 0 && j === 0) continue;
        const alone = tolerance[a0 + Math.max(0, i - 1)] * ALONE;
        let best = Infinity;
        if (i > 0) best = Math.min(best, cost[(i - 1) * (m + 1) + j] + alone);
        if (j > 0) best = Math.min(best, cost[i * (m + 1) + j - 1] + alone);
        if (i > 0 && j > 0) {
          const distance = Math.abs(expected[a0 + i - 1] - played[b0 + j - 1]);
          if (distance <= tolerance[a0 + i - 1]) best = Math.min(best, cost[(i - 1) * (m + 1) + j - 1] + distance);
        }
        cost[i * (m + 1) + j] = best;
      }
    }
    for (let i = n, j = m; i > 0 && j > 0; ) {
      const alone = tolerance[a0 + i - 1] * ALONE;
      const distance = Math.abs(expected[a0 + i - 1] - played[b0 + j - 1]);
      const here = cost[i * (m + 1) + j];
      // Of a unison written twice, the first is the one that was played.
      if (Math.abs(here - cost[(i - 1) * (m + 1) + j] - alone) < 1e-12) i--;
      else if (distance <= tolerance[a0 + i - 1] && Math.abs(here - cost[(i - 1) * (m + 1) + j - 1] - distance) < 1e-12) {
        pair[a0 + i - 1] = b0 + j - 1;
        i--; j--;
      }
      else j--;
    }
  }
}
