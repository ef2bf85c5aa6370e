import { describe, expect, test } from "@jest/globals";
import { readMusicXml } from "../score/musicxml.js";
import type { Score } from "../score/score.js";
import { unfoldRepeats } from "../score/unfold.js";
import { characterMeaning, dynamicsMeaning, tempoMeaning } from "./expression-words.js";
import { FEATURE_SETS, scoreFeatures, type FeatureSetName } from "./score-features.js";

/** A note of one quarter unless told otherwise; four divisions a quarter. */
function note(step: string, octave: number, { duration = 4, notations = "", before = "", staff = 1, voice = 1, chord = false } = {}): string {
  return `${before}<note>${chord ? "<chord/>" : ""}<pitch><step>${step}</step><octave>${octave}</octave></pitch><duration>${duration}</duration><voice>${voice}</voice><staff>${staff}</staff>${notations ? `<notations>${notations}</notations>` : ""}</note>`;
}

function direction(content: string): string {
  return `<direction><direction-type>${content}</direction-type></direction>`;
}

const dynamics = (mark: string) => direction(`<dynamics><${mark}/></dynamics>`);
const words = (text: string) => direction(`<words>${text}</words>`);

function score(measures: readonly string[], time: readonly [number, number] = [4, 4]): Score {
  const attributes = `<attributes><divisions>4</divisions><key><fifths>-3</fifths></key><time><beats>${time[0]}</beats><beat-type>${time[1]}</beat-type></time><staves>2</staves></attributes>`;
  const bars = measures.map((content, k) => `<measure number="${k + 1}">${k === 0 ? attributes : ""}${content}</measure>`).join("");
  return readMusicXml(
    `<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list><part id="P1">${bars}</part></score-partwise>`,
  );
}

/** The values of one feature, in the order of the notes. */
function column(of: Score, name: string, set: FeatureSetName = "base"): number[] {
  const index = FEATURE_SETS[set].findIndex((definition) => definition.name === name);
  expect(index).toBeGreaterThanOrEqual(0);
  const { data, shape } = scoreFeatures(of, set);
  return Array.from({ length: shape[0] }, (_, n) => data[n * shape[1] + index]);
}

describe("the catalogue", () => {
  test("names every feature once in a set", () => {
    for (const definitions of Object.values(FEATURE_SETS)) {
      expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
    }
  });

  test("the classic set has the original's four features, raw", () => {
    const one = score([note("C", 4, { duration: 8 }) + note("E", 4, { duration: 8, voice: 2 })]);
    expect(scoreFeatures(one, "classic")).toEqual({ shape: [2, 4], data: Float32Array.of(0, 8, 60, 1, 8, 8, 64, 2) });
  });
});

describe("dynamics", () => {
  test("a mark holds until the next, whose coming is felt", () => {
    const piece = score([
      note("C", 4, { before: dynamics("p") }) + note("C", 4) + note("C", 4) + note("C", 4),
      note("C", 4, { before: dynamics("ff") }) + note("C", 4) + note("C", 4) + note("C", 4),
    ]);
    expect(column(piece, "dynamicLevel")).toEqual([-2, -2, -2, -2, 3, 3, 3, 3]);
    expect(column(piece, "dynamicComing")[3]).toBeCloseTo(5 * Math.exp(-1 / 4), 5);
    expect(column(piece, "dynamicJump").slice(4, 6)).toEqual([5, expect.closeTo(5 * Math.exp(-1 / 4), 5)]);
  });

  test("a hairpin is inside from its start to its stop, then glows", () => {
    const piece = score([
      note("C", 4, { before: direction('<wedge type="crescendo"/>') }) + note("C", 4) + direction('<wedge type="stop"/>') + note("C", 4) + note("C", 4),
    ]);
    expect(column(piece, "crescendo")).toEqual([1, 1, 0, 0]);
    expect(column(piece, "crescendoPosition")).toEqual([0, 0.5, 0, 0]);
    expect(column(piece, "crescendoAfter")[3]).toBeCloseTo(Math.exp(-1 / 4), 5);
  });

  test("cresc. in words lasts until the next level", () => {
    const piece = score([
      note("C", 4) + note("C", 4, { before: words("cresc.") }) + note("C", 4) + note("C", 4, { before: dynamics("f") }),
    ]);
    expect(column(piece, "crescendo")).toEqual([0, 1, 1, 0]);
  });

  test("a sforzato strikes its own onset and fades", () => {
    const piece = score([note("C", 4) + note("C", 4, { before: dynamics("sf") }) + note("C", 4) + note("C", 4)]);
    expect(column(piece, "sforzato")).toEqual([0, 1, 0, 0]);
    expect(column(piece, "sforzatoAfter")[2]).toBeCloseTo(Math.exp(-1), 5);
    expect(column(piece, "dynamicKnown")).toEqual([0, 0, 0, 0]);
  });
});

