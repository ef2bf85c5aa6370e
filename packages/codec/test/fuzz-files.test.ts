/**
 * @file Real files, damaged: bytes flipped, pieces cut out, doubled or moved, numbers driven to extremes. Whatever comes
 * of it is read, or refused with the error of its format.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { strToU8, zipSync } from "fflate";
import {
  AlignmentFileError, encodePerformance, type FormatError, formatNasapAlignment, formatParameters, formatParangonadaAlignment, MatchFileError, MidiFileError, ParameterFileError,
  readMatch, readMidi, readMusicXml, readNasapAlignment, readParameters, readParangonadaAlignment, readScore, ScoreFileError, scoreFeatures, unfoldRepeats,
} from "../src/index.js";

const file = (path: string): Uint8Array => readFileSync(new URL(path, import.meta.url));
const schubertText = gunzipSync(file("fixtures/Schubert_D783_no15.musicxml.gz")).toString("utf8");
const schubert = readMusicXml(schubertText);
const played = readMatch(file("fixtures/Schubert_D783_no15_p01.match"));
const ending = schubertText.indexOf('<measure number="5"');
const elise = file("../../../data/scores/beethoven-fur-elise-theme.musicxml");

const EXTREMES = ["0", "-1", "1e9", "4294967296", "999999999999", "0.0000001", "NaN", ""];

/** One kind of damage at a place, in a file of bytes. */
interface Damage {
  readonly kind: "flip" | "cut" | "double" | "move" | "end" | "number";
  /** Place in the file, 0 to 1. */
  readonly at: number;
  readonly to: number;
  readonly length: number;
  readonly value: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom("flip", "cut", "double", "move", "end", "number"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 400 }),
  value: fc.integer({ min: 1, max: 255 }),
});

function harm(bytes: Uint8Array, { kind, at, to, length, value }: Damage): Uint8Array {
  const from = Math.floor(at * bytes.length);
  const piece = bytes.subarray(from, from + length);
  const before = bytes.subarray(0, from), after = bytes.subarray(from + length);
  switch (kind) {
    case "flip": return bytes.map((byte, i) => (i === from ? byte ^ value : byte));
    case "cut": return Uint8Array.of(...before, ...after);
    case "double": return Uint8Array.of(...before, ...piece, ...piece, ...after);
    case "move": {
      const rest = Uint8Array.of(...before, ...after);
      const target = Math.floor(to * rest.length);
      return Uint8Array.of(...rest.subarray(0, target), ...piece, ...rest.subarray(target));
    }
    case "end": return bytes.slice(0, from);
    case "number": {
      let start = from;
      while (start < bytes.length && !isDigit(bytes[start])) start++;
      let end = start;
      while (end < bytes.length && isDigit(bytes[end])) end++;
      return Uint8Array.of(...bytes.subarray(0, start), ...strToU8(EXTREMES[value % EXTREMES.length]), ...bytes.subarray(end));
    }
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function score(bytes: Uint8Array): void {
  const unfolded = unfoldRepeats(readScore(bytes));
  const { notes } = unfolded;
  for (let i = 0; i < notes.length; i++) expect(Number.isFinite(notes.onsetBeat[i] + notes.durationBeat[i]) && notes.durationDiv[i] >= 0).toBe(true);
  expect(scoreFeatures(unfolded).data.every(Number.isFinite)).toBe(true);
}

const excerpt = strToU8(`${schubertText.slice(0, ending)}</part></score-partwise>`);

test.each<[string, Uint8Array, (bytes: Uint8Array) => void, new (file: string, place: string, message: string) => FormatError]>([
  ["MusicXML of a corpus", excerpt, score, ScoreFileError],
  ["MusicXML of our own", elise, score, ScoreFileError],
  ["MXL", zipSync({ "META-INF/container.xml": strToU8('<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'), "a.xml": excerpt }), score, ScoreFileError],
  ["MIDI", file("fixtures/Schubert_D783_no15_p01.mid"), (bytes: Uint8Array) => void readMidi(bytes), MidiFileError],
  ["MIDI as a score", file("fixtures/Schubert_D783_no15_p01.mid"), score, ScoreFileError],
  ["match", strToU8(Buffer.from(file("fixtures/Schubert_D783_no15_p01.match")).toString("utf8").split("\n").slice(0, 90).join("\n")), (bytes: Uint8Array) => void readMatch(bytes), MatchFileError],
  ["tsv", strToU8(formatNasapAlignment(played.alignment, played.performance)), (bytes: Uint8Array) => void readNasapAlignment(bytes), AlignmentFileError],
  ["csv", strToU8(formatParangonadaAlignment(played.alignment)), (bytes: Uint8Array) => void readParangonadaAlignment(bytes), AlignmentFileError],
  ["parameters", strToU8(formatParameters(schubert, encodePerformance(schubert, played.performance, played.alignment))), (bytes: Uint8Array) => void readParameters(bytes, schubert), ParameterFileError],
])("%s, damaged, is read or refused in one line", (_name, original, read, ErrorClass) => {
  expect(() => read(original)).not.toThrow();
  let refused = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      try {
        read(damages.reduce(harm, Uint8Array.from(original)));
      } catch (error) {
        if (!(error instanceof ErrorClass)) throw error;
        expect(error.message).not.toMatch(/[\r\n]/);
        refused++;
      }
    }),
    { seed: 1999, numRuns: 120 },
  );
  expect(refused).toBeGreaterThan(5);
});
