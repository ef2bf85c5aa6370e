import { describe, expect, test } from "@jest/globals";
import { attributes, backup, direction, document, note, rest } from "../../test/score-text.js";
import { GRACE, NOTE_MARK } from "./score.js";
import { readMusicXml } from "./musicxml.js";

const read = (...parts: readonly (readonly string[])[]): ReturnType<typeof readMusicXml> => readMusicXml(document(...parts));
const values = (array: ArrayLike<number>): number[] => Array.from(array);

describe("positions", () => {
  test("follow durations, backup and forward", () => {
    const { notes } = read([attributes() + note({ id: "a" }) + note({ id: "b" }) + backup(8) + `<forward><duration>2</duration></forward>` + note({ id: "c", voice: 2 })]);
    expect(notes.id).toEqual(["a", "c", "b"]);
    expect(values(notes.onsetDiv)).toEqual([0, 2, 4]);
    expect(values(notes.onsetQuarter)).toEqual([-2, -1.5, -1]); // two quarters in 4/4: a pickup
  });

  test("count beats in the time signature's denominator", () => {
    const { notes } = read([attributes(6, 8) + note({ duration: 6 }) + note({ duration: 6 })]);
    expect(values(notes.onsetBeat)).toEqual([0, 3]);
    expect(values(notes.onsetQuarter)).toEqual([0, 1.5]);
  });

  test("are negative in a pickup, whether it says implicit or is just short", () => {
    const { notes, measures } = read([attributes(3, 4) + note(), note({ duration: 12 })]);
    expect(values(notes.onsetBeat)).toEqual([-1, 0]);
    expect(measures.map((measure) => measure.onsetBeat)).toEqual([-1, 0]);
  });

  test("take a first bar that is full as no pickup", () => {
    expect(values(read([attributes(2, 4) + rest(6) + note({ duration: 2 })]).notes.onsetBeat)).toEqual([1.5]);
  });

  test("change rate with the divisions, and beats with the time signature", () => {
    const { notes } = read([attributes(1, 4, 4) + note(), attributes(2, 8, 12) + note({ duration: 6 }) + note({ duration: 6 })]);
    expect(values(notes.onsetDiv)).toEqual([0, 4, 10]);
    expect(values(notes.onsetQuarter)).toEqual([0, 1, 1.5]);
    expect(values(notes.onsetBeat)).toEqual([0, 1, 2]);
    expect(values(notes.divsPerQuarter)).toEqual([4, 12, 12]);
  });

  test("of chord notes are those of the first, whatever stands between them", () => {
    const { notes } = read([attributes() + note({ pitch: "C4" }) + direction("<dynamics><p/></dynamics>") + note({ pitch: "E4", before: "<chord/>" }) + note({ pitch: "G4" })]);
    expect(values(notes.onsetDiv)).toEqual([0, 0, 4]);
  });

  test("of parts with different divisions agree exactly", () => {
    const { notes } = read([attributes(1, 4, 3) + note({ duration: 1 }) + note({ duration: 1 }) + note({ duration: 1 })], [attributes(1, 4, 480) + note({ duration: 160 }) + note({ duration: 160 }) + note({ duration: 160 })]);
    expect(notes.onsetQuarter[2]).toBe(notes.onsetQuarter[3]);
    expect(notes.onsetQuarter[4]).toBe(notes.onsetQuarter[5]);
    expect(values(notes.part)).toEqual([0, 1, 0, 1, 0, 1]);
    expect(values(notes.voice)).toEqual([1, 2, 1, 2, 1, 2]);
  });

  test("of a part with a short bar go on at the common bar line", () => {
    const { notes } = read([attributes() + note({ duration: 16 }), note({ id: "a" })], [attributes() + note({ duration: 4 }), note({ id: "b" })]);
    expect(notes.onsetQuarter[notes.id.indexOf("a")]).toBe(4);
    expect(notes.onsetQuarter[notes.id.indexOf("b")]).toBe(4);
  });

  test("of a composite time signature count the sum", () => {
    const { timeSignatures } = readMusicXml(document([`<attributes><divisions>4</divisions><time><beats>3+2</beats><beat-type>8</beat-type></time></attributes>` + note({ duration: 10 })]));
    expect(timeSignatures).toEqual([{ onsetQuarter: 0, onsetBeat: 0, beats: 5, beatType: 8 }]);
  });
});

