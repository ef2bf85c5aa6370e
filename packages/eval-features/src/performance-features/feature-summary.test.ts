import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { ShapeError } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { summarizeCorpus } from "./corpus-statistics.js";
import { summarizeFeatures } from "./feature-statistics.js";
import { PERFORMANCE_FEATURES } from "./feature-catalogue.js";
import { formatFeatures, formatWindows } from "./feature-table.js";
import { featuresOfParameters } from "./performance-features.js";
import { windowFeatures } from "./window-features.js";

/** Two bars of four chords of two notes; the second note of the first chord is early and loud. */
const score = tinyScore([0, 1, 2, 3, 4, 5, 6, 7].flatMap((onset) => [{ onset, pitch: 48 }, { onset, pitch: 72 }]));
const played = (velocity: number, lead: number, period: (onset: number) => number) =>
  featuresOfParameters(score, tinyPerformance(Array.from({ length: 16 }, (_, n) => ({
    beatPeriod: period(n >> 1), velocity: velocity + (n % 2 ? 20 : 0), timing: (n % 2 ? lead : -lead) / 2,
  }))));
const steady = played(50, 0.02, () => 0.5);
const slowing = played(60, -0.01, (onset) => (onset < 4 ? 0.5 : 1));

describe("a performance in figures", () => {
  test("counts features of an onset once an onset", () => {
    const { features, played: count, notes } = summarizeFeatures(steady);
    expect([count, notes]).toEqual([16, 16]);
    expect(features.velocity).toEqual({ count: 16, mean: 60, deviation: 10, least: 50, median: 60, greatest: 70 });
    expect(features.chordVelocity).toMatchObject({ count: 8, mean: 60, deviation: 0 });
    expect(features.melodyLeadSec.mean).toBeCloseTo(0.02, 6);
    expect(features.pedalCoverage).toMatchObject({ count: 1, mean: 0 });
    expect(features.markAgreement.count).toBe(0);
    expect(features.markAgreement.mean).toBeNaN();
  });

  test("has its mean tempo from beats over time, and the tempo's spread in octaves", () => {
    const { figures } = summarizeFeatures(slowing);
    // four beats at 120, three at 60 a minute: seven beats in five seconds
    expect(figures.meanTempo).toBeCloseTo(84, 3);
    // log2 tempo of seven onsets: four are an octave above three
    expect(figures.tempoDeviation).toBeCloseTo(Math.sqrt((4 / 7) * (3 / 7)), 4);
    expect(summarizeFeatures(steady).figures.tempoDeviation).toBeCloseTo(0, 4);
  });

  test("tells range, leads and overlaps", () => {
    const { figures } = summarizeFeatures(steady);
    expect(figures.dynamicRange).toBe(20);
    expect(figures.melodyFirstShare).toBe(1);
    expect(summarizeFeatures(slowing).figures.melodyFirstShare).toBe(0);
    expect(figures.playedShare).toBe(1);
    expect(figures.durationSec).toBeCloseTo(4.02, 4);
    expect(figures.repeatedOverlapRatio).toBeCloseTo(0, 5);
    expect(figures.staccatoOverlapRatio).toBeNaN();
    expect(figures.pedalReleasesPerMinute).toBe(0);
  });
});

test("a corpus has the mean of its performances, their spread, and the spread within one", () => {
  const corpus = summarizeCorpus([summarizeFeatures(steady), summarizeFeatures(slowing)]);
  expect(corpus.performances).toBe(2);
  expect(corpus.played).toBe(32);
  expect(corpus.features.velocity).toMatchObject({ performances: 2, mean: 65, within: 10 });
  expect(corpus.features.velocity.between).toBeCloseTo(Math.sqrt(50), 9);
  expect(corpus.features.melodyLeadSec.mean).toBeCloseTo(0.005, 6);
  expect(corpus.features.markAgreement).toEqual({ performances: 0, mean: Number.NaN, between: Number.NaN, within: Number.NaN });
  expect(corpus.figures.melodyFirstShare).toMatchObject({ performances: 2, mean: 0.5 });
  expect(summarizeCorpus([]).features.velocity.mean).toBeNaN();
});

