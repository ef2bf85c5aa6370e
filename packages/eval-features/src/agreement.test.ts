import { describe, expect, test } from "@jest/globals";
import { CodecError, ShapeError, type PerformanceParameters } from "@dexter/codec";
import { tinyPerformance, tinyScore } from "../test/tiny-score.js";
import { agreement, agreementSamples, humanAgreement, humanFromSamples, renderingFromSamples } from "./agreement.js";
import { agreementTable, formatAgreement } from "./agreement-table.js";
import { MEASURES } from "./measures.js";

/** Six onsets of two notes each. */
const score = tinyScore([0, 1, 2, 3, 4, 5].flatMap((onset) => [{ onset, pitch: 48 + onset }, { onset, pitch: 72 - onset }]));

/** A performance whose velocities follow `shape`, everything else too. */
function shaped(shape: readonly number[], factor = 1): PerformanceParameters {
  return tinyPerformance(
    shape.flatMap((x) => [-1, 1].map((side) => ({
      beatPeriod: 60 / (100 + factor * x),
      velocity: 60 + factor * x * (side + 2),
      timing: side * factor * x * 1e-3,
      articulation: factor * x * 0.1 * (side + 2),
    }))),
  );
}

const RISING = [1, 2, 3, 4, 5, 6];
const FALLING = [6, 5, 4, 3, 2, 1];

describe("agreement", () => {
  test("of pianists who all play alike is 1 in every measure", () => {
    const human = humanAgreement(score, [shaped(RISING), shaped(RISING), shaped(RISING)]);
    for (const measure of MEASURES) {
      expect(human.betweenPianists[measure]).toBeCloseTo(1, 9);
      expect(human.withMeanOfOthers[measure]).toBeCloseTo(1, 9);
    }
  });

  test("of opposite pianists is −1 where the shapes are opposite", () => {
    const human = humanAgreement(score, [shaped(RISING), shaped(FALLING)]);
    expect(human.betweenPianists.tempo).toBeCloseTo(-1, 9);
    expect(human.betweenPianists.velocityOnset).toBeCloseTo(-1, 9);
  });

  test("averages over pairs: two alike and one opposite give a third of −1", () => {
    const human = humanAgreement(score, [shaped(RISING), shaped(RISING), shaped(FALLING)]);
    expect(human.betweenPianists.velocityOnset).toBeCloseTo((1 - 1 - 1) / 3, 9);
  });

  test("of a rendering that repeats the pianists is theirs, with spread 1", () => {
    const rendering = agreement(score, [shaped(RISING), shaped(RISING)], [shaped(RISING)]);
    for (const measure of MEASURES) {
      expect(rendering.oneDraw[measure]).toBeCloseTo(1, 9);
      expect(rendering.spread[measure]).toBeCloseTo(1, 9);
      expect(rendering.betweenDraws[measure]).toBeNaN();
    }
  });

  test("has a spread of 2 for velocities twice as varied", () => {
    const rendering = agreement(score, [shaped(RISING), shaped(RISING)], [shaped(RISING, 2)]);
    expect(rendering.spread.velocityOnset).toBeCloseTo(2, 9);
    expect(rendering.spread.velocityNote).toBeCloseTo(2, 9);
  });

  test("of opposite draws: one draw is 0 on average, draws agree −1, their mean is flat and earns 0", () => {
    const rendering = agreement(score, [shaped(RISING), shaped(RISING)], [shaped(RISING), shaped(FALLING)]);
    expect(rendering.oneDraw.velocityOnset).toBeCloseTo(0, 9);
    expect(rendering.betweenDraws.velocityOnset).toBeCloseTo(-1, 9);
    expect(rendering.meanOfDraws.velocityOnset).toBeCloseTo(0, 9);
  });

  test("leaves out notes that half the pianists or fewer played", () => {
    const odd = (): PerformanceParameters => {
      const parameters = shaped(RISING);
      parameters.velocityNorm[4] = 1;
      return parameters;
    };
    const without = (): PerformanceParameters => {
      const parameters = shaped(RISING);
      parameters.mask[4] = 0;
      return parameters;
    };
    const half = humanAgreement(score, [odd(), shaped(RISING), without(), without()]);
    expect(half.betweenPianists.velocityNote).toBeCloseTo(1, 9);
    const all = humanAgreement(score, [odd(), shaped(RISING), without(), without()], { minPlayed: 1 });
    expect(all.betweenPianists.velocityNote).toBeLessThan(0.99);
  });

  test("ignores the last onset in tempo, articulation and timing, not in velocity", () => {
    const changedEnd = shaped(RISING);
    for (const n of [10, 11]) {
      changedEnd.beatPeriod[n] = 5;
      changedEnd.articulationLog2[n] = -7;
      changedEnd.velocityNorm[n] = 0.01;
    }
    const human = humanAgreement(score, [shaped(RISING), changedEnd]);
    expect(human.betweenPianists.tempo).toBeCloseTo(1, 9);
    expect(human.betweenPianists.articulation).toBeCloseTo(1, 9);
    expect(human.betweenPianists.velocityOnset).toBeLessThan(0.9);
  });

  test("does not depend on the tempo or loudness as a whole", () => {
    const slower = shaped(RISING);
    slower.beatPeriod.forEach((period, n) => (slower.beatPeriod[n] = 2 * period));
    slower.velocityNorm.forEach((velocity, n) => (slower.velocityNorm[n] = velocity / 2));
    const rendering = agreement(score, [shaped(RISING), shaped(RISING)], [slower]);
    expect(rendering.oneDraw.tempo).toBeCloseTo(1, 9);
    expect(rendering.oneDraw.velocityNote).toBeCloseTo(1, 9);
  });

  test("tells what the pitch alone earns", () => {
    const byPitch = tinyPerformance(Array.from(score.notes.pitch, (velocity) => ({ velocity })));
    expect(humanAgreement(score, [byPitch, byPitch]).pitch.velocityNote).toBeCloseTo(1, 9);
  });

  test("asks for key release, two pianists, a rendering, and one score", () => {
    const sounding = { ...shaped(RISING), release: "sound" as const };
    expect(() => humanAgreement(score, [sounding, sounding])).toThrow('expected parameters with release "key", got "sound"');
    expect(humanAgreement(score, [sounding, sounding], { release: "sound" }).pianists).toBe(2);
    expect(() => humanAgreement(score, [shaped(RISING)])).toThrow(CodecError);
    expect(() => agreement(score, [shaped(RISING), shaped(RISING)], [])).toThrow("expected at least one rendering, got none");
    expect(() => agreement(score, [shaped(RISING), shaped(RISING)], [shaped([1, 2])])).toThrow(ShapeError);
  });
});