describe("ties", () => {
  const start = `<tie type="start"/>`, stop = `<tie type="stop"/>`;

  test("make one note with the first id, over bars and voices", () => {
    const { notes, tiedHeads, warnings } = read([attributes() + note({ id: "a", duration: 16, after: start }), note({ id: "b", duration: 8, voice: 2, after: stop }) + note({ id: "c", duration: 8 })]);
    expect(notes.id).toEqual(["a", "c"]);
    expect(notes.durationQuarter[0]).toBe(6);
    expect(notes.marks[0] & NOTE_MARK.tied).toBe(NOTE_MARK.tied);
    expect(tiedHeads?.map((head) => head.id)).toEqual(["b"]);
    expect(warnings).toEqual([]);
  });

  test("prefer the note's own voice where two end together", () => {
    const { tiedHeads } = read([attributes(1, 4) + note({ id: "a", after: start }) + backup(4) + note({ id: "b", voice: 2, after: start }), note({ id: "c", voice: 2, after: stop }) + backup(4) + note({ id: "d", after: stop })]);
    expect(tiedHeads).toHaveLength(2);
    expect(tiedHeads?.find((head) => head.id === "c")?.voice).toBe(2);
    expect(tiedHeads?.find((head) => head.id === "d")?.voice).toBe(1);
  });

  test("that dangle end as written, with a warning", () => {
    const { notes, warnings } = read([attributes() + note({ id: "a", after: start }) + note({ id: "b", pitch: "D4", after: stop })]);
    expect(values(notes.durationDiv)).toEqual([4, 4]);
    expect(warnings.map(({ place }) => place)).toEqual(["measure 1", "measure 1"]);
  });
});

describe("pitch", () => {
  test("sounds transposed, by chromatic steps and octaves", () => {
    const { notes } = read([attributes(4, 4, 4, "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>") + note({ pitch: "C5" })]);
    expect(values(notes.pitch)).toEqual([58]);
  });

  test("is sounding already under an octave line", () => {
    // MusicXML 4.0, octave-shift: notes are shifted from their true pitched values "because of printing difficulty";
    // an 8va line is "an octave-shift down from the pitch data indicated in the notes". The data sounds.
    const { notes } = read([attributes() + direction(`<octave-shift type="down" size="8"/>`) + note({ pitch: "C6" }) + direction(`<octave-shift type="stop"/>`)]);
    expect(values(notes.pitch)).toEqual([84]);
  });

  test("comes from alter; an accidental is only print", () => {
    // MusicXML 4.0, accidental: "the actual notated accidentals"; alter: "chromatic alteration in number of semitones".
    expect(values(read([attributes() + note({ pitch: "F4", after: "<accidental>sharp</accidental>" })]).notes.pitch)).toEqual([65]);
  });

  test("of a microtone is the key toward its natural, with a warning", () => {
    const micro = note({ pitch: "F#4" }).replace("<alter>1</alter>", "<alter>0.5</alter>");
    const { notes, warnings } = read([attributes() + micro]);
    expect(values(notes.pitch)).toEqual([65]);
    expect(warnings).toHaveLength(1);
  });
});

describe("notes that are not quite notes", () => {
  test("grace notes have no length and a kind, their chords too", () => {
    const { notes } = read([attributes() + note({ pitch: "D5", before: `<grace slash="yes"/>` }) + note({ pitch: "F5", before: "<grace/><chord/>" }) + note({ pitch: "C5", duration: 16 })]);
    expect(values(notes.onsetDiv)).toEqual([0, 0, 0]);
    expect(values(notes.durationDiv)).toEqual([16, 0, 0]);
    expect(values(notes.grace)).toEqual([GRACE.none, GRACE.acciaccatura, GRACE.appoggiatura]);
  });

  test("cue notes are marked, and left out on request", () => {
    // Silent by the specification, but MuseScore writes small notes that are played so: see ReadScoreOptions.cues.
    const text = document([attributes() + note({ before: "<cue/>", duration: 8 }) + note({ duration: 8 })]);
    expect(values(readMusicXml(text).notes.marks)).toEqual([NOTE_MARK.cue, 0]);
    const without = readMusicXml(text, { cues: false }).notes;
    expect(values(without.onsetDiv)).toEqual([8]);
  });

  test("unpitched notes are left out with a warning and fill their time", () => {
    const { notes, warnings } = read([attributes() + `<note><unpitched/><duration>4</duration></note>` + note({ duration: 12 })]);
    expect(values(notes.onsetDiv)).toEqual([4]);
    expect(warnings).toHaveLength(1);
  });

  test("rests are listed", () => {
    const { rests } = read([attributes(2, 4) + rest() + note()]);
    expect(rests).toEqual([{ onsetQuarter: 0, durationQuarter: 1, voice: 1, staff: 1, part: 0 }]);
  });

  test("a note without duration takes its type's, tuplets and dots included", () => {
    const text = document([attributes(4, 4, 12) + `<note><pitch><step>C</step><octave>4</octave></pitch><type>quarter</type><dot/><time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification></note>`]);
    expect(values(readMusicXml(text).notes.durationDiv)).toEqual([12]);
  });
});

