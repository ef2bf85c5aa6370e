/**
 * @file Whatever is written can be read: random performances through MIDI, match files, tables and the codec.
 */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  assemblePerformance, decodePerformance, encodePerformance, formatNasapAlignment, formatParameters, formatParangonadaAlignment, PARAMETER_NAMES,
  readMatch, readMidi, readNasapAlignment, readParameters, readParangonadaAlignment, writeMatch, writeMidi,
  type Alignment, type Performance, type PerformanceParameters, type Score,
} from "../src/index.js";
import { scoreOf } from "./golden/codec-reference.js";

const RUNS = { numRuns: 60 };
const TICK_SEC = 0.5 / 960;

/** A score of chords with a performance that plays most of it and something more. */
const played = fc
  .array(
    fc.record({
      advance: fc.constantFrom(0, 0.25, 1 / 3, 0.5, 1, 2),
      duration: fc.constantFrom(0, 0.25, 1 / 3, 1, 3),
      pitch: fc.integer({ min: 21, max: 108 }),
      velocity: fc.integer({ min: 1, max: 127 }),
      late: fc.double({ min: -0.2, max: 0.4, noNaN: true }),
      length: fc.double({ min: 0.01, max: 4, noNaN: true }),
      fate: fc.constantFrom("match", "match", "match", "match", "deletion", "insertion"),
      pedal: fc.integer({ min: 0, max: 127 }),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .map((rows): { score: Score; performance: Performance; alignment: Alignment } => {
    let beat = 0;
    const notes = rows.map((row, i) => ({ ...row, beat: i === 0 ? 0 : (beat += row.advance), fate: i < 2 ? "match" : row.fate }));
    const written = notes.filter((note) => note.fate !== "insertion").sort((a, b) => a.beat - b.beat || a.pitch - b.pitch);
    const score = scoreOf({
      id: written.map((_, i) => `s${i}`),
      onset_beat: written.map((note) => note.beat),
      duration_beat: written.map((note) => note.duration),
      pitch: written.map((note) => note.pitch),
    });
    const struck = notes.filter((note) => note.fate !== "deletion");
    const performance = assemblePerformance(
      struck.map((note) => ({
        id: `n${notes.indexOf(note)}`,
        onsetSec: Math.max(0, 1 + note.beat * 0.5 + note.late), keyDurationSec: note.length, pitch: note.pitch, velocity: note.velocity,
      })),
      struck.map((note) => ({ timeSec: 1 + note.beat * 0.5, controller: 64, value: note.pedal })),
    );
    const alignment: Alignment = notes.map((note, i) => {
      const scoreId = `s${written.indexOf(note)}`;
      if (note.fate === "deletion") return { kind: "deletion", scoreId };
      return note.fate === "insertion" ? { kind: "insertion", performedId: `n${i}` } : { kind: "match", scoreId, performedId: `n${i}` };
    });
    return { score, performance, alignment };
  });

function expectSame(a: PerformanceParameters, b: PerformanceParameters, tolerance: number): void {
  expect([...b.mask]).toEqual([...a.mask]);
  for (const name of PARAMETER_NAMES) {
    // pedal values become integers on the way; two notes struck in one instant share one
    if (name !== "pedalNorm") for (let i = 0; i < a.length; i++) expect(Math.abs(a[name][i] - b[name][i])).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(a[name][i])));
  }
}

describe.each(["sound", "key"] as const)("parameters with %s release", (release) => {
  test("decode to a performance that encodes to them", () => {
    fc.assert(
      fc.property(played, ({ score, performance, alignment }) => {
        const parameters = encodePerformance(score, performance, alignment, { release });
        const once = decodePerformance(score, parameters, { pedal: true });
        const again = encodePerformance(score, once.performance, once.alignment, { release });
        const twice = decodePerformance(score, again, { pedal: true });
        // a grace note's length is not told by its parameters; where it is the last to sound, the last beat period hangs on it
        if (score.notes.durationBeat.every((duration) => duration > 0)) expectSame(parameters, again, 2e-3);
        for (let i = 0; i < once.performance.notes.length; i++) {
          expect(Math.abs(once.performance.notes.onsetSec[i] - twice.performance.notes.onsetSec[i])).toBeLessThan(1e-4);
        }
      }),
      RUNS,
    );
  });

  test("survive their table bit by bit", () => {
    fc.assert(
      fc.property(played, ({ score, performance, alignment }) => {
        const parameters = encodePerformance(score, performance, alignment, { release });
        expect(readParameters(formatParameters(score, parameters), score, { release })).toEqual(parameters);
      }),
      RUNS,
    );
  });
});

test("a MIDI file gives back pitches, velocities, times and pedals", () => {
  fc.assert(
    fc.property(played, ({ performance }) => {
      const back = readMidi(writeMidi(performance, { title: "Äolsharfe", text: "seed 1" }));
      const { notes } = performance;
      expect(back.notes.length).toBe(notes.length);
      const byKey = (p: Performance): number[][] =>
        Array.from(p.notes.pitch, (pitch, i) => [pitch, Math.round(p.notes.onsetSec[i] / TICK_SEC), p.notes.velocity[i]]).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
      expect(byKey(back)).toEqual(byKey(performance));
      expect([...back.controls.value]).toEqual([...performance.controls.value]);
      expect(back.notes.id.every((id) => id.startsWith("n"))).toBe(true);
    }),
    RUNS,
  );
});

test("the same performance is written as the same bytes", () => {
  fc.assert(fc.property(played, ({ performance }) => expect(writeMidi(performance)).toEqual(writeMidi(performance))), { numRuns: 10 });
});

test("a match file gives back performance and alignment", () => {
  fc.assert(
    fc.property(played, ({ score, performance, alignment }) => {
      const back = readMatch(writeMatch({ score, performance, alignment, info: { piece: "A (b), c", performer: "X" } }));
      expect(back.version).toBe("1.0.0");
      expect(back.info.piece).toBe("A (b), c");
      expect(back.scoreNotes.id).toEqual(score.notes.id);
      expect([...back.scoreNotes.pitch]).toEqual([...score.notes.pitch]);
      for (let i = 0; i < score.notes.length; i++) {
        expect(back.scoreNotes.onsetBeat[i]).toBeCloseTo(score.notes.onsetBeat[i], 4);
        expect(back.scoreNotes.durationWhole[i]).toBeCloseTo(score.notes.durationQuarter[i] / 4, 4);
      }
      const sorted = (entries: Alignment): string[] => entries.map((entry) => JSON.stringify(entry)).sort();
      expect(sorted(back.alignment)).toEqual(sorted(alignment));
      const index = new Map(back.performance.notes.id.map((id, i) => [id, i]));
      performance.notes.id.forEach((id, i) => {
        const j = index.get(id)!;
        expect(back.performance.notes.velocity[j]).toBe(performance.notes.velocity[i]);
        expect(Math.abs(back.performance.notes.onsetSec[j] - performance.notes.onsetSec[i])).toBeLessThanOrEqual(TICK_SEC);
      });
    }),
    RUNS,
  );
});

test("alignment tables give back the alignment", () => {
  fc.assert(
    fc.property(played, ({ performance, alignment }) => {
      expect(readNasapAlignment(formatNasapAlignment(alignment, performance))).toEqual(alignment);
      expect(readParangonadaAlignment(formatParangonadaAlignment(alignment))).toEqual(alignment);
    }),
    RUNS,
  );
});
