/**
 * @file Random scores, written by an independent writer (musicxml-interfaces' builders and serialiser), read back.
 */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRequire } from "node:module";
import type * as Interfaces from "musicxml-interfaces";
import type * as Builders from "musicxml-interfaces/builders.js";
import { readMusicXml } from "./musicxml.js";
import { GRACE } from "./score.js";

// CommonJS with a second entry: required, not imported.
const load = createRequire(import.meta.url);
const { serializeNote, serializeAttributes, serializeBackup } = load("musicxml-interfaces") as typeof Interfaces;
const { buildNote, buildAttributes, buildBackup } = load("musicxml-interfaces/builders.js") as typeof Builders;

const STEPS = "CDEFGAB";
const SEMITONES = [0, 2, 4, 5, 7, 9, 11];

interface Chord {
  readonly duration: number;
  readonly rest: boolean;
  readonly grace: boolean;
  readonly staff: number;
  readonly pitches: readonly { readonly step: number; readonly alter: number; readonly octave: number }[];
}

const chord: fc.Arbitrary<Chord> = fc.record({
  duration: fc.integer({ min: 1, max: 24 }),
  rest: fc.boolean(),
  grace: fc.boolean(),
  staff: fc.constantFrom(1, 2),
  pitches: fc.array(fc.record({ step: fc.nat(6), alter: fc.integer({ min: -2, max: 2 }), octave: fc.integer({ min: 1, max: 7 }) }), { minLength: 1, maxLength: 4 }),
});
const bar = fc.record({ beats: fc.integer({ min: 1, max: 9 }), beatType: fc.constantFrom(2, 4, 8, 16), divisions: fc.integer({ min: 1, max: 48 }), voices: fc.array(fc.array(chord, { maxLength: 5 }), { minLength: 1, maxLength: 3 }) });

/** One note as a line to compare: onset and length in divisions, pitch, voice, staff, grace. */
type Line = readonly [onset: number, duration: number, pitch: number, voice: number, staff: number, grace: boolean];

describe("a random score", () => {
  test("is read as it was written", () => {
    fc.assert(fc.property(fc.array(bar, { minLength: 1, maxLength: 4 }), (bars) => {
      const expected: Line[] = [];
      let start = 0, measures = "";
      bars.forEach(({ beats, beatType, divisions, voices }, number) => {
        let contents = serializeAttributes(buildAttributes((a) => a.divisions(divisions).times([{ beats: [String(beats)], beatTypes: [beatType] } as Interfaces.Time])));
        let end = start;
        voices.forEach((chords, v) => {
          let at = start;
          for (const { duration, rest, grace, staff, pitches } of chords) {
            if (rest) {
              contents += serializeNote(buildNote((n) => n.rest({} as Interfaces.Rest).duration(duration).voice(v + 1).staff(staff)));
              at += duration;
              continue;
            }
            pitches.forEach(({ step, alter, octave }, i) => {
              contents += serializeNote(buildNote((n) => {
                n = n.pitch((p) => p.step(STEPS[step]).alter(alter).octave(octave)).voice(v + 1).staff(staff);
                n = grace ? n.grace((g) => g) : n.duration(duration);
                return i > 0 ? n.chord((c) => c) : n;
              }));
              expected.push([at, grace ? 0 : duration, 12 * (octave + 1) + SEMITONES[step] + alter, v + 1, staff, grace]);
            });
            if (!grace) at += duration;
          }
          if (v < voices.length - 1 && at > start) contents += serializeBackup(buildBackup((b) => b.duration(at - start)));
          end = Math.max(end, at);
        });
        measures += `<measure number="${number + 1}">${contents}</measure>`;
        start = end;
      });
      const text = `<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list><part id="P1">${measures}</part></score-partwise>`;
      const { notes, warnings } = readMusicXml(text);
      expect(warnings).toEqual([]);
      const lines: Line[] = Array.from(notes.id, (_, i) => [notes.onsetDiv[i], notes.durationDiv[i], notes.pitch[i], notes.voice[i], notes.staff[i], notes.grace[i] !== GRACE.none]);
      // Written voice by voice, read by onset and pitch: notes in the document's order are named n0, n1 …
      const byName = notes.id.map((id, i) => ({ order: Number(id.slice(1)), line: lines[i] })).sort((a, b) => a.order - b.order);
      expect(byName.map(({ line }) => line)).toEqual(expected);
      for (let i = 1; i < notes.length; i++)
        expect(notes.onsetQuarter[i] > notes.onsetQuarter[i - 1] || notes.pitch[i] >= notes.pitch[i - 1]).toBe(true);
    }), { numRuns: 200, seed: 4 });
  });
});
