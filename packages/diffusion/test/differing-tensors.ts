/**
 * @file Tensors compared bit for bit. Jest's own equality takes seconds for a network's weights.
 */
import type { NamedTensors } from "../src/base/layout.js";

/** Names of the tensors that are not the same in both, in shape and every value; empty where all are. */
export function differingTensors(actual: NamedTensors, expected: NamedTensors): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return names.filter((name) => {
    const [a, b] = [actual[name], expected[name]];
    return !a || !b || a.shape.join() !== b.shape.join() || !sameValues(a.data, b.data);
  });
}

/** Whether two arrays hold the same values; NaN is not the same as itself. */
export function sameValues(actual: Float32Array, expected: Float32Array): boolean {
  return actual.length === expected.length && actual.every((value, i) => value === expected[i]);
}

/** Largest absolute difference of two arrays, as a share of 1 + |expected|; infinite when lengths differ or a value is not a number. */
export function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference;
  }
  return largest;
}