describe("agreementTable", () => {
  const human = humanAgreement(score, [shaped(RISING), shaped(RISING)]);
  const opposite = humanAgreement(score, [shaped(RISING), shaped(FALLING)]);

  test("averages over pieces", () => {
    const table = agreementTable([{ piece: "a", human }, { piece: "b", human: opposite }]);
    expect(table.rows[0].name).toBe("pianist with pianist");
    expect(table.rows[0].values.velocityOnset).toBeCloseTo(0, 9);
    expect(table.rows).toHaveLength(3);
  });

  test("prints a line for each row, a dash where there is no figure", () => {
    const rendering = agreement(score, [shaped(RISING), shaped(RISING)], [shaped(RISING), shaped(FALLING)]);
    const lines = formatAgreement(agreementTable([{ piece: "a", human, rendering }])).split("\n");
    expect(lines[0].trim().split(/\s{2,}/)).toEqual(["tempo", "vel/onset", "vel/note", "artic.", "timing"]);
    expect(lines[1]).toMatch(/^pianist with pianist +1\.000 +1\.000 +1\.000 +1\.000 +1\.000$/);
    expect(lines[3]).toMatch(/^pitch alone with pianist +– /);
    expect(lines.map((line) => line.split("  ")[0])).toEqual([
      "", "pianist with pianist", "pianist with mean of others", "pitch alone with pianist",
      "one draw with pianist", "mean of 2 draws with pianist", "draw with draw", "spread of a draw / a pianist's", "",
    ]);
  });

  test("tells draws and their opposites apart from draws that know nothing of each other", () => {
    const draws = [shaped(RISING), shaped(FALLING), shaped(RISING), shaped(FALLING)];
    const told = agreement(score, [shaped(RISING), shaped(RISING)], draws, { opposites: true });
    // 0 and 2 or 1 and 3 are alike; 0 and 3 or 1 and 2 are not, nor is a draw like its opposite.
    expect([told.betweenDraws.velocityOnset, told.withOpposite.velocityOnset]).toEqual([expect.closeTo(0, 9), expect.closeTo(-1, 9)]);
    const plain = agreement(score, [shaped(RISING), shaped(RISING)], draws);
    expect([plain.betweenDraws.velocityOnset, plain.withOpposite.velocityOnset]).toEqual([expect.closeTo(-1 / 3, 9), Number.NaN]);
    expect(plain.meanOfDraws).toEqual(told.meanOfDraws);
    const rows = (rendering: typeof told) => agreementTable([{ piece: "a", human, rendering }]).rows.map(({ name }) => name);
    expect(rows(told).filter((name) => !rows(plain).includes(name))).toEqual(["draw with its opposite"]);
  });

  test("is plain data: a missing figure is null in JSON", () => {
    const table = JSON.parse(JSON.stringify(agreementTable([{ piece: "a", human }]))) as { rows: { values: Record<string, number | null> }[] };
    expect(table.rows[2].values.tempo).toBeNull();
  });
});

