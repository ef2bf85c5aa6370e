import { describe, expect, test } from "@jest/globals";
import { ShapeError, type Matrix } from "@dexter/codec";
import type { Model } from "../model/model.js";
import { foldOf, teacherTargets, type Fold } from "./teachers.js";
import type { TrainingPiece } from "./training-piece.js";

const length = 3;
const piece = (group: string): TrainingPiece => ({
  name: group,
  group,
  notes: {
    length, onsetQuarter: Float64Array.from([0, 1, 2]), onsetBeat: Float64Array.from([0, 1, 2]), durationBeat: new Float64Array(length).fill(1),
    pitch: new Uint8Array(length).fill(60), grace: new Uint8Array(length), beatType: new Int32Array(length).fill(4), voice: new Int32Array(length).fill(1), staff: new Int32Array(length).fill(1),
  },
  features: { data: new Float32Array(length), shape: [length, 1] },
  performances: [],
});

/** A teacher that says `value` on its own scale of mean 10 and deviation 2. */
function teacher(value: number, fold?: Fold, corpora?: readonly string[]): Model {
  const scale = { mean: new Array<number>(6).fill(10), sd: new Array<number>(6).fill(2), clip: 4 };
  const mean: Matrix = { data: new Float32Array(length * 6).fill(value), shape: [length, 6] };
  return {
    config: {
      features: { set: "base", names: ["x"], mean: [0], sd: [1], clip: 5 }, targets: { names: ["a", "b", "c", "d", "e", "f"], ...scale }, training: { ...(fold ? { fold } : {}), ...(corpora ? { data: [{ corpora }, { teachers: 5 }] } : {}) },
    },
    // As a model with trees, it asks for the notes.
    encode: async (_features: Matrix, _onsets: unknown, notes?: { readonly length: number }) => {
      expect(notes?.length).toBe(length);
      return { mean, hidden: mean };
    },
  } as unknown as Model;
}

describe("teachers", () => {
  test("folds are about equally large and depend on the name alone", () => {
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) counts[foldOf(`composer/op${i}`, 5)]++;
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(50);
    expect(foldOf("chopin/op28-4", 5)).toBe(foldOf("chopin/op28-4", 5));
  });

  test("a piece is told by the teachers that never saw it", async () => {
    const group = "chopin/op28-4";
    const mine = foldOf(group, 2);
    const { data } = await teacherTargets([teacher(1, { index: mine, of: 2 }), teacher(-3, { index: 1 - mine, of: 2 })], piece(group), ["x"]);
    expect([...new Set(data)]).toEqual([12]);
  });

  test("a piece that all of them saw is told by their mean", async () => {
    const { data } = await teacherTargets([teacher(1), teacher(-3)], piece("chopin/op28-4"), ["x"]);
    expect([...new Set(data)]).toEqual([8]);
  });

  test("a piece is told by the teachers that know its corpus, where there are any", async () => {
    const waltzes = teacher(1, undefined, ["waltzes"]);
    const all = teacher(-3, undefined, ["fugues", "waltzes"]);
    const told = async (corpus: string): Promise<number> => (await teacherTargets([waltzes, all], { ...piece("a"), corpus }, ["x"])).data[0];
    expect(await told("fugues")).toBe(4);
    expect(await told("waltzes")).toBe(8);
    expect(await told("mazurkas")).toBe(8);
  });

  test("of the teachers that know a corpus, those that never saw the piece are asked first", async () => {
    const mine = foldOf("a", 2);
    const told = await teacherTargets(
      [teacher(1, { index: mine, of: 2 }, ["fugues"]), teacher(-3, { index: 1 - mine, of: 2 }, ["waltzes"])], { ...piece("a"), corpus: "waltzes" }, ["x"],
    );
    expect(told.data[0]).toBe(12);
  });

  test("a teacher of other features is refused", async () => {
    await expect(teacherTargets([teacher(1)], piece("a"), ["y"])).rejects.toThrow(ShapeError);
  });
});
