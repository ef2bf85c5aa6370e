/**
 * @file Random scores of repeats and endings: as long, unfolded, as a model says that knows the blocks but no bar line.
 */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { attributes, barline, document, note } from "../../test/score-text.js";
import { readMusicXml } from "./musicxml.js";
import { unfoldRepeats } from "./unfold.js";

/** A stretch of bars: played once, played some times, or with an ending for each pass. */
type Block =
  | { readonly kind: "plain"; readonly bars: number }
  | { readonly kind: "repeat"; readonly bars: number; readonly times: number }
  | { readonly kind: "endings"; readonly bars: number; readonly endings: readonly number[] };

const bars = fc.integer({ min: 1, max: 4 });
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant("plain" as const), bars }),
  fc.record({ kind: fc.constant("repeat" as const), bars, times: fc.integer({ min: 2, max: 5 }) }),
  fc.record({ kind: fc.constant("endings" as const), bars, endings: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }) }),
);

const forward = `<repeat direction="forward"/>`;

/** The bars of a block as written, each with what stands at its left and right, and the order in which they are played. */
function write(block: Block): { written: [left: string, right: string][]; played: number[] } {
  const written: [string, string][] = Array.from({ length: block.bars }, () => ["", ""]);
  const body = Array.from(written.keys());
  if (block.kind === "plain") return { written, played: body };
  written[0][0] = forward;
  if (block.kind === "repeat") {
    written[block.bars - 1][1] = `<repeat direction="backward" times="${block.times}"/>`;
    return { written, played: Array.from({ length: block.times }, () => body).flat() };
  }
  const played: number[] = [];
  block.endings.forEach((length, pass) => {
    const first = written.length;
    for (let i = 0; i < length; i++) written.push(["", ""]);
    const last = written.length - 1, final = pass === block.endings.length - 1;
    written[first][0] = `<ending number="${pass + 1}" type="start"/>`;
    written[last][1] = `<ending number="${pass + 1}" type="stop"/>${final ? "" : `<repeat direction="backward"/>`}`;
    played.push(...body, ...Array.from({ length }, (_, i) => first + i));
  });
  return { written, played };
}

test("random repeats and endings are played in the order of their blocks", () => {
  fc.assert(fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (blocks) => {
    const measures: string[] = [];
    const expected: number[] = [];
    for (const each of blocks) {
      const { written, played } = write(each);
      expected.push(...played.map((bar) => bar + measures.length));
      for (const [left, right] of written)
        measures.push((measures.length === 0 ? attributes(1, 4) : "") + (left && barline("left", left)) + note({ id: `m${measures.length}` }) + (right && barline("right", right)));
    }
    const unfolded = unfoldRepeats(readMusicXml(document(measures)));
    expect(unfolded.measures.map((measure) => measure.writtenIndex)).toEqual(expected);
    expect(unfolded.notes.length).toBe(expected.length);
    expect(unfolded.notes.onsetQuarter.at(-1)).toBe(expected.length - 1);
  }), { numRuns: 300, seed: 12 });
});
