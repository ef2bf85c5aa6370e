import { expect, test } from "@jest/globals";
import { randomStream } from "../base/random-stream.js";
import { tellControls } from "./control-crops.js";

const K = 3;
const N = 6;
const values = Float32Array.from({ length: N * K }, (_, i) => i + 1);

test("crops are told nothing, one control, some or all: as curves where measured, or as their mean everywhere", () => {
  const mask = new Uint8Array(N * K).fill(1);
  mask[2 * K] = 0;
  const told = new Map<number, number>();
  let curves = 0;
  let constants = 0;
  for (let seed = 0; seed < 600; seed++) {
    const rows = new Float32Array(4 * (1 + 2 * K));
    tellControls({ values, mask }, K, { begin: 1, length: 4 }, randomStream(seed), 0.25, rows, 1 + 2 * K, 1);
    const at = (note: number, column: number) => rows[note * (1 + 2 * K) + column];
    const count = [0, 1, 2].filter((k) => at(0, 1 + K + k) === 1).length;
    told.set(count, (told.get(count) ?? 0) + 1);
    if (at(0, 1 + K) === 1) {
      const flags = [0, 1, 2, 3].map((n) => at(n, 1 + K));
      const column = [0, 1, 2, 3].map((n) => at(n, 1));
      if (flags.every((flag) => flag === 1)) {
        constants++;
        column.forEach((value) => expect(value).toBeCloseTo((4 + 10 + 13) / 3, 5));
      } else {
        curves++;
        expect(flags).toEqual([1, 0, 1, 1]);
        expect(column).toEqual([4, 0, 10, 13]);
      }
    }
    expect([0, 1, 2, 3].map((n) => at(n, 0))).toEqual([0, 0, 0, 0]);
  }
  expect([...told.keys()].sort()).toEqual([0, 1, 2, 3]);
  expect(told.get(0)! / 600).toBeGreaterThan(0.25);
  expect(told.get(1)! / 600).toBeGreaterThan(0.35);
  expect(curves).toBeGreaterThan(50);
  expect(constants).toBeGreaterThan(50);
});