describe("a table with samples", () => {
  /** Velocities that follow the score's shape more or less: pianists who agree in part. */
  const somebody = (seed: number): PerformanceParameters => shaped(RISING.map((x, k) => x + 3 * Math.sin(seed * 7 + k * k)));
  const pianists = [1, 2, 3, 4, 5, 6].map(somebody);
  const draws = [somebody(8), somebody(9)];
  const samples = agreementSamples(score, pianists, draws);
  const piece = (name: string) => ({ piece: name, human: humanFromSamples(samples), rendering: renderingFromSamples(samples, 2), samples });

  test("has the figures of one without", () => {
    expect(humanFromSamples(samples)).toEqual(humanAgreement(score, pianists));
    expect(renderingFromSamples(samples, 2)).toEqual(agreement(score, pianists, draws));
  });

  test("gives every row an interval around its figure, the same for the same seed", () => {
    const table = agreementTable([piece("a"), piece("b")], { seed: 3 });
    for (const row of table.rows) {
      const [low, high] = row.intervals!.velocityNote;
      expect(low).toBeLessThanOrEqual(row.values.velocityNote + 1e-9);
      expect(high).toBeGreaterThanOrEqual(row.values.velocityNote - 1e-9);
    }
    const [low, high] = table.rows[0].intervals!.velocityNote;
    expect(high - low).toBeGreaterThan(0.02);
    expect(agreementTable([piece("a"), piece("b")], { seed: 3 })).toEqual(table);
    expect(agreementTable([piece("a"), piece("b")], { seed: 4 }).rows[0].intervals).not.toEqual(table.rows[0].intervals);
    expect(table.pieces[0]).not.toHaveProperty("samples");
    expect(formatAgreement(table).split("\n")[2]).toMatch(/^ {2}interval +-?\.\d\d–-?\.\d\d/);
  });

  test("sets several renderers side by side, and says where one lacks pieces", () => {
    const rendering = { rendering: renderingFromSamples(samples, 2), samples };
    const table = agreementTable([
      { piece: "a", human: humanFromSamples(samples), samples, renderers: [{ renderer: "ours", ...rendering }, { renderer: "theirs", ...rendering }] },
      { piece: "b", human: humanFromSamples(samples), samples, renderers: [{ renderer: "ours", ...rendering }] },
    ]);
    expect(table.rows.filter(({ name }) => name === "one draw with pianist").map(({ renderer, pieces }) => [renderer, pieces])).toEqual([["ours", 2], ["theirs", 1]]);
    const lines = formatAgreement(table).split("\n");
    expect(lines).toContain("ours:");
    expect(lines).toContain("theirs: (1 of 2 pieces)");
  });
});

test("by passages of so many notes, a piece is the mean of its passages", () => {
  const long = tinyScore(Array.from({ length: 16 }, (_, onset) => ({ onset })));
  const both = (a: readonly number[], b: readonly number[]) => tinyPerformance([...a, ...b].map((x) => ({ velocity: 50 + x })));
  const up = [1, 2, 3, 4, 5, 6, 7, 8];
  const down = [...up].reverse();
  const pianists = [both(up, up), both(up, down)];
  // Alike in the first eight notes, contrary in the last.
  const { betweenPianists } = humanAgreement(long, pianists, { passageNotes: 8 });
  expect(betweenPianists.velocityNote).toBeCloseTo(0, 9);
  expect(humanFromSamples(agreementSamples(long, pianists, [], { passageNotes: 16 }))).toEqual(humanAgreement(long, pianists));
  expect(() => humanAgreement(long, pianists, { passageNotes: 1 })).toThrow("expected passages of 2 notes or more, got 1");
});