describe("tempo", () => {
  test("a ritardando ends at a tempo", () => {
    const piece = score([
      note("C", 4) + note("C", 4, { before: words("poco rit.") }) + note("C", 4) + note("C", 4),
      note("C", 4, { before: words("a tempo") }) + note("C", 4) + note("C", 4) + note("C", 4),
    ]);
    expect(column(piece, "ritardando")).toEqual([0, 1, 1, 1, 0, 0, 0, 0]);
    expect(column(piece, "aTempo")[4]).toBe(1);
  });

  test("a metronome mark is told in octaves around 100 quarters a minute", () => {
    const mark = direction("<metronome><beat-unit>half</beat-unit><per-minute>100</per-minute></metronome>");
    expect(column(score([note("C", 4, { before: mark })]), "metronome")).toEqual([1]);
  });
});

describe("words", () => {
  test.each([
    ["più f", { levelStep: 1 }],
    ["sempre pp", { level: -3 }],
    ["sotto voce", { level: -2.5 }],
    ["fp", { impulse: 1, level: -2 }],
    ["poco a poco cresc.", { change: "crescendo" }],
    ["diminuendo e ritardando", { change: "diminuendo" }],
    ["dolce", null],
    ["Menuetto", null],
  ])("%s means %j for the dynamics", (text, meaning) => {
    expect(dynamicsMeaning(text)).toEqual(meaning);
  });

  test.each([
    ["Allegro molto e con brio", { speed: 1.8 }],
    ["Sehr langsam", { speed: -2.6 }],
    ["ritenuto", { change: "ritardando" }],
    ["stringendo molto", { change: "accelerando" }],
    ["Tempo I", { aTempo: true }],
    ["più mosso", { speedStep: 0.5 }],
    ["m.s.", null],
  ])("%s means %j for the tempo", (text, meaning) => {
    expect(tempoMeaning(text)).toEqual(meaning);
  });

  test("character is soft or hard", () => {
    expect(characterMeaning("dolce ma sempre marcato il canto")).toEqual({ soft: true, hard: true });
    expect(characterMeaning("Allegro")).toEqual({ soft: false, hard: false });
  });
});

describe("notes", () => {
  test("slurs tell where a note stands in them", () => {
    const piece = score([
      note("C", 4, { notations: '<slur number="1" type="start"/>' }) + note("D", 4) + note("E", 4, { notations: '<slur number="1" type="stop"/>' }) + note("F", 4),
    ]);
    expect(column(piece, "slurStart")).toEqual([1, 0, 0, 0]);
    expect(column(piece, "slurEnd")).toEqual([0, 0, 1, 0]);
    expect(column(piece, "slurInside")).toEqual([1, 1, 0, 0]);
    expect(column(piece, "slurPosition")).toEqual([0, 0.5, 1, 0]);
    expect(column(piece, "slurLength")).toEqual([1, 1, 1, 0]);
  });

  test("a notated pedal is down from its mark to its release", () => {
    const piece = score([
      note("C", 4, { before: direction('<pedal type="start"/>') }) + note("D", 4) + direction('<pedal type="stop"/>') + note("E", 4) + note("F", 4),
    ]);
    expect(column(piece, "pedalMarked")).toEqual([1, 1, 0, 0]);
    expect(column(piece, "pedalChange")).toEqual([1, 0, 0, 0]);
    expect(column(piece, "pedalKnown")).toEqual([1, 1, 1, 1]);
  });

  test("articulations and the onset they share", () => {
    const piece = score([
      note("C", 4, { notations: "<articulations><staccato/></articulations>" }) + note("E", 4, { chord: true }) + note("G", 4, { notations: "<fermata/>" }),
    ]);
    expect(column(piece, "staccato")).toEqual([1, 0, 0]);
    expect(column(piece, "staccatoAtOnset")).toEqual([0.5, 0.5, 0]);
    expect(column(piece, "fermataComing")[0]).toBeCloseTo(Math.exp(-1 / 2), 5);
  });

  test("a chord knows its top, its bottom and what is held", () => {
    const piece = score([
      note("G", 5, { duration: 8 }) + note("E", 4, { duration: 4 }) + "<backup><duration>12</duration></backup>" +
        note("C", 3, { voice: 5, staff: 2, duration: 4 }) + note("D", 3, { voice: 5, staff: 2, duration: 4 }),
    ]);
    // In order: C3 + G5, D3 under the held G5, E4.
    expect(column(piece, "chordSize")).toEqual([2, 2, 1, 1]);
    expect(column(piece, "melody")).toEqual([0, 1, 0, 1]);
    expect(column(piece, "bass")).toEqual([1, 0, 1, 1]);
    expect(column(piece, "sounding")).toEqual([2, 2, 2, 1]);
    expect(column(piece, "belowTop")).toEqual([31, 0, 0, 0]);
  });

  test("the metre is told by phase, compound beats by dotted units", () => {
    const piece = score([Array.from({ length: 6 }, () => note("C", 4, { duration: 2 })).join("")], [6, 8]);
    expect(column(piece, "onBeat")).toEqual([1, 0, 0, 1, 0, 0]);
    expect(column(piece, "downbeat")).toEqual([1, 0, 0, 0, 0, 0]);
    expect(column(piece, "halfBar")).toEqual([0, 0, 0, 1, 0, 0]);
    expect(column(piece, "barCos1")[3]).toBeCloseTo(-1, 5);
    expect(column(piece, "keyFifths")[0]).toBe(-3);
  });

  test("rhythm, rests and intervals", () => {
    const piece = score([note("C", 4) + "<note><rest/><duration>4</duration><voice>1</voice></note>" + note("E", 4) + note("C", 4, { duration: 2 })]);
    expect(column(piece, "logToNext").slice(0, 2)).toEqual([1, 0]);
    expect(column(piece, "restBefore")).toEqual([0, 1, 0]);
    expect(column(piece, "intervalToNext")).toEqual([4, -4, 0]);
    expect(column(piece, "peak")).toEqual([0, 1, 0]);
    expect(column(piece, "sinceSamePitch")[2]).toBeCloseTo(Math.log2(3), 5);
  });
});

