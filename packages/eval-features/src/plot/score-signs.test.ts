import { describe, expect, test } from "@jest/globals";
import type { Direction } from "@dexter/codec";
import { tinyScore } from "../../test/tiny-score.js";
import { placeSigns } from "./score-signs.js";

const place = { part: 0, staff: 1 };

function place10(directions: readonly Direction[]) {
  return placeSigns({ ...tinyScore([{ onset: 0 }]), directions }, (quarter) => 10 * quarter, 1000);
}

describe("hairpins", () => {
  test("start after a mark that they would run into", () => {
    const { wedges } = place10([
      { kind: "dynamic", mark: "p", onsetQuarter: 1, ...place },
      { kind: "wedge", shape: "crescendo", onsetQuarter: 1, endQuarter: 10, ...place },
    ]);
    expect(wedges).toEqual([{ fromX: expect.closeTo(20.6, 5), toX: 100, opens: true }]);
  });

  test("stop before the mark that ends them", () => {
    const { wedges } = place10([
      { kind: "wedge", shape: "diminuendo", onsetQuarter: 1, endQuarter: 10, ...place },
      { kind: "dynamic", mark: "pp", onsetQuarter: 9, ...place },
    ]);
    expect(wedges).toEqual([{ fromX: 10, toX: 88, opens: false }]);
  });

  test("are left out where nothing of them remains", () => {
    const { wedges } = place10([
      { kind: "words", text: "crescendo", onsetQuarter: 1, ...place },
      { kind: "wedge", shape: "crescendo", onsetQuarter: 2, endQuarter: 4, ...place },
    ]);
    expect(wedges).toEqual([]);
  });
});
