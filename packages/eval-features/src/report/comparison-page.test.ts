import { expect, test } from "@jest/globals";
import { SaxesParser } from "saxes";
import { decodePerformance } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { humanBand, medianCurve } from "../comparison/human-band.js";
import { formatComparisons } from "../comparison/comparison-text.js";
import { compareEach } from "../comparison/performance-comparison.js";
import { plotAgainstBand } from "../plot/band-plot.js";
import { plotNoteScatter } from "../plot/note-scatter.js";
import { plotPianoRoll } from "../plot/piano-roll.js";
import { comparisonPage } from "./comparison-page.js";

const score = tinyScore(Array.from({ length: 12 }, (_, onset) => ({ onset, pitch: 55 + onset })));
const played = [1, 2, 3, 4, 5].map((who) =>
  tinyPerformance(Array.from({ length: 12 }, (_, n) => (n === who ? null : { beatPeriod: 0.5 + 0.01 * ((n * who) % 5), velocity: 40 + 3 * who + ((n * n) % 17), articulation: -0.2 * (n % 3) }))));
const comparisons = compareEach(score, played);
const performances = played.map((parameters, p) => ({ name: `<p${p}>`, parameters, comparison: comparisons[p], remark: "97 % of the notes" }));

test("a band lies between the 10th and the 90th of 100, around the median, of those who played", () => {
  const curves = [0, 10, 20, 30, 40].map((value) => Float64Array.from([value, value === 0 ? 7 : Number.NaN]));
  const { low, middle, high } = humanBand(curves);
  expect([low[0], middle[0], high[0]]).toEqual([4, 20, 36]);
  expect(low[1]).toBeNaN(); // one person is no band
  expect([...medianCurve(curves)]).toEqual([20, 7]);
});

test("a page names every performance, escaped, with figures and pictures, and nothing of another host", () => {
  const page = comparisonPage({ title: "A & B", score, performances, settings: [["seed", 1]], warnings: ["<few> notes"] });
  expect(page).toContain("A &amp; B");
  expect(page).toContain("&lt;few&gt; notes");
  expect(page).not.toContain("<p0>");
  expect(page.match(/<svg/g)).toHaveLength(1 + 3 * 5);
  expect(page.match(/<style>/g)).toHaveLength(1);
  expect(page.match(/<table>/g)).toHaveLength(6);
  expect(page).not.toContain("NaN");
  expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import|<script|src=/);
  for (const [svg] of page.matchAll(/<svg.*?<\/svg>/gs)) {
    const parser = new SaxesParser();
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(svg).close();
  }
  const [, id] = /<a href="#(performance-3)">/.exec(page) ?? [];
  expect(page).toContain(`<section id="${id}">`);
});

test("a page against people says so, and draws their band", () => {
  const page = comparisonPage({ title: "One", score, performances: performances.slice(0, 1), humans: played.slice(1), settings: [] });
  expect(page).toContain("each against 4 human performances");
  expect(page).toContain("median and band (80 %) of 4");
  expect(page).toContain('class="band"');
});

test("pictures place what was played", () => {
  expect(plotAgainstBand(score, played.slice(0, 1), { labels: ["x"], others: played.slice(1, 3) })).toContain('class="raw other"');
  // Against itself, every point lies on the diagonal.
  const scatter = plotNoteScatter(score, played[0], [played[0]]);
  expect(scatter).toContain("r 1.00");
  const square = /class="number" d="M([\d.]+) ([\d.]+)L/.exec(scatter)!.slice(1).map(Number);
  for (const [, x, y] of /<path class="dots c0" d="([^"]+)"/.exec(scatter)![1].matchAll(/M([\d.]+) ([\d.]+)h0/g)) {
    expect(Number(x) - square[0]).toBeCloseTo(square[1] - Number(y), 0);
  }
  // Eleven notes were played, in as many strokes of the roll.
  const roll = plotPianoRoll(decodePerformance(score, played[0]).performance);
  expect([...roll.matchAll(/<path class="key"[^>]* d="([^"]*)"/g)].flatMap(([, d]) => d.match(/M/g) ?? [])).toHaveLength(11);
});

test("text has a table a measure, or one table of a single comparison", () => {
  const text = formatComparisons(["p1", "p2", "p3", "p4", "p5"], comparisons);
  expect(text.split("\n\n")).toHaveLength(6);
  expect(text.split("\n")[0]).toBe("Tempo (beats per minute)");
  expect(text.split("\n")[2]).toMatch(/^ {2}p1 +-?\d\.\d{3} /);
  const single = formatComparisons(["p1"], comparisons.slice(0, 1)).trimEnd().split("\n");
  expect(single).toHaveLength(7);
  expect(single[6]).toMatch(/^Pedal \(CC64 \/ 127\) +– +– +0 +0 +– +0 +0$/);
});