describe("a repeated passage", () => {
  const piece = score([
    note("C", 4, { before: dynamics("p") }) + note("D", 4) + note("E", 4) + note("F", 4) + '<barline location="right"><repeat direction="backward"/></barline>',
    note("C", 4, { before: dynamics("f") }) + note("D", 4) + note("E", 4) + note("F", 4),
  ]);
  const played = unfoldRepeats(piece);

  test("keeps its own marks in every pass", () => {
    expect(column(played, "dynamicLevel")).toEqual([-2, -2, -2, -2, -2, -2, -2, -2, 2, 2, 2, 2]);
  });

  test("knows which pass it is", () => {
    expect(column(played, "pass")).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1]);
  });
});

describe("repetition", () => {
  /** Four quarters. */
  const bar = (...steps: string[]): string => steps.map((step) => note(step, 4)).join("");
  const halves = (...steps: string[]): string => steps.map((step) => note(step, 4, { duration: 8 })).join("");

  test("tells how much of a bar's rhythm and notes was there some bars earlier", () => {
    const piece = score([bar("C", "D", "E", "F"), bar("C", "D", "E", "G"), halves("C", "E")]);
    // Bar 2 has the rhythm of bar 1 and three of its four notes; bar 3 two of four onsets, one of them (C) with the same note, the other (E) too.
    expect(column(piece, "rhythmBefore1").filter((_, n) => n % 4 === 0)).toEqual([0, 1, 0.5]);
    expect(column(piece, "notesBefore1").filter((_, n) => n % 4 === 0)).toEqual([0, 0.75, 0.5]);
    // Two bars before bar 3: C at the beginning, E in the middle, of four onsets.
    expect(column(piece, "notesBefore2")[8]).toBe(0.5);
    expect(column(piece, "rhythmBefore4")).toEqual(new Array(10).fill(0));
  });

  test("tells the same of the bars to come, and looks from any onset one bar ahead", () => {
    const piece = score([bar("C", "D", "E", "F"), bar("C", "D", "E", "G"), halves("C", "E")]);
    expect(column(piece, "notesAfter1")[0]).toBe(0.75);
    // From the second note: D E F C beside D E G C.
    expect(column(piece, "notesAfter1")[1]).toBe(0.75);
    expect(column(piece, "rhythmAfter2")[0]).toBe(0.5);
    expect(column(piece, "rhythmAfter1")[8]).toBe(0);
  });

  test("counts chords by what they share, a pitch in two voices once", () => {
    const piece = score([
      note("C", 4) + note("E", 4, { chord: true }) + note("E", 4, { chord: true }) + note("G", 4, { duration: 12 }),
      note("C", 4) + note("F", 4, { chord: true }) + note("G", 4, { duration: 12 }),
    ]);
    // C E beside C F: one of two; G beside G: one of one.
    expect(column(piece, "notesBefore1")[4]).toBe(0.75);
  });

  test("goes by the metre: three quarters make a bar of 3/4; beyond the end nothing is shared", () => {
    const waltz = score([note("C", 4) + note("E", 4) + note("E", 4), note("C", 4) + note("E", 4) + note("E", 4)], [3, 4]);
    expect(column(waltz, "notesBefore1")).toEqual([0, 0, 0, 1, expect.closeTo(2 / 3, 6), expect.closeTo(1 / 3, 6)]);
  });

  test("takes time in proportion to the notes, whatever stands in a bar", () => {
    const many = score([Array.from({ length: 20_000 }, () => '<note><pitch><step>C</step><octave>4</octave></pitch><duration>0.001</duration><voice>1</voice></note>').join("")]);
    const { data } = scoreFeatures(many);
    expect(data.every(Number.isFinite)).toBe(true);
  });
});

