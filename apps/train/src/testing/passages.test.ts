import { expect, test } from "@jest/globals";
import type { Split, StoredSet } from "@dexter/alignment-datasets";
import { choosePassages } from "./passages.js";

/** As much of a set as the choice asks for. */
function listed(path: string, scores: readonly (readonly [split: Split, noteCount: number, performances: number])[]): StoredSet {
  return {
    path, description: { release: "sound" },
    *entries() {
      for (const [index, [split, noteCount, performances]] of scores.entries()) yield { index, noteCount, performances: Array.from({ length: performances }), description: { split } };
    },
  } as unknown as StoredSet;
}

const places = (sets: readonly StoredSet[], more: Partial<Parameters<typeof choosePassages>[1]> = {}) =>
  choosePassages(sets, { split: "test", notes: 200, count: 100, release: "sound", performers: 1, ...more }).map(({ set, score, from, to }) => `${set.path} ${score} ${from}-${to}`);

test("passages are of the split that is tested, in every set, however many there are", () => {
  const sets = [listed("a", [["train", 600, 3], ["test", 600, 1], ["validation", 600, 2]]), listed("b", [["test", 200, 1], ["train", 200, 1]])];
  expect(places(sets)).toEqual(["a 1 0-200", "a 1 200-400", "a 1 400-600", "b 0 0-200"]);
  expect(places(sets, { split: "validation" })).toEqual(["a 2 0-200", "a 2 200-400", "a 2 400-600"]);
  // An odd number of them, and fewer than there are: spread over all.
  expect(places(sets, { count: 3 })).toEqual(["a 1 0-200", "a 1 400-600", "b 0 0-200"]);
});

test("a passage may be shorter than the network's segment; a short rest is left out where there is a longer one", () => {
  expect(places([listed("a", [["test", 350, 1]])])).toEqual(["a 0 0-200", "a 0 200-350"]);
  expect(places([listed("a", [["test", 250, 1]])])).toEqual(["a 0 0-200"]);
  expect(places([listed("a", [["test", 37, 1]])])).toEqual(["a 0 0-37"]);
});
