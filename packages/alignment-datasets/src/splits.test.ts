import { OptionError } from "./errors.js";
import { TEST_WORKS, isTestPiece, splitPieces } from "./splits.js";

const pieces = Array.from({ length: 100 }, (_, i) => ({ work: `composer/piece ${i}` }));

describe("splitPieces", () => {
  test("the same seed divides alike, another seed otherwise", () => {
    const first = splitPieces(pieces, { seed: 7 });
    expect(splitPieces(pieces, { seed: 7 })).toEqual(first);
    expect(splitPieces(pieces, { seed: 8 })).not.toEqual(first);
    expect(first.filter((split) => split === "validation")).toHaveLength(8);
    expect(first.filter((split) => split === "test")).toHaveLength(0);
  });

  test("the order of the pieces does not matter", () => {
    const first = splitPieces(pieces, { seed: 7 });
    expect(splitPieces([...pieces].reverse(), { seed: 7 }).reverse()).toEqual(first);
  });

  test("editions of one composition share a split", () => {
    const editions = pieces.flatMap((piece) => [piece, piece, piece]);
    const splits = splitPieces(editions, { seed: 1, validation: 0.3, test: 0.3 });
    for (let i = 0; i < editions.length; i += 3) expect(new Set(splits.slice(i, i + 3)).size).toBe(1);
    expect(splits.filter((split) => split === "test")).toHaveLength(90);
  });

  test("the test compositions never train or validate, whatever the seed", () => {
    const works = [...TEST_WORKS, "mozart/k331"].map((work) => ({ work }));
    for (let seed = 0; seed < 20; seed++) {
      const splits = splitPieces([...works, ...pieces, { work: "composer/piece 1", testOnly: true }], { seed, validation: 0.9 });
      expect(splits.slice(0, works.length).every((split) => split === "test")).toBe(true);
    }
    expect(isTestPiece({ work: "chopin/op10-4" })).toBe(false);
  });

  test("a piece of a test corpus tests even if its composition trains elsewhere", () => {
    const splits = splitPieces([{ work: "a/1", testOnly: true }, { work: "a/1" }], { seed: 1, validation: 0 });
    expect(splits).toEqual(["test", "test"]);
  });

  test("a fraction out of range is refused by name", () => {
    expect(() => splitPieces(pieces, { seed: 1, validation: 1.5 })).toThrow(OptionError);
    expect(() => splitPieces(pieces, { seed: 1, validation: NaN })).toThrow("validation: expected a fraction from 0 to 0.9, got NaN");
  });
});
