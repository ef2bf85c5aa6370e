import { expect, test } from "@jest/globals";
import { assemblePerformance } from "./assembly.js";

const note = { onsetSec: 0, keyDurationSec: 1, pitch: 60, velocity: 64 };
const pedal = (timeSec: number, value: number, controller = 64): { timeSec: number; controller: number; value: number } => ({ timeSec, controller, value });

test.each([
  ["without pedal a note ends with its key", [], 1],
  ["a note released under the pedal ends with the pedal", [pedal(0.5, 65), pedal(3, 64)], 3],
  ["64 is not yet down", [pedal(0.5, 64)], 1],
  ["a pedal changed between two values above 64 stays down", [pedal(0.5, 127), pedal(2, 70), pedal(3, 0)], 3],
  ["a pedal that comes up before the release does not hold", [pedal(0.2, 127), pedal(0.9, 0)], 1],
  ["a pedal pressed in the instant of the release does not catch it", [pedal(1, 127), pedal(5, 0)], 1],
  ["a pedal released in the instant of the release holds no longer", [pedal(0, 127), pedal(1, 0)], 1],
  ["a pedal that never comes up lets go a second after the last event", [pedal(0.5, 127), pedal(4, 100)], 5],
  ["the soft pedal holds nothing", [pedal(0.5, 127, 67)], 1],
] as const)("%s", (_what, controls, expected) => {
  expect(assemblePerformance([note], controls).notes.soundDurationSec[0]).toBe(expected);
});

test("striking a held key again does not end its note", () => {
  const { notes } = assemblePerformance([note, { ...note, onsetSec: 2 }], [pedal(0.5, 127), pedal(4, 0)]);
  expect([...notes.soundDurationSec]).toEqual([4, 2]);
});

test("notes are ordered by onset, pitch and the order given, and numbered so", () => {
  const { notes } = assemblePerformance([{ ...note, pitch: 62 }, { ...note, velocity: 1 }, { ...note, velocity: 2 }, { ...note, onsetSec: -1, pitch: 99, id: "x" }]);
  expect([...notes.pitch]).toEqual([99, 60, 60, 62]);
  expect([...notes.velocity]).toEqual([64, 1, 2, 64]);
  expect(notes.id).toEqual(["x", "n0", "n1", "n2"]);
});