describe("windows", () => {
  test("are bars by default, and average what begins in them", () => {
    const windows = windowFeatures(score, slowing);
    expect([...windows.fromBeat]).toEqual([0, 4]);
    expect(windows.bar).toEqual(["1", "2"]);
    expect([...windows.played]).toEqual([8, 8]);
    expect(Array.from(windows.mean.tempo, Math.round)).toEqual([120, 60]);
    expect([...windows.mean.velocity]).toEqual([70, 70]);
    expect([...windows.deviation.velocity]).toEqual([10, 10]);
    expect([...windows.deviation.chordVelocity]).toEqual([0, 0]);
  });

  test("of beats may overlap; those without notes have no features", () => {
    const gap = tinyScore([{ onset: 0, pitch: 60 }, { onset: 1, pitch: 62 }, { onset: 6, pitch: 64 }]);
    const features = featuresOfParameters(gap, tinyPerformance([{ velocity: 40 }, { velocity: 60 }, { velocity: 80 }]));
    const windows = windowFeatures(gap, features, { window: 2, hopBeats: 1 });
    expect([...windows.fromBeat]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...windows.played]).toEqual([2, 1, 0, 0, 0, 1, 1]);
    expect(Array.from(windows.mean.velocity, (v) => Math.round(v))).toEqual([50, 60, Number.NaN, Number.NaN, Number.NaN, 80, 80]);
  });

  test("have the pedal of their own time", () => {
    const parameters = tinyPerformance(Array.from({ length: 16 }, () => ({ beatPeriod: 0.5 })));
    parameters.pedalNorm.fill(1, 0, 8);
    const { mean } = windowFeatures(score, featuresOfParameters(score, parameters));
    // the pedal falls from 127 to 0 in the last half second of the first bar
    expect(mean.averagePedal[0]).toBeCloseTo(127 * (0.75 + 0.125), 3);
    expect(mean.averagePedal[1]).toBeCloseTo(0, 9);
    expect(mean.pedalCoverage[0]).toBeGreaterThan(0.97);
  });

  test.each([[0, undefined], [-1, undefined], [4, 0], [1, 1e-9], [Number.NaN, undefined]])("of %p beats, %p apart, are refused", (window, hopBeats) => {
    expect(() => windowFeatures(score, steady, { window, hopBeats })).toThrow(RangeError);
  });

  test("of another score are refused", () => {
    expect(() => windowFeatures(tinyScore([{ onset: 0 }]), steady)).toThrow(ShapeError);
  });
});

describe("tables", () => {
  test("list the played notes, empty where nothing is defined", () => {
    const lines = formatFeatures(score, steady).trimEnd().split("\n");
    expect(lines).toHaveLength(17);
    expect(lines[0]).toMatch(/^id,tempo,chordVelocity,velocity,/);
    const [header, first] = [lines[0].split(","), lines[1].split(",")];
    expect(first[header.indexOf("velocity")]).toBe("50");
    expect(first[header.indexOf("markAgreement")]).toBe("");
  });

  test("have partitura's names for exchange", () => {
    expect(formatFeatures(score, steady, { names: "partitura" }).split("\n")[0]).toBe(
      "id,articulation_feature.kor,articulation_feature.kot,asynchrony_feature.delta,asynchrony_feature.pitch_cor,asynchrony_feature.vel_cor," +
      "asynchrony_feature.pitch_vel_cor,asynchrony_feature.voice_std,dynamics_feature.agreement,dynamics_feature.consistency_std," +
      "dynamics_feature.ramp_cor,dynamics_feature.tempo_cor,pedal_feature.onset_value,pedal_feature.offset_value,pedal_feature.to_prev_release," +
      "pedal_feature.to_next_release,pedal_feature.average_pedal,pedal_feature.pedal_coverage",
    );
  });

  test("list windows by bar and beats", () => {
    const [header, first] = formatWindows(windowFeatures(score, steady)).split("\n");
    expect(header).toMatch(/^bar,from_beat,to_beat,played,tempo,/);
    expect(first).toMatch(/^1,0,4,8,1(20|19\.9\d*),60,60,/);
  });
});

test("the README lists every feature", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  for (const { name, per, unit, description } of PERFORMANCE_FEATURES) expect(readme).toContain(`| \`${name}\` | ${per} | ${unit} | ${description} |`);
});
