import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { SaxesParser } from "saxes";
import { compareParameters } from "../parameter-comparison.js";
import { plotParameters } from "../plot/parameter-plot.js";
import { plotPassage } from "../plot/passage-plot.js";
import { perMeasure } from "../measures.js";
import { reportPage } from "./report-page.js";
import { summarizeTest, type TestedPassage } from "./test-results.js";

const score = tinyScore(Array.from({ length: 12 }, (_, onset) => ({ onset })));
const label = tinyPerformance(Array.from({ length: 12 }, (_, n) => ({ beatPeriod: 0.5 + 0.02 * (n % 5), velocity: 50 + 3 * (n % 7) })));
const other = tinyPerformance(Array.from({ length: 12 }, (_, n) => ({ beatPeriod: 0.6 - 0.02 * (n % 4), velocity: 70 - 2 * n })));
const passage: TestedPassage = {
  piece: "corpus/<Piece> & \"quotes\"", place: "notes 1–12, beats 0–11", label: "someone", notes: 12, pianists: 2, labelMidi: "samples/001-label.mid",
  human: perMeasure(() => 0.7),
  samples: [label, other].map((parameters, k) => ({
    seed: k, midi: `samples/001-${k}.mid`, animation: `samples/001-${k}.gif`, parameters: compareParameters(score, parameters, label),
    agreement: perMeasure(() => 0.4 + 0.2 * k), spread: perMeasure(() => 0.9),
  })),
};
const pictures = [label, other].map((prediction) => ({ curves: plotPassage(score, { prediction, label, others: [other], source: other }), parameters: plotParameters(score, prediction, label) }));

test("a summary is the mean of all draws", () => {
  const { samples, parameters, agreement, human } = summarizeTest([passage]);
  expect(samples).toBe(2);
  const [first, second] = passage.samples.map(({ parameters: { velocityNorm } }) => velocityNorm);
  expect(first.correlation).toBeCloseTo(1, 12);
  expect(parameters.velocityNorm.correlation).toBeCloseTo((1 + second.correlation) / 2, 12);
  expect(parameters.velocityNorm.meanAbsoluteError).toBeCloseTo(second.meanAbsoluteError / 2, 12);
  expect(agreement.tempo).toBeCloseTo(0.5, 12);
  expect(human.timing).toBeCloseTo(0.7, 12);
});

test("a page holds its figures and pictures, links its files, and nothing of another host", () => {
  const page = reportPage({ title: "Test of <x>", settings: [["steps", 8]], passages: [passage], pictures: [pictures], warning: "Stopped." });
  expect(page).toContain("Test of &lt;x&gt;");
  expect(page).toContain("corpus/&lt;Piece&gt; &amp; &quot;quotes&quot;");
  expect(page).toContain("Stopped.");
  expect(page.match(/<svg/g)).toHaveLength(4);
  expect(page.match(/<style>/g)).toHaveLength(1);
  const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, target]) => target);
  expect(links).toEqual(["#passage-1", "samples/001-label.mid", "samples/001-0.mid", "samples/001-0.gif", "samples/001-1.mid", "samples/001-1.gif"]);
  expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import|<script/);
});

test("pictures are well-formed, and a perfect prediction lies on the diagonal", () => {
  for (const svg of pictures.flatMap(({ curves, parameters }) => [curves, parameters])) {
    const parser = new SaxesParser();
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(svg).close();
    expect(svg).not.toContain("NaN");
  }
  expect(pictures[0].parameters).toContain("r = 1.00");
  const diagonal = /<path class="number" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(pictures[0].parameters)!.slice(1).map(Number);
  const square = /<\/g><path class="number"[^>]*><path class="dots c0" d="([^"]+)"/.exec(pictures[0].parameters)![1];
  for (const [, x, y] of square.matchAll(/M([\d.]+) ([\d.]+)h0/g)) {
    expect(Number(x) - diagonal[0]).toBeCloseTo(diagonal[1] - Number(y), 0);
  }
});

test("a passage of one note has no picture", () => {
  const one = tinyScore([{ onset: 0 }]);
  const played = tinyPerformance([{ beatPeriod: 0.5, velocity: 60 }]);
  expect(() => plotPassage(one, { prediction: played, label: played })).toThrow("expected at least two notes, got 1");
  expect(() => plotParameters(one, played, played)).toThrow("expected at least two notes, got 1");
});
