import { readMusicXml, unfoldRepeats, type Alignment } from "@dexter/codec";
import { playedBars } from "./played-bars.js";

/** Bars 1 (repeated), then 2 and 3; four quarters in each. `signs` lists repeat signs and numbers of endings by bar. */
function score(signs: readonly string[]) {
  const bar = (sign: string, number: number): string => {
    const notes = ["C", "D", "E", "F"].map((step) => `<note><pitch><step>${step}</step><octave>4</octave></pitch><duration>1</duration></note>`);
    const attributes = number === 1 ? "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>" : "";
    const ending = /\d/.exec(sign)?.[0];
    const volta = (type: string): string => (ending ? `<ending number="${ending}" type="${type}"/>` : "");
    const forward = sign.startsWith("<") ? `<repeat direction="forward"/>` : "";
    const backward = sign.endsWith(">") ? `<repeat direction="backward"/>` : "";
    return `<measure number="${number}">${attributes}<barline location="left">${volta("start")}${forward}</barline>${notes.join("")}<barline location="right">${volta("stop")}${backward}</barline></measure>`;
  };
  const bars = signs.map((sign, i) => bar(sign, i + 1)).join("");
  return unfoldRepeats(
    readMusicXml(
      `<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">${bars}</part></score-partwise>`,
    ),
  );
}

/** Match every note of the given bars of the unfolded score. */
function playing(unfolded: ReturnType<typeof score>, bars: readonly number[]): Alignment {
  const { notes } = unfolded;
  return notes.id.map((scoreId, n) =>
    bars.includes(notes.measure[n]) ? { kind: "match", scoreId, performedId: `n${n}` } : { kind: "deletion", scoreId },
  );
}

describe("playedBars", () => {
  test("a repeat that was not taken is cut", () => {
    const unfolded = score(["<", ">", "", ""]); // 1 2 1 2 3 4
    expect(unfolded.measures).toHaveLength(6);
    expect(playedBars(unfolded, playing(unfolded, [0, 1, 4, 5]))).toEqual([0, 1, 4, 5]);
    expect(playedBars(unfolded, playing(unfolded, [2, 3, 4, 5]))).toEqual([2, 3, 4, 5]);
  });

  test("everything stays where everything was played", () => {
    const unfolded = score(["<", ">", "", ""]);
    expect(playedBars(unfolded, playing(unfolded, [0, 1, 2, 3, 4, 5]))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a bar that was left out but stands in no other pass stays", () => {
    const unfolded = score(["<", ">", "", ""]);
    expect(playedBars(unfolded, playing(unfolded, [0, 1, 2, 3, 5]))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a few wrong matches do not bring a pass back, a few deletions do not cut one", () => {
    const unfolded = score(["<", ">", "", ""]);
    const alignment = playing(unfolded, [0, 1, 4, 5]).map((line, n) => (n % 4 === 0 && line.kind === "match" ? { kind: "deletion" as const, scoreId: line.scoreId } : line));
    expect(playedBars(unfolded, alignment)).toEqual([0, 1, 4, 5]);
  });

  test("a performance that stops early has the rest of the score unplayed, but for passes that it had played", () => {
    const unfolded = score(["<", ">", "", ""]);
    expect(playedBars(unfolded, playing(unfolded, [0]))).toEqual([0, 1, 3, 4, 5]);
  });

  test("the first ending of a repeat that was not taken is cut with it", () => {
    const unfolded = score(["<", "1>", "2", ""]); // 1 2(ending 1) 1 3(ending 2) 4
    expect(unfolded.measures.map(({ writtenIndex }) => writtenIndex)).toEqual([0, 1, 0, 2, 3]);
    expect(playedBars(unfolded, playing(unfolded, [2, 3, 4]))).toEqual([2, 3, 4]);
    expect(playedBars(unfolded, playing(unfolded, [0, 3, 4]))).toEqual([0, 3, 4]);
  });
});
