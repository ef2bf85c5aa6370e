/**
 * @file Slices on the WASM backend, against the definition.
 */
import { describe, expect, test } from "@jest/globals";
import { loadEngine } from "./engine.js";

const { tf } = await loadEngine({ engine: "wasm" });

/** The cut, value by value. */
function cut(shape: readonly number[], begin: readonly number[], size: readonly number[]): number[] {
  const length = size.reduce((a, b) => a * b, 1);
  return Array.from({ length }, (_, i) => {
    let rest = i;
    const place = size.map((_, d) => {
      const below = size.slice(d + 1).reduce((a, b) => a * b, 1);
      const at = Math.floor(rest / below);
      rest %= below;
      return at + begin[d];
    });
    return place.reduce((index, at, d) => index * shape[d] + at, 0);
  });
}

describe("slices on WASM", () => {
  test.each([
    [[7], [2], [3]],
    [[4, 6], [0, 2], [4, 3]],
    [[4, 6], [1, 0], [2, 6]],
    [[4, 6], [1, 5], [1, 1]],
    [[3, 4, 5], [0, 1, 0], [3, 2, 5]],
    [[3, 4, 5], [1, 1, 1], [2, 2, 3]],
    [[3, 4, 5], [0, 0, 0], [3, 4, 5]],
    [[2, 3, 4, 5], [0, 1, 2, 0], [2, 2, 1, 5]],
    [[2, 3, 4, 5, 2], [1, 0, 0, 1, 0], [1, 3, 4, 2, 2]],
    [[4, 6], [0, 3], [4, 0]],
  ])("of %j from %j, %j", (shape, begin, size) => {
    const before = tf.memory().numTensors;
    const x = tf.tidy(() => tf.reshape(tf.range(0, shape.reduce((a, b) => a * b, 1)), shape));
    const y = tf.slice(x, begin, size);
    expect(y.shape).toEqual(size);
    expect([...y.dataSync()]).toEqual(cut(shape, begin, size));
    tf.dispose([x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("to the end, and of integers", () => {
    expect([...tf.slice(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), [0, 1], [-1, -1]).dataSync()]).toEqual([2, 3, 5, 6]);
    expect([...tf.slice(tf.tensor2d([[1, 2, 3], [4, 5, 6]], undefined, "int32"), [0, 1], [2, 1]).dataSync()]).toEqual([2, 5]);
  });

  test("beyond the ends they are refused", () => {
    expect(() => tf.slice(tf.zeros([2, 3]), [0, 2], [2, 2])).toThrow();
    expect(() => tf.slice(tf.zeros([5]), [4], [2])).toThrow();
  });
});
