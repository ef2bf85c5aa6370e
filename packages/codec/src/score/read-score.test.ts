import { describe, expect, test } from "@jest/globals";
import { strToU8, zipSync } from "fflate";
import { writeMidi } from "midi-file";
import fc from "fast-check";
import { attributes, backup, document, note } from "../../test/score-text.js";
import { ScoreFileError } from "../errors.js";
import { formatNoteArrayCsv, noteArrayRecords } from "./note-array.js";
import { readScore } from "./read-score.js";
import { unfoldRepeats } from "./unfold.js";
import type { ReadScoreOptions } from "./read-limits.js";

const text = document([attributes() + note({ id: "a", pitch: "E4", duration: 8 }) + note({ id: "é", duration: 8 })]);
const utf8 = new TextEncoder().encode(text);
const ids = (bytes: Uint8Array): readonly string[] => readScore(bytes).notes.id;

/** The message with which reading fails. */
function failure(input: Uint8Array | string, options: ReadScoreOptions = {}): string {
  try {
    readScore(typeof input === "string" ? new TextEncoder().encode(input) : input, { file: "x.xml", ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(ScoreFileError);
    const { message } = error as Error;
    expect(message).toMatch(/^x\.xml/);
    expect(message).not.toContain("\n");
    return message;
  }
  throw new Error("expected an error");
}

function utf16(bigEndian: boolean, mark: boolean): Uint8Array {
  const units = (mark ? "\uFEFF" : "") + text;
  const bytes = new Uint8Array(units.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < units.length; i++) view.setUint16(2 * i, units.charCodeAt(i), !bigEndian);
  return bytes;
}

describe("harmless oddities just work:", () => {
  test.each([
    ["UTF-8 with a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8)],
    ["UTF-16, little end first", utf16(false, true)],
    ["UTF-16, big end first", utf16(true, true)],
    ["UTF-16 without a mark", utf16(true, false)],
    ["Latin 1, declared", Uint8Array.from([...text.replace("UTF-8", "ISO-8859-1")].map((c) => c.charCodeAt(0)))],
    ["UTF-8 that declares UTF-16", new TextEncoder().encode(text.replace("UTF-8", "UTF-16"))],
    ["CRLF and blank lines before", new TextEncoder().encode("\r\n\r\n" + text.replaceAll("><", ">\r\n<"))],
    ["a public document type", new TextEncoder().encode(text.replace("\n", '\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'))],
    ["MXL", zipSync({ "META-INF/container.xml": strToU8('<container><rootfiles><rootfile full-path="s&amp;b.xml"/></rootfiles></container>'), "a.xml": strToU8("<no/>"), "s&b.xml": utf8 })],
    ["MXL without a container entry", zipSync({ mimetype: strToU8("x"), "score.musicxml": utf8 })],
  ])("%s", (_, bytes) => {
    expect(ids(bytes)).toEqual(["a", "é"]);
  });
});

describe("damaged or hostile input ends in one line:", () => {
  const oneNote = (inside: string): string => document([attributes() + `<note>${inside}</note>`]);
  const pitch = (step: string, octave: string, alter = "0"): string => oneNote(`<pitch><step>${step}</step><alter>${alter}</alter><octave>${octave}</octave></pitch><duration>4</duration>`);
  const entities = `<!DOCTYPE score-partwise [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`;
  test.each<[string, Uint8Array | string, RegExp]>([
    ["an empty file", "", /empty/],
    ["blanks", " \n ", /empty/],
    ["a truncated file", text.slice(0, 300), /line 2: not well-formed/],
    ["a binary file", Uint8Array.from({ length: 500 }, (_, i) => (i * 37) % 256), /line 1|byte 0/],
    ["plain text", "hello", /expected MusicXML/],
    ["bytes that are not the encoding", Uint8Array.of(...utf8.subarray(0, 200), 0xc3, 0x28, ...utf8.subarray(200)), /expected UTF-8 text/],
    ["an unknown encoding", text.replace("UTF-8", "klingon"), /unknown encoding "klingon"/],
    ["other XML", "<html/>", /expected <score-partwise> or <score-timewise>, got <html>/],
    ["too deep a nesting", document(["<a>".repeat(100) + "</a>".repeat(100)]), /nested deeper than 64/],
    ["an entity bomb", text.replace("\n", `\n${entities}\n`).replace('id="a"', 'id="&b;"'), /entities, which are refused/],
    ["an external entity", text.replace("\n", `\n<!DOCTYPE score-partwise [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n`).replace("Part 1", "&x;"), /entities, which are refused/],
    ["an undeclared entity", text.replace("Part 1", "&x;"), /not well-formed/],
    ["no measures", document([]), /no measures/],
    ["divisions of zero", text.replace("<divisions>4", "<divisions>0"), /line 2, measure 1: expected divisions per quarter note above 0, got "0"/],
    ["divisions that are no number", text.replace("<divisions>4", "<divisions>four"), /got "four"/],
    ["no divisions", text.replace("<divisions>4</divisions>", ""), /a duration comes before any <divisions>/],
    ["a negative duration", text.replace("<duration>8", "<duration>-8"), /measure 1: expected a duration of at least 0 divisions, got -8/],
    ["a duration that is no number", text.replace("<duration>8", "<duration>NaN"), /expected a duration in divisions, got "NaN"/],
    ["an endless duration", text.replace("<duration>8", "<duration>99999999999"), /longer than 2147483647/],
    ["no duration and no type", text.replace("<duration>8</duration>", ""), /without <duration>/],
    ["a negative backup", document([attributes() + note() + backup(-4)]), /<backup>, got "-4"/],
    ["a step that is none", pitch("H", "4"), /expected a step from A to G, got "H"/],
    ["an octave that is none", pitch("C", "99"), /expected an octave from 0 to 9, got "99"/],
    ["an alteration that is none", pitch("C", "4", "sharp"), /expected an alteration in semitones, got "sharp"/],
    ["a pitch above MIDI's", pitch("A", "9"), /expected a sounding pitch from 0 to 127, got 129/],
    ["a zip that is cut off", zipSync({ "a.xml": utf8 }).subarray(0, 200), /cut off|cannot be unpacked/],
    ["a zip without a score", zipSync({ "a.txt": utf8 }), /no MusicXML file/],
    ["an empty zip", zipSync({}), /empty or damaged/],
    ["a path out of the archive", zipSync({ "../../etc/a.xml": utf8 }), /leads out of the archive/],
    ["a path of several lines out of the archive", zipSync({ "../a\nb.xml": utf8 }), /^[^\n]*leads out of the archive[^\n]*$/],
    ["an absolute path in the archive", zipSync({ "/etc/a.xml": utf8 }), /leads out of the archive/],
    ["a MIDI file that lies about its length", Uint8Array.of(...strToU8("MThd"), 0, 0, 0, 6, 0, 0, 0, 1, 0, 96, ...strToU8("MTrk"), 0, 255, 0, 0, 0), /4 are left|announces|cut off/],
    ["a MIDI file in frames", Uint8Array.from([...writeMidi({ header: { format: 0, numTracks: 1, ticksPerBeat: 96 }, tracks: [[{ deltaTime: 0, meta: true, type: "endOfTrack" }]] })].map((b, i) => (i === 12 ? 0xe7 : i === 13 ? 40 : b))), /time in frames/],
  ])("%s", (_, input, message) => {
    expect(failure(input)).toMatch(message);
  });

  test("a zip bomb, before it fills the memory", () => {
    const bomb = zipSync({ "a.xml": new Uint8Array(32 * 2 ** 20) }, { level: 9 });
    expect(bomb.length).toBeLessThan(2 ** 16);
    expect(failure(bomb, { limits: { bytes: 2 ** 20 } })).toMatch(/unpacks to more than 1048576 bytes/);
  });

  test("more bytes, notes, measures or elements than the limits", () => {
    expect(failure(text, { limits: { bytes: 100 } })).toMatch(/expected at most 100 bytes/);
    expect(failure(text, { limits: { notes: 1 } })).toMatch(/more than 1 notes/);
    expect(failure(document([attributes(), note()]), { limits: { measures: 1 } })).toMatch(/more than 1 measures/);
    expect(failure(document([attributes() + `<note>${"<dot/>".repeat(20)}</note>`]), { limits: { elements: 10 } })).toMatch(/more than 10 elements/);
  });

  test("a negative duration leads back where the reader is lenient", () => {
    const { notes, warnings } = readScore(strToU8(document([attributes(2, 4) + note() + note({ duration: -2, after: "<type>eighth</type>" }) + note({ duration: 6 })])), { lenient: true });
    expect(Array.from(notes.onsetDiv)).toEqual([0, 2, 4]);
    expect(warnings).toHaveLength(1);
  });
});

describe("a MIDI score", () => {
  const bytes = Uint8Array.from(writeMidi({
    header: { format: 1, numTracks: 2, ticksPerBeat: 480 },
    tracks: [
      [
        { deltaTime: 0, meta: true, type: "timeSignature", numerator: 6, denominator: 8, metronome: 24, thirtyseconds: 8 },
        { deltaTime: 0, meta: true, type: "keySignature", key: -1, scale: 1 },
        { deltaTime: 0, meta: true, type: "setTempo", microsecondsPerBeat: 500000 },
        { deltaTime: 0, meta: true, type: "endOfTrack" },
      ],
      [
        { deltaTime: 0, type: "noteOn", channel: 0, noteNumber: 64, velocity: 80 },
        { deltaTime: 0, type: "noteOn", channel: 1, noteNumber: 60, velocity: 80 },
        { deltaTime: 1440, type: "noteOff", channel: 0, noteNumber: 64, velocity: 0 },
        { deltaTime: 0, type: "noteOn", channel: 0, noteNumber: 65, velocity: 80 },
        { deltaTime: 240, type: "noteOn", channel: 0, noteNumber: 65, velocity: 0 },
        { deltaTime: 0, type: "noteOff", channel: 1, noteNumber: 60, velocity: 0 },
        { deltaTime: 0, meta: true, type: "endOfTrack" },
      ],
    ],
  }));

  test("has bars, beats, metre, key and tempo; channels are voices", () => {
    const { notes, measures, timeSignatures, keySignatures, directions } = readScore(bytes);
    expect(notes.id).toEqual(["n0", "n1", "n2"]);
    expect(Array.from(notes.pitch)).toEqual([60, 64, 65]);
    expect(Array.from(notes.voice)).toEqual([2, 1, 1]);
    expect(Array.from(notes.onsetBeat)).toEqual([0, 0, 6]);
    expect(Array.from(notes.durationBeat)).toEqual([7, 6, 1]);
    expect(Array.from(notes.measure)).toEqual([0, 0, 1]);
    expect(measures.map((measure) => measure.durationQuarter)).toEqual([3, 3]);
    expect(timeSignatures).toEqual([{ onsetQuarter: 0, onsetBeat: 0, beats: 6, beatType: 8 }]);
    expect(keySignatures).toEqual([{ onsetQuarter: 0, fifths: -1, mode: "minor" }]);
    expect(directions).toEqual([{ kind: "metronome", quartersPerMinute: 120, printed: false, onsetQuarter: 0, part: 0, staff: 0, measure: 0 }]);
  });
});

describe("a note array in files", () => {
  const { notes } = readScore(strToU8(document([attributes(2, 4) + note({ id: 'a,"b"'.replaceAll('"', "&quot;"), before: "<grace/>" }) + note({ id: "c", staff: 2, duration: 8 })])));

  test("is CSV with partitura's names", () => {
    expect(formatNoteArrayCsv(notes)).toBe(
      "id,onset_beat,duration_beat,onset_quarter,duration_quarter,onset_div,duration_div,pitch,voice,staff,grace\n" +
      '"a,""b""",0,0,0,0,0,0,60,1,1,1\nc,0,2,0,2,0,8,60,1,2,0\n');
  });

  test("is a list of records", () => {
    expect(noteArrayRecords(notes)[1]).toEqual({
      id: "c", onset_beat: 0, duration_beat: 2, onset_quarter: 0, duration_quarter: 2, onset_div: 0, duration_div: 8, pitch: 60, voice: 1, staff: 2, grace: false,
    });
  });
});

describe("mutated files", () => {
  const sources = [utf8, zipSync({ "META-INF/container.xml": strToU8('<container><rootfile full-path="a.xml"/></container>'), "a.xml": utf8 }), utf16(false, true)];
  const inserts = ["<", ">", "&", "-1", "99999999", "<chord/>", "<grace/>", '<tie type="start"/>', "<!DOCTYPE a [", "]]>", "<measure>", "</measure>", "<part>", "\0", "NaN"].map((insert) => strToU8(insert));

  test("either read and unfold, or fail as score files do", () => {
    fc.assert(fc.property(
      fc.constantFrom(...sources),
      fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(20), insert: fc.option(fc.constantFrom(...inserts)), byte: fc.nat(255) }), { minLength: 1, maxLength: 5 }),
      (source, edits) => {
        let bytes = Uint8Array.from(source);
        for (const { at, cut, insert, byte } of edits) {
          const from = Math.floor(at * bytes.length);
          bytes = Uint8Array.of(...bytes.subarray(0, from), ...(insert ?? [byte]), ...bytes.subarray(from + cut));
        }
        try {
          const { notes } = unfoldRepeats(readScore(bytes));
          for (let i = 0; i < notes.length; i++) expect(Number.isFinite(notes.onsetBeat[i]) && notes.durationDiv[i] >= 0).toBe(true);
        } catch (error) {
          if (!(error instanceof ScoreFileError)) throw error;
        }
      },
    ), { numRuns: 600, seed: 3 });
  });
});