describe("harmony", () => {
  const chord = (duration: number, ...pitches: [string, number][]): string =>
    pitches.map(([step, octave], k) => note(step, octave, { duration, chord: k > 0 })).join("");
  const C: [string, number][] = [["C", 4], ["E", 4], ["G", 4]];
  const G: [string, number][] = [["G", 4], ["B", 4], ["D", 5]];
  const F_AND_B: [string, number][] = [["F", 4], ["B", 4]];

  test("a change of chord is a distance, none without one", () => {
    const piece = score([chord(4, ...C) + chord(4, ...C) + chord(4, ...G) + chord(4, ...G)]);
    const change = column(piece, "harmonyChange").filter((_, n) => n % 3 === 0);
    expect(change[1]).toBeCloseTo(0, 6);
    expect(change[3]).toBeCloseTo(0, 6);
    // Means of the three circles (fifths, minor and major thirds) of C E G and of G B D, computed by hand from the twelve angles.
    const centroid = (classes: number[]) => [(7 * Math.PI) / 6, (3 * Math.PI) / 2, (2 * Math.PI) / 3].flatMap((angle) => [
      classes.reduce((sum, p) => sum + Math.cos(p * angle), 0) / 3, classes.reduce((sum, p) => sum + Math.sin(p * angle), 0) / 3,
    ]);
    const [c, g] = [centroid([0, 4, 7]), centroid([7, 11, 2])];
    expect(change[2]).toBeCloseTo(Math.hypot(...c.map((value, i) => value - g[i])), 5);
  });

  test("one pitch class is as narrow as can be, a tritone as wide", () => {
    const piece = score([chord(4, ["C", 3], ["C", 4]) + chord(4, ...F_AND_B)]);
    expect(column(piece, "harmonyFocus")[0]).toBeCloseTo(1, 6);
    expect(column(piece, "harmonyFocus")[2]).toBeCloseTo(0, 6);
  });

  test("long notes count more", () => {
    const piece = score([note("C", 4, { duration: 16 }) + "<backup><duration>16</duration></backup>" + note("F", 4, { duration: 1, voice: 2 })]);
    // 4 quarters of C beside a quarter of a quarter of F, neighbours on the circle of fifths.
    const [x, y] = [4 + 0.25 * Math.cos((35 * Math.PI) / 6), 0.25 * Math.sin((35 * Math.PI) / 6)];
    expect(column(piece, "keyFocus")[0]).toBeCloseTo(Math.hypot(x, y) / 4.25, 5);
  });

  test("is the same in every key", () => {
    const cadence = (up: number) => score([["C", "F", "G", "C"].map((step) => chord(4, [step, 3 + up], [step === "G" ? "B" : "A", 4 + up])).join("")]);
    const semitoneUp = (text: Score): Score => ({ ...text, notes: { ...text.notes, pitch: text.notes.pitch.map((p) => p + 1) } });
    for (const name of ["harmonyChange", "harmonyTurn", "harmonyInKey", "keyFocus"]) {
      const [here, there] = [column(cadence(0), name), column(semitoneUp(cadence(0)), name)];
      here.forEach((value, n) => expect(there[n]).toBeCloseTo(value, 5));
    }
  });
});

test("every value lies in its documented range", () => {
  const piece = score([
    note("C", 1, { before: dynamics("ppp") + words("Prestissimo") }) + note("C", 8, { duration: 1 }) + note("B", 7, { duration: 11 }),
    note("C", 4, { before: dynamics("fff") + words("rit.") }),
  ]);
  const { data, shape } = scoreFeatures(piece);
  FEATURE_SETS.base.forEach(({ range: [min, max] }, c) => {
    for (let n = 0; n < shape[0]; n++) {
      expect(data[n * shape[1] + c]).toBeGreaterThanOrEqual(min);
      expect(data[n * shape[1] + c]).toBeLessThanOrEqual(max);
    }
  });
});
