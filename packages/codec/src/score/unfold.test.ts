import { describe, expect, test } from "@jest/globals";
import { attributes, barline, direction, document, note } from "../../test/score-text.js";
import { ScoreFileError } from "../errors.js";
import { readMusicXml } from "./musicxml.js";
import { keepMeasures, unfoldRepeats } from "./unfold.js";
import type { Score } from "./score.js";

const bar = (id: string, left = "", right = "", more = ""): string =>
  (left ? barline("left", left) : "") + note({ id, duration: 4, after: more }) + (right ? barline("right", right) : "");
const score = (...bars: readonly string[]): Score => readMusicXml(document([attributes(1, 4) + bars[0], ...bars.slice(1)]));
const order = (unfolded: Score): string => unfolded.measures.map((measure) => String.fromCharCode(65 + measure.writtenIndex)).join("");
const forward = `<repeat direction="forward"/>`, backward = `<repeat direction="backward"/>`;
const ending = (number: string, type: string): string => `<ending number="${number}" type="${type}"/>`;
const sound = (text: string): string => direction("<words>x</words>", `<sound ${text}/>`);

describe("the order of the bars", () => {
  test.each([
    ["has repeats from the sign", [bar("a"), bar("b", forward), bar("c", "", backward), bar("d")], "ABCBCD"],
    ["has repeats from the beginning", [bar("a"), bar("b", "", backward), bar("c")], "ABABC"],
    ["has repeats from the end of the one before", [bar("a", "", backward), bar("b", "", backward)], "AABB"],
    ["counts the times", [bar("a", forward, `<repeat direction="backward" times="4"/>`)], "AAAA"],
    ["has first and second endings", [bar("a"), bar("b", ending("1", "start"), ending("1", "stop") + backward), bar("c", ending("2", "start"), ending("2", "discontinue")), bar("d")], "ABACD"],
    ["has endings for several passes", [bar("a"), bar("b", ending("1, 2", "start"), ending("1, 2", "stop") + backward), bar("c", ending("3", "start"), ending("3", "stop"))], "ABABAC"],
    ["has endings of several bars", [bar("a"), bar("b", ending("1", "start")), bar("c", "", ending("1", "stop") + backward), bar("d", ending("2", "start"), ending("2", "stop"))], "ABCAD"],
    ["begins the next repeat after a second ending", [bar("a"), bar("b", ending("1", "start"), ending("1", "stop") + backward), bar("c", ending("2", "start"), ending("2", "stop")), bar("d", "", backward)], "ABACDD"],
    ["understands signs on the wrong side of a bar line", [bar("a"), bar("b", ending("1", "start"), ending("1", "stop") + backward + ending("2", "start")), bar("c", "", ending("2", "stop"))], "ABAC"],
    ["goes back to the beginning, ends at fine", [bar("a") + sound(`fine="yes"`), bar("b") + sound(`dacapo="yes"`)], "ABA"],
    ["plays repeats again after a jump", [bar("a", "", backward) + sound(`fine="yes"`), bar("b") + sound(`dacapo="yes"`)], "AABAA"],
    ["goes to the segno and leaps to the coda", [bar("a"), sound(`segno="s"`) + bar("b") + sound(`tocoda="c"`), bar("c") + sound(`dalsegno="s"`), sound(`coda="c"`) + bar("d")], "ABCBD"],
    ["reads jumps from words where no sound says them", [bar("a") + direction("<words>Fine</words>"), bar("b") + direction("<words>D.C. al Fine</words>")], "ABA"],
    ["reads the second coda sign as the target", [direction("<segno/>") + bar("a"), bar("b") + direction("<coda/>"), bar("c") + direction("<words>D.S. al Coda</words>"), direction("<coda/>") + bar("d")], "ABCABD"],
    ["is the written one where nothing repeats", [bar("a"), bar("b")], "AB"],
  ])("%s", (_, bars, expected) => {
    expect(order(unfoldRepeats(score(...bars)))).toBe(expected);
  });
});

