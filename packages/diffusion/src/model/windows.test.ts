import { expect, test } from "@jest/globals";
import { chords } from "../../test/random-model.js";
import { noteWindows, windowOnsets } from "./windows.js";

const stack = { hidden: 4, blocks: 2, kernel: 3, dilations: [1, 2] };

test("a short score is one window", () => {
  expect(noteWindows(chords([2, 2]), [stack], 10)).toEqual([{ begin: 0, end: 4, from: 0, to: 4 }]);
});

test("windows cover every note once and end between onsets", () => {
  const windows = noteWindows(chords([3, 3, 3, 3, 3]), [stack], 4);
  expect(windows.map(({ begin, end }) => [begin, end])).toEqual([[0, 6], [6, 12], [12, 15]]);
});

test("a window sees what the blocks see: two notes, then whole onsets, then one note more", () => {
  // Notes 6–11 are onsets 2 and 3. Block 1 (dilation 2, sees onsets): 4–13, whole onsets 3–14. Block 0: 2–15, whole onsets 0–17.
  const [, second] = noteWindows(chords([3, 3, 3, 3, 3, 3, 3]), [stack], 4);
  expect(second).toEqual({ begin: 6, end: 12, from: 0, to: 18 });
});

test("a window numbers its own onsets from 0", () => {
  const onsets = windowOnsets(chords([2, 1, 3, 1]), { begin: 3, end: 6, from: 2, to: 6 });
  expect(onsets.count).toBe(2);
  expect(Array.from(onsets.ofNote)).toEqual([0, 1, 1, 1]);
  expect(Array.from(onsets.start)).toEqual([0, 1, 4]);
});
