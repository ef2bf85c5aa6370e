import { describe, expect, test } from "@jest/globals";
import { CodecError, MidiFileError } from "../errors.js";
import { assemblePerformance } from "./assembly.js";
import { readMidi } from "./midi-reader.js";
import { writeMidi } from "./midi-writer.js";

const END = [0, 0xff, 0x2f, 0];

/** A MIDI file of tracks of raw event bytes. */
function midi(tracks: number[][], division = [0, 96], announced = tracks.length): Uint8Array {
  const chunk = (kind: string, data: number[]): number[] => [...Buffer.from(kind), 0, 0, data.length >> 8, data.length & 255, ...data];
  return Uint8Array.from([...chunk("MThd", [0, 1, 0, announced, ...division]), ...tracks.flatMap((data) => chunk("MTrk", data))]);
}

describe("a MIDI file", () => {
  test("is read with running status and note-ons of velocity 0 as releases", () => {
    const { notes } = readMidi(midi([[0, 0x90, 60, 100, 96, 60, 0, 0, 64, 90, 48, 64, 0, ...END]]));
    expect([...notes.onsetSec]).toEqual([0, 0.5]);
    expect([...notes.keyDurationSec]).toEqual([0.5, 0.25]);
    expect([...notes.velocity]).toEqual([100, 90]);
    expect(notes.id).toEqual(["n0", "n1"]);
  });

  test("obeys tempo changes of another track", () => {
    const tempo = [0, 0xff, 0x51, 3, 0x0f, 0x42, 0x40, 96, 0xff, 0x51, 3, 0x07, 0xa1, 0x20, ...END]; // 1 s, then 0.5 s a quarter
    const { notes } = readMidi(midi([tempo, [48, 0x90, 60, 1, 96, 0x80, 60, 0, ...END]]));
    expect(notes.onsetSec[0]).toBeCloseTo(0.5, 12);
    expect(notes.keyDurationSec[0]).toBeCloseTo(0.5 + 0.25, 12);
    expect(notes.track[0]).toBe(1);
  });

  test("may count in SMPTE frames", () => {
    const { notes } = readMidi(midi([[100, 0x90, 60, 1, 50, 0x80, 60, 0, ...END]], [256 - 25, 40])); // 1,000 ticks a second
    expect([notes.onsetSec[0], notes.keyDurationSec[0]].map((sec) => Math.round(sec * 1e9))).toEqual([1e8, 5e7]);
  });

  test("keeps both notes of a key that is struck twice, and counts those that were released", () => {
    const { notes } = readMidi(midi([[0, 0x90, 60, 10, 48, 60, 20, 48, 0x80, 60, 0, 10, 60, 0, 0, 0x90, 62, 30, 5, ...END.slice(1)]]));
    expect([...notes.velocity]).toEqual([10, 20, 30]);
    expect([...notes.keyDurationSec].map((sec) => Math.round(sec * 192))).toEqual([48, 48, 5]);
    expect(notes.id).toEqual(["r0", "n0", "r1"]);
  });

  test("has its three pedals in order of time, and no other controllers", () => {
    const { controls } = readMidi(midi([[0, 0xb0, 64, 127, 0, 7, 99, 10, 67, 1, 10, 66, 2, ...END], [5, 0xb1, 64, 3, ...END]]));
    expect([...controls.controller]).toEqual([64, 64, 67, 66]);
    expect([...controls.value]).toEqual([127, 3, 1, 2]);
  });

  test("may have chunks of other kinds and bytes after its end", () => {
    const bytes = midi([[0, 0x90, 60, 1, 9, 0x80, 60, 0, ...END]]);
    const alien = [...Buffer.from("XFIH"), 0, 0, 0, 2, 1, 2];
    expect(readMidi(Uint8Array.from([...bytes.subarray(0, 14), ...alien, ...bytes.subarray(14), 0, 0, 0])).notes.length).toBe(1);
  });

  test.each([
    ["is empty", new Uint8Array(0), /a\.mid:byte 0: expected a MIDI header \("MThd"\), got an empty file/],
    ["is text", new TextEncoder().encode("this is no MIDI file"), /expected a MIDI header/],
    ["ends in a chunk", midi([[0, 0x90, 60, 1, 9, 0x80, 60, 0, ...END]]).subarray(0, 26), /announces 12 bytes, 4 are left/],
    ["lies about a chunk's length", midi([END]).map((byte, i) => (i === 18 ? 0xff : byte)), /announces 4278190084 bytes/],
    ["lies about its tracks", midi([END], [0, 96], 3), /announces 3 tracks, the file has 1/],
    ["lies about an event's length", midi([[0, 0xff, 1, 100, 65, ...END]]), /track 0: expected an end-of-track event/],
    ["has no time division", midi([END], [0, 0]), /ticks per quarter note, got 0/],
    ["has no frame division", midi([END], [0xe7, 0]), /ticks per frame, got 0/],
    ["has data bytes over 127", midi([[0, 0x90, 60, 200, ...END]]), /data bytes of 0 to 127 in a noteOn event, got 200/],
    ["begins with running status", midi([[0, 60, 1, ...END]]), /Unrecognised MIDI event/],
    ["has unknown events", midi([[0, 0xf4, ...END]]), /244/],
    ["lasts for years", midi([[0xff, 0xff, 0xff, 0x7f, 0x90, 60, 1, 0, 0x80, 60, 0, ...END]], [0, 1]), /expected at most 604800 s/],
  ])("that %s is refused", (_what, bytes, message) => {
    expect(() => readMidi(bytes, { file: "a.mid" })).toThrow(MidiFileError);
    expect(() => readMidi(bytes, { file: "a.mid" })).toThrow(message);
  });
});

describe("a written MIDI file", () => {
  const note = { onsetSec: 0.1, keyDurationSec: 1, pitch: 60, velocity: 80 };

  test("releases a key before striking it again", () => {
    const { notes } = readMidi(writeMidi(assemblePerformance([note, { ...note, onsetSec: 0.6 }, { ...note, onsetSec: 0.6, velocity: 81 }])));
    expect([...notes.keyDurationSec].map((sec) => Number(sec.toFixed(3)))).toEqual([0.5, 0, 1]);
    expect(notes.id).toEqual(["n0", "n1", "n2"]);
  });

  test("is exact to half a tick", () => {
    const { notes } = readMidi(writeMidi(assemblePerformance([note]), { ticksPerQuarter: 480, quartersPerMinute: 60 }));
    expect(Math.abs(notes.onsetSec[0] - 0.1)).toBeLessThanOrEqual(1 / 960);
  });

  test("holds thousands of notes", () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({ ...note, onsetSec: i * 0.05, keyDurationSec: 0.04, pitch: 21 + (i % 88) }));
    const { notes } = readMidi(writeMidi(assemblePerformance(many)));
    expect(notes.length).toBe(5000);
    expect(notes.onsetSec[4999]).toBeCloseTo(4999 * 0.05, 3);
  });

  test.each([
    [{ ...note, onsetSec: -1 }, {}, /expected times of 0 s/],
    [note, { ticksPerQuarter: 0 }, /1 to 32767 ticks/],
    [note, { quartersPerMinute: 0 }, /expected a tempo/],
    [note, { quartersPerMinute: NaN }, /expected a tempo/],
  ])("refuses what MIDI cannot hold (%#)", (one, options, message) => {
    expect(() => writeMidi(assemblePerformance([one]), options)).toThrow(CodecError);
    expect(() => writeMidi(assemblePerformance([one]), options)).toThrow(message);
  });
});
