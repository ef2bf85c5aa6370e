import { describe, expect, test } from "@jest/globals";
import { CodecError, ShapeError, type Direction, type Score } from "@dexter/codec";
import { SaxesParser } from "saxes";
import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { plotPerformance } from "./performance-plot.js";

const place = { part: 0, staff: 1 };
const SIGNS: Direction[] = [
  { kind: "words", text: "Andante <con> moto", onsetQuarter: 0, ...place },
  { kind: "dynamic", mark: "pp", onsetQuarter: 0, ...place },
  { kind: "dynamic", mark: "pp", onsetQuarter: 0, ...place, staff: 2 },
  { kind: "wedge", shape: "crescendo", onsetQuarter: 2, endQuarter: 6, ...place },
  { kind: "words", text: "cresc. - - - - -", onsetQuarter: 7, ...place },
];

const score: Score = { ...tinyScore(Array.from({ length: 12 }, (_, onset) => ({ onset }))), directions: SIGNS };
const played = tinyPerformance(Array.from({ length: 12 }, (_, n) => ({ beatPeriod: 0.5 + 0.01 * n, velocity: 50 + n })));

/** Texts of the picture, in order; fails where the SVG is not well-formed XML. */
function textsOf(svg: string): string[] {
  const texts: string[] = [];
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    open.push(name);
    if (name === "text") texts.push("");
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", (part) => {
    if (open.includes("text")) texts[texts.length - 1] += part;
  });
  parser.write(svg).close();
  return texts;
}

describe("plotPerformance", () => {
  test("names title, tempo, bars and signs", () => {
    const texts = textsOf(plotPerformance(score, played, { title: "Song & <dance>" }));
    expect(texts[0]).toBe("Song & <dance>");
    expect(texts[1]).toBe("♩ ≈ 109  ·  0:06 min  ·  12 notes");
    expect(texts).toEqual(expect.arrayContaining(["1", "2", "3", "Andante <con> moto", "pp", "cresc"]));
    expect(texts.filter((text) => text === "pp")).toHaveLength(1);
  });

  test("draws the tempo where it was played", () => {
    const svg = plotPerformance(tinyScore([{ onset: 0 }, { onset: 2 }, { onset: 4 }]), tinyPerformance([{ beatPeriod: 0.5 }, { beatPeriod: 1 }, {}]));
    const [, d] = /class="raw c0" d="([^"]+)"/.exec(svg) as RegExpExecArray;
    const points = d.slice(1).split("L").map((pair) => pair.split(",").map(Number));
    expect(points.map(([x]) => x)).toEqual([52, expect.closeTo(422.4, 1), expect.closeTo(792.8, 1)]);
    expect(points[1][1]).toBeGreaterThan(points[0][1]); // 60 lies below 120
    expect(points[2][1]).toBe(points[1][1]);
  });

  test("lays several performances over one another, with a legend", () => {
    const svg = plotPerformance(score, [played, played, played, played], { labels: ["a", "b", "c", "d"] });
    expect(svg.match(/class="line c[0-3]"/g)).toHaveLength(4 + 2 * 4);
    expect(svg).not.toContain('class="raw');
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["a", "b", "c", "d"]));
  });

  test("stays small for a long piece", () => {
    const length = 20_000;
    const long = tinyScore(Array.from({ length }, (_, n) => ({ onset: n / 4, duration: 0.25 })));
    const noisy = tinyPerformance(Array.from({ length }, (_, n) => ({ beatPeriod: 0.3 + ((n * 7919) % 101) / 200, velocity: 30 + ((n * 104_729) % 61) })));
    expect(plotPerformance(long, noisy).length).toBeLessThan(200_000);
  });

  test("survives a performance with one note, or none", () => {
    const lone = tinyScore([{ onset: 0 }]);
    expect(textsOf(plotPerformance(lone, tinyPerformance([{}])))).toContain("VelocityMIDI, mean of the chord");
    expect(textsOf(plotPerformance(score, tinyPerformance(Array.from({ length: 12 }, () => null))))).toContain("Tempoquarter notes per minute");
    expect(plotPerformance(lone, tinyPerformance([null]))).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("replaces characters that XML does not allow", () => {
    expect(textsOf(plotPerformance(score, played, { title: "a\u0000b\ud800c" }))[0]).toBe("a\ufffdb\ufffdc");
  });

  test("is the same text for the same performance", () => {
    expect(plotPerformance(score, played)).toBe(plotPerformance(score, played));
  });

  test("refuses what cannot be drawn", () => {
    expect(() => plotPerformance(score, [])).toThrow(CodecError);
    expect(() => plotPerformance(score, played, { width: 10 })).toThrow("plotPerformance: width must be 320–4000 px, got 10.");
    expect(() => plotPerformance(tinyScore([]), tinyPerformance([]))).toThrow("the score has no notes");
    expect(() => plotPerformance(score, tinyPerformance([{}]))).toThrow(ShapeError);
  });
});
