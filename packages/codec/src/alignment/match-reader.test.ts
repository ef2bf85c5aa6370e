import { describe, expect, test } from "@jest/globals";
import { MatchFileError } from "../errors.js";
import { readMatch } from "./match-reader.js";

const NOTE_V1 = "note(n0,60,480,960,64,0,0).";
const SNOTE = "snote(n1-1,[C,#],4,1:2,1/8,1/4,1.5000,2.5000,[v1,staff1])";
const v1 = (...lines: string[]): string => ["info(matchFileVersion,1.0.0).", ...lines].join("\n");
const read = (text: string): ReturnType<typeof readMatch> => readMatch(text, { file: "a.match" });

describe("each kind of line of version 1", () => {
  test("info tells of the piece, with any signs in it", () => {
    const { version, info, performance } = read(v1("info(piece,Sonata (KV 331), 1. Satz).", "info(performer,P. 'Q' R).", `${SNOTE}-${NOTE_V1}`));
    expect(version).toBe("1.0.0");
    expect(info.piece).toBe("Sonata (KV 331), 1. Satz");
    expect(performance.performer).toBe("P. 'Q' R");
  });

  test("midiClockUnits and midiClockRate make seconds of ticks", () => {
    const { performance } = read(v1("info(midiClockUnits,240).", "info(midiClockRate,1000000).", `${SNOTE}-${NOTE_V1}`));
    expect([performance.notes.onsetSec[0], performance.notes.keyDurationSec[0]]).toEqual([2, 2]);
  });

  test("snote-note is a match", () => {
    const { alignment, performance, scoreNotes } = read(v1(`${SNOTE}-${NOTE_V1}`));
    expect(alignment).toEqual([{ kind: "match", scoreId: "n1-1", performedId: "n0" }]);
    expect([performance.notes.pitch[0], performance.notes.velocity[0], performance.notes.onsetSec[0]]).toEqual([60, 64, 0.5]);
    expect([scoreNotes.step[0], scoreNotes.alter[0], scoreNotes.octave[0], scoreNotes.pitch[0]]).toEqual(["C", 1, 4, 61]);
    expect([scoreNotes.measure[0], scoreNotes.beat[0], scoreNotes.offsetWhole[0], scoreNotes.durationWhole[0]]).toEqual([1, 2, 0.125, 0.25]);
    expect([scoreNotes.onsetBeat[0], scoreNotes.offsetBeat[0], scoreNotes.attributes[0]]).toEqual([1.5, 2.5, ["v1", "staff1"]]);
  });

  test.each([
    [`${SNOTE}-deletion.`, { kind: "deletion", scoreId: "n1-1" }],
    [`insertion-${NOTE_V1}`, { kind: "insertion", performedId: "n0" }],
  ])("%s", (line, entry) => {
    expect(read(v1(line)).alignment).toEqual([entry]);
  });

  test("ornament belongs to its score note", () => {
    expect(read(v1(`${SNOTE}-deletion.`, `ornament(n1-1,[trill])-${NOTE_V1}`)).alignment[1]).toEqual({ kind: "ornament", scoreId: "n1-1", performedId: "n0" });
  });

  test("a tied note left out is no deletion", () => {
    expect(read(v1(`${SNOTE.replace("staff1", "staff1,leftOutTied")}-deletion.`)).alignment).toEqual([]);
  });

  test("sustain and soft are CC64 and CC67", () => {
    const { performance } = read(v1(`${SNOTE}-${NOTE_V1}`, "sustain(0,80).", "soft(480,127).", "sustain(1440,3)."));
    expect([...performance.controls.controller]).toEqual([64, 67, 64]);
    expect([...performance.controls.value]).toEqual([80, 127, 3]);
    expect(performance.notes.soundDurationSec[0]).toBe(1);
  });

  test.each([
    "scoreprop(timeSignature,4/4,1:1,0,0.0000).",
    "scoreprop(keySignature,[A,D],1:1,0,0.0000).",
    "section(0.0000,100.0000,0.0000,100.0000,[end]).",
    "stime(1:1,0,0.0000,[beat,downbeat])-ptime([479,480]).",
    "",
  ])("%p changes no note", (line) => {
    expect(read(v1(line, `${SNOTE}-${NOTE_V1}`)).alignment).toHaveLength(1);
  });

  test("a line that stands twice counts once", () => {
    expect(read(v1(`${SNOTE}-${NOTE_V1}`, `${SNOTE}-${NOTE_V1}`)).alignment).toHaveLength(1);
  });
});

