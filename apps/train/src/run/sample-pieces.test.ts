/**
 * @file Which unseen pieces are played while a model learns, and what their figures are.
 */
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import { openSet, scoreOfNotes, storedParameters } from "@dexter/alignment-datasets";
import type { PerformanceParameters } from "@dexter/codec";
import { choosePieces, joinFigures, sampleRound, type SamplePiece } from "./sample-pieces.js";

const DEMO_SET = fileURLToPath(new URL("../../demo/demo-set.h5", import.meta.url));
let piece: SamplePiece;
const named = (name: string, pianists: readonly PerformanceParameters[]): SamplePiece => ({ ...piece, name, pianists });
const names = (pieces: readonly SamplePiece[]): string[] => pieces.map(({ name }) => name);

beforeAll(async () => {
  const set = await openSet(DEMO_SET);
  const [{ index, performances }] = [...set.entries()].filter((entry) => entry.performances.length === 4);
  const { notes, features } = set.readScore(index);
  piece = { name: "demo", score: scoreOfNotes(notes), features, pianists: performances.map((_, k) => storedParameters(set.readPerformance(index, k))) };
  set.close();
});

test("where pianists agree most comes first; two pianists after three, however alike; one pianist never", () => {
  const [a, b, c, d] = piece.pianists;
  const pieces = [named("one", [a]), named("two, alike", [a, a]), named("two", [a, b]), named("four", [a, b, c, d]), named("three, alike", [b, b, b])];
  expect(names(choosePieces(pieces, 9))).toEqual(["three, alike", "four", "two, alike", "two"]);
  expect(names(choosePieces([...pieces].reverse(), 2))).toEqual(["three, alike", "four"]);
  expect(choosePieces(pieces.slice(0, 1), 1)).toEqual([]);
});

test("each piece is played once a round, the first is shown, and agreement is the mean of all", async () => {
  const [a, b, c] = piece.pianists;
  const round = sampleRound([named("alike", [a, a, a]), named("others", [b, c])]);
  const played: string[] = [];
  const { agreement, human, pieces, shown } = await round(async ({ name }) => {
    played.push(name);
    return a;
  });
  expect(played).toEqual(["alike", "others"]);
  expect([pieces, shown.piece.name, shown.curves.tempo.human.length]).toEqual([2, "alike", 3]);
  const alone = await sampleRound([named("others", [b, c])])(async () => a);
  expect(agreement["tempo"]).toBeCloseTo((1 + alone.agreement["tempo"]) / 2, 9);
  expect(human["tempo"][0]).toBeCloseTo((1 + alone.human["tempo"][0]) / 2, 9);
  expect(alone.agreement["tempo"]).toBeLessThan(0.99);
});

test("where the pianists have no figure, the draw has none", async () => {
  const [a, b, c] = piece.pianists;
  const plain = (one: PerformanceParameters): PerformanceParameters => ({ ...one, articulationLog2: new Float64Array(one.length).fill(-1) });
  const { agreement, human } = await sampleRound([named("even", [plain(a), plain(b)])])(async () => c);
  expect([agreement["articulation"], human["articulation"][0]]).toEqual([NaN, NaN]);
  expect(Number.isFinite(agreement["tempo"])).toBe(true);
});

test("a measure that a piece does not have is left out of the mean", () => {
  const of = (tempo: number, timing: number) => ({ agreement: { tempo, timing }, human: { tempo: [tempo, tempo] as const, timing: [timing, timing] as const } });
  expect(joinFigures([of(0.2, NaN), of(0.6, 0.5)])).toEqual({ agreement: { tempo: 0.4, timing: 0.5 }, human: { tempo: [0.4, 0.4], timing: [0.5, 0.5] }, pieces: 2 });
});