describe("ids", () => {
  test("are made up in document order where there are none", () => {
    expect(read([attributes() + note({ pitch: "C5" }) + note({ id: "n1" }) + note()]).notes.id).toEqual(["n0", "n1", "n2"]);
  });

  test("that stand twice are told apart, with a warning", () => {
    const { notes, warnings } = read([attributes() + note({ id: "a", duration: 16 })], [attributes() + note({ id: "a", pitch: "C2", duration: 16 })]);
    expect([...notes.id].sort()).toEqual(["a", "a_2"]);
    expect(warnings).toHaveLength(1);
  });
});

describe("signs", () => {
  test("of notes become marks, of all tied heads together", () => {
    const { notes } = read([attributes() +
      note({ duration: 8, after: `<tie type="start"/><notations><articulations><staccato/><strong-accent/></articulations><arpeggiate/></notations>` }) +
      note({ duration: 8, after: `<tie type="stop"/><notations><fermata/><ornaments><trill-mark/><tremolo>3</tremolo></ornaments></notations>` })]);
    expect(notes.marks[0]).toBe(NOTE_MARK.staccato | NOTE_MARK.marcato | NOTE_MARK.arpeggio | NOTE_MARK.tied | NOTE_MARK.fermata | NOTE_MARK.trill | NOTE_MARK.tremolo);
  });

  test("of dynamics, wedges, words with dashes, tempo and pedal are directions", () => {
    const { directions } = read([attributes() +
      direction("<dynamics><p/></dynamics>", "<staff>1</staff>") +
      direction("<dynamics><other-dynamics>Cresc.</other-dynamics></dynamics>") +
      direction(`<wedge type="crescendo" number="1"/>`) +
      direction(`<words>rit.</words></direction-type><direction-type><dashes type="start" number="1"/>`) +
      direction("<metronome><beat-unit>half</beat-unit><beat-unit-dot/><per-minute>60</per-minute></metronome>", `<sound tempo="180"/>`) +
      direction(`<pedal type="start"/>`) + note({ duration: 8 }) +
      direction(`<wedge type="stop" number="1"/>`) + direction(`<dashes type="stop" number="1"/>`) + direction(`<pedal type="stop"/>`) + note({ duration: 8 })]);
    const place = { part: 0, staff: 0, measure: 0, onsetQuarter: 0 };
    expect(directions).toEqual([
      { kind: "dynamic", mark: "p", ...place, staff: 1 },
      { kind: "dynamic", mark: "cresc.", ...place },
      { kind: "wedge", shape: "crescendo", ...place, endQuarter: 2 },
      { kind: "words", text: "rit.", ...place, endQuarter: 2 },
      { kind: "metronome", quartersPerMinute: 180, printed: true, ...place },
      { kind: "metronome", quartersPerMinute: 180, printed: false, ...place },
      { kind: "pedal", action: "start", ...place },
      { kind: "pedal", action: "stop", ...place, onsetQuarter: 2 },
    ]);
  });

  test("of slurs pair by number, also where the end is written first", () => {
    const slur = (type: string, number = 1): string => `<notations><slur type="${type}" number="${number}"/></notations>`;
    const { slurs, notes } = read([attributes() + note({ id: "b", duration: 4 }) + note({ id: "c", after: slur("stop") }) + backup(8) + note({ id: "a", pitch: "C3", voice: 2, after: slur("start") })]);
    expect(slurs.map(({ startNote, endNote }) => [notes.id[startNote], notes.id[endNote]])).toEqual([["a", "c"]]);
    expect(notes.marks[notes.id.indexOf("a")]).toBe(NOTE_MARK.slurStart);
  });

  test("of the key are kept", () => {
    const { keySignatures } = read([attributes(4, 4, 4, "<key><fifths>-3</fifths><mode>minor</mode></key>") + note({ duration: 16 })]);
    expect(keySignatures).toEqual([{ onsetQuarter: 0, fifths: -3, mode: "minor" }]);
  });
});

test("a timewise document is the same score", () => {
  const partwise = document([attributes() + note({ id: "a", duration: 16 }), note({ id: "b" })], [attributes() + note({ id: "c", pitch: "C3", duration: 16 }), note({ id: "d", pitch: "C3" })]);
  const bars = [...partwise.matchAll(/<measure number="(\d)">(.*?)<\/measure>/g)];
  const timewise = partwise.slice(0, partwise.indexOf('<part id="P1">')).replace("score-partwise", "score-timewise") +
    ["1", "2"].map((n) => `<measure number="${n}">${bars.filter((bar) => bar[1] === n).map((bar, i) => `<part id="P${i + 1}">${bar[2]}</part>`).join("")}</measure>`).join("") + "</score-timewise>";
  expect(readMusicXml(timewise)).toEqual(readMusicXml(partwise));
});