describe("each version before 1", () => {
  const old = "snote(1-2,[c,n],4,3:1,0/1,1/8,4.00000,4.50000,[s])";
  const later = "snote(n12,[C,n],4,3:1,0,1/8,4.0,4.5,[s])";

  test.each([
    ["0.1.0", "", `${old}-note(7,[c,#],4,480.00,960.00,64).`],
    ["0.1.0", "info(matchFileVersion,1.0).", `${old}-note(7,[c,#],4,480.00,960.00,64).`],
    ["0.2.0", "info(matchFileVersion,2.0).", `${old}-note(7,[c,#],4,480.00,960.00,64).`],
    ["0.3.0", "info(matchFileVersion,3.0).", `${later}-note(7,[c,#],4,480,960,1000,64).`],
    ["0.4.0", "info(matchFileVersion,4.0).", `${later}-note(n7,[C,#],4,480,960,1000,64).`],
    ["0.5.0", "info(matchFileVersion,5.0).", `${later}-note(n7,[C,#],4,480,960,1000,64).`],
  ])("%s (%s) reads score note and note", (version, info, line) => {
    const { performance, scoreNotes, ...file } = read(`${info}\n${line}`);
    expect(file.version).toBe(version);
    expect(performance.notes.id).toEqual(["n7"]);
    expect([performance.notes.pitch[0], performance.notes.onsetSec[0], performance.notes.keyDurationSec[0], performance.notes.velocity[0]]).toEqual([61, 0.5, 0.5, 64]);
    expect([scoreNotes.pitch[0], scoreNotes.durationWhole[0], scoreNotes.onsetBeat[0]]).toEqual([60, 0.125, 4]);
  });

  const note = "note(3,[C,n],4,0,10,20,64).";
  test.each([
    [`${later}-deletion.`, { kind: "deletion", scoreId: "n12" }],
    [`${later}-trailing_score_note.`, { kind: "deletion", scoreId: "n12" }],
    [`${later}-no_played_note.`, { kind: "deletion", scoreId: "n12" }],
    [`insertion-${note}`, { kind: "insertion", performedId: "n3" }],
    [`hammer_bounce-${note}`, { kind: "insertion", performedId: "n3" }],
    [`trailing_played_note-${note}`, { kind: "insertion", performedId: "n3" }],
  ])("%s", (line, entry) => {
    expect(read(`info(matchFileVersion,5.0).\n${line}`).alignment).toEqual([entry]);
  });

  test("trill belongs to its score note", () => {
    expect(read(`info(matchFileVersion,5.0).\n${later}-deletion.\ntrill(n12)-${note}`).alignment[1]).toEqual({ kind: "ornament", scoreId: "n12", performedId: "n3" });
  });

  test("meta and quoted info change no note; rests are left out", () => {
    const { info, scoreNotes, alignment } = read(
      ["info(matchFileVersion,5.0).", "info(piece,'Etude').", "meta(timeSignature,4/4,1,0.0).", "snote(r1,[R,-],-,1:1,0,1/4,0.0,1.0,[])-deletion.", `${later}-${note}`].join("\n"),
    );
    expect(info.piece).toBe("Etude");
    expect(scoreNotes.id).toEqual(["n12"]);
    expect(alignment).toHaveLength(1);
  });

  test("durations may be divided twice and added up", () => {
    const { scoreNotes } = read(`${later.replace("1/8", "1/4/3+1/16")}-deletion.`);
    expect(scoreNotes.durationWhole[0]).toBeCloseTo(1 / 12 + 1 / 16, 12);
  });
});

test("a byte order mark, UTF-16 and other line ends are read", () => {
  const text = v1(`${SNOTE}-${NOTE_V1}`);
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.replaceAll("\n", "\r\n"), "utf16le")]);
  expect(readMatch(utf16).alignment).toHaveLength(1);
  expect(readMatch(`\ufeff${text}`).alignment).toHaveLength(1);
});

describe("a match file is refused", () => {
  test.each([
    ["without notes", "", /a\.match: expected lines with notes/],
    ["of binary", "\u0000\u0001\u0002", /a\.match:1: expected a match line/],
    ["with a zero denominator", v1(`${SNOTE.replace("1/4", "3/0")}-${NOTE_V1}`), /a\.match:2: duration "3\/0" has a zero denominator\./],
    ["with a duration in words", v1(`${SNOTE.replace("1/4", "long")}-${NOTE_V1}`), /duration "long" is not a fraction/],
    ["with a negative duration", v1(`${SNOTE.replace("1/4", "-1/4")}-${NOTE_V1}`), /is negative/],
    ["with a foreign ornament", v1(`${SNOTE}-deletion.`, `ornament(n9,[trill])-${NOTE_V1}`), /a\.match:3: the ornament belongs to score note "n9"/],
    ["with a performed note twice", v1(`${SNOTE}-${NOTE_V1}`, `insertion-${NOTE_V1}`), /a\.match:3: performed note "n0" stands in line 2 already/],
    ["with a score note twice", v1(`${SNOTE}-${NOTE_V1}`, `${SNOTE}-deletion.`), /a\.match:3: score note "n1-1" stands in line 2 already/],
    ["with a pitch of 128", v1(`${SNOTE}-${NOTE_V1.replace("60", "128")}`), /expected a pitch of 0 to 127, got "128"/],
    ["with a note that ends before it begins", v1(`${SNOTE}-${NOTE_V1.replace("960", "9")}`), /before its onset/],
    ["with NaN as a time", v1(`${SNOTE}-${NOTE_V1.replace("480", "NaN")}`), /expected a number as time in ticks, got "NaN"/],
    ["with infinite beats", v1(`${SNOTE.replace("1.5000", "1e999")}-${NOTE_V1}`), /expected a number as onset in beats/],
    ["with too few fields", v1(`${SNOTE}-note(n0,60,480).`), /7 fields in version 1\.0\.0, got 3/],
    ["with a note that is no letter", v1(`${SNOTE.replace("[C,#]", "[H,#]")}-${NOTE_V1}`), /expected a note such as/],
    ["with an unknown line", v1("bogus(1,2)."), /"bogus" is no known kind/],
    ["with an unknown version", "info(matchFileVersion,7.0.0).", /version 7\.0\.0 is not known/],
    ["with a clock of zero", v1("info(midiClockUnits,0).", `${SNOTE}-${NOTE_V1}`), /a positive number as midiClockUnits, got "0"/],
    ["with a pedal of 128", v1("sustain(0,128)."), /pedal value of 0 to 127/],
  ])("%s", (_what, text, message) => {
    expect(() => read(text)).toThrow(MatchFileError);
    expect(() => read(text)).toThrow(message);
  });
});
