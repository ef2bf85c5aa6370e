import { describe, expect, test } from "@jest/globals";
import { decodePerformance, readMusicXml, unfoldRepeats, type PerformanceParameters } from "@dexter/codec";
import type { Corpus, Piece, Skipped } from "./corpora/corpus.js";
import { loadPianists } from "./pianists.js";

const notes = [..."CDEF"].map((step) => `<note id="${step}"><pitch><step>${step}</step><octave>4</octave></pitch><duration>1</duration></note>`);
const score = readMusicXml(
  `<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions></attributes>${notes.join("")}<barline location="right"><repeat direction="backward"/></barline></measure></part></score-partwise>`,
  { file: "piece.musicxml" },
);

function parameters(velocity: number): PerformanceParameters {
  const fill = (value: number) => new Float64Array(4).fill(value);
  return {
    length: 4, beatPeriod: fill(0.5), velocityNorm: fill(velocity / 127), timingSec: fill(0), articulationLog2: fill(-0.2), pedalNorm: fill(0),
    mask: new Uint8Array(4).fill(1), release: "key",
  };
}

const piece: Piece = {
  corpus: "test", id: "piece", composer: "", title: "", work: "piece", scorePath: "piece.musicxml",
  performances: ["a", "b", "broken", "foreign"].map((id) => ({ id, performer: id, alignmentPath: id })),
};

const corpus: Corpus = {
  name: "test", kind: "folder", path: ".", licence: "", pieces: [piece], skipped: [],
  loadScore: async () => score,
  loadPerformance: async ({ id }) => {
    if (id === "broken") throw new Error("broken.match:3: no such line");
    const played = decodePerformance(score, parameters(id === "a" ? 50 : 70));
    return id === "foreign" ? { ...played, alignment: [{ kind: "match", scoreId: "X", performedId: "n0" }] } : played;
  },
};

describe("loadPianists", () => {
  test("encodes who played the score, and lists the others with the reason", async () => {
    const skipped: Skipped[] = [];
    const played = await loadPianists(corpus, piece, skipped);
    expect(played?.pianists.map(({ velocityNorm }) => Math.round(127 * velocityNorm[0]))).toEqual([50, 70]);
    expect(played?.pianists.every(({ release }) => release === "key")).toBe(true);
    expect(skipped.map(({ performance, reason }) => [performance, reason])).toEqual([["broken", "unreadable-performance"], ["foreign", "not-encodable"]]);
  });

  test("gives nothing for a piece that one pianist played", async () => {
    const alone = { ...piece, performances: piece.performances.slice(0, 1) };
    expect(await loadPianists(corpus, alone, [])).toBeNull();
  });

  test("a score played without its repeats stays so when it is unfolded", async () => {
    expect(unfoldRepeats(score).notes.length).toBe(8);
    const played = await loadPianists(corpus, piece, []);
    expect(unfoldRepeats(played!.score).notes.id).toEqual(score.notes.id);
  });
});
