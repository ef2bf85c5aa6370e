import { expect, test } from "@jest/globals";
import type { Passage, PlayedPassage } from "./passages.js";
import { transferCondition } from "./tested-model.js";

test("a source is moved by target − source where pairs were trained on, as in training, else by what the target is", () => {
  const played = (...data: number[]): PlayedPassage => ({ id: "", parameters: undefined as never, perceptual: { data: Float32Array.from(data), shape: [2, 1] } });
  const [target, source] = [played(3, 1), played(1, 2)];
  const passage = { performances: [target, source] } as unknown as Passage;
  expect([...transferCondition(passage, source, true)!.data]).toEqual([2, -1]);
  expect([...transferCondition(passage, source, false)!.data]).toEqual([3, 1]);
  expect(transferCondition(passage, { ...source, perceptual: undefined }, true)).toBeUndefined();
});