describe("an unfolded score", () => {
  const unfolded = unfoldRepeats(score(bar("a"), bar("b", forward, backward), bar("c")));

  test("numbers every id by its pass", () => {
    expect(unfolded.notes.id).toEqual(["a-1", "b-1", "b-2", "c-1"]);
    expect(Array.from(unfolded.unfolding!.pass)).toEqual([1, 1, 2, 1]);
    expect(Array.from(unfolded.unfolding!.writtenNote)).toEqual([0, 1, 1, 2]);
  });

  test("counts time on", () => {
    expect(Array.from(unfolded.notes.onsetBeat)).toEqual([0, 1, 2, 3]);
    expect(Array.from(unfolded.notes.onsetDiv)).toEqual([0, 4, 8, 12]);
    expect(unfolded.measures.map((measure) => measure.onsetDiv)).toEqual([0, 4, 8, 12]);
  });

  test("is not unfolded again", () => {
    expect(unfoldRepeats(unfolded)).toBe(unfolded);
  });

  test("keeps ties within a pass and ends them at a jump", () => {
    const tied = unfoldRepeats(score(bar("a", forward, "", `<tie type="start"/>`), bar("b", "", backward, `<tie type="stop"/><tie type="start"/>`), bar("c", "", "", `<tie type="stop"/>`)));
    expect(tied.notes.id).toEqual(["a-1", "a-2"]);
    expect(Array.from(tied.notes.durationDiv)).toEqual([8, 12]);
  });

  test("lets a head sound for itself whose tie began in a bar that is skipped", () => {
    const text = score(bar("a"), bar("b", ending("1", "start"), ending("1", "stop") + backward, `<tie type="start"/>`), bar("c", ending("2", "start"), ending("2", "stop"), `<tie type="stop"/>`));
    expect(text.notes.id).toEqual(["a", "b"]);
    expect(unfoldRepeats(text).notes.id).toEqual(["a-1", "b-1", "a-2", "c-1"]);
  });

  test("repeats directions and rests, and cuts wedges at a jump", () => {
    const wedge = score(direction(`<wedge type="crescendo"/>`) + bar("a", "", backward), bar("b") + direction(`<wedge type="stop"/>`));
    expect(unfoldRepeats(wedge).directions.map((sign) => [sign.onsetQuarter, "endQuarter" in sign ? sign.endQuarter : null])).toEqual([[0, 1], [1, 3]]);
  });

  test("changes the time signature back where it jumps back", () => {
    const metres = readMusicXml(document([attributes(1, 4) + note(), attributes(2, 8) + note() + barline("right", backward)]));
    expect(unfoldRepeats(metres).timeSignatures.map(({ onsetBeat, beats, beatType }) => [onsetBeat, beats, beatType])).toEqual([[0, 1, 4], [1, 2, 8], [3, 1, 4], [4, 2, 8]]);
  });

  test("is refused when it grows without bounds", () => {
    const long = score(...Array.from({ length: 40 }, (_, i) => bar(`n${i}`, forward, `<repeat direction="backward" times="100"/>`)));
    expect(unfoldRepeats(long).measures).toHaveLength(4000);
    expect(() => unfoldRepeats(long, { measures: 1000 })).toThrow(ScoreFileError);
    const jumps = score(...Array.from({ length: 400 }, (_, i) => bar(`n${i}`) + sound(`dacapo="yes"`)));
    expect(() => unfoldRepeats(jumps)).toThrow("more than 50000 bars");
  });
});

describe("keeping bars", () => {
  const unfolded = unfoldRepeats(score(bar("a"), bar("b", forward, backward), bar("c")));

  test("closes the gaps and keeps ids and where the notes come from", () => {
    const kept = keepMeasures(unfolded, [0, 2, 3]);
    expect(kept.notes.id).toEqual(["a-1", "b-2", "c-1"]);
    expect(Array.from(kept.notes.onsetBeat)).toEqual([0, 1, 2]);
    expect(Array.from(kept.unfolding!.writtenNote)).toEqual([0, 1, 2]);
    expect(Array.from(kept.unfolding!.pass)).toEqual([1, 2, 1]);
  });

  test("of all bars changes nothing", () => {
    expect(keepMeasures(unfolded, [0, 1, 2, 3])).toEqual(unfolded);
  });

  test.each([[[0, 0]], [[2, 1]], [[4]], [[-1]], [[0.5]]])("refuses %j", (keep) => {
    expect(() => keepMeasures(unfolded, keep)).toThrow(RangeError);
  });
});
