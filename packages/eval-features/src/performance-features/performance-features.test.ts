import { describe, expect, test } from "@jest/globals";
import { assemblePerformance, CodecError, NOTE_MARK, type Alignment, type ControlChange, type Direction, type Performance, type Score } from "@dexter/codec";
import { tinyPerformance, tinyScore, type TinyNote } from "../../test/tiny-score.js";
import { PERFORMANCE_FEATURE_NAMES, PERFORMANCE_FEATURES } from "./feature-catalogue.js";
import { PARTITURA_CONVENTIONS } from "./feature-options.js";
import { featuresOfParameters, performanceFeatures } from "./performance-features.js";

/** A note of the score and how it is played; `null` where it is not. */
interface Both extends TinyNote {
  readonly voice?: number;
  readonly marks?: number;
  readonly played: { readonly at: number; readonly held?: number; readonly velocity?: number } | null;
}

function make(both: readonly Both[], controls: readonly (readonly [sec: number, value: number])[] = [], directions: readonly Direction[] = []): [Score, Performance, Alignment] {
  const plain = tinyScore(both);
  const notes = { ...plain.notes, voice: Int32Array.from(both, ({ voice }) => voice ?? 1), marks: Int32Array.from(both, ({ marks }) => marks ?? 0) };
  const performed = both.flatMap(({ pitch, played }, i) =>
    played ? [{ id: `p${i}`, onsetSec: played.at, keyDurationSec: played.held ?? 0.5, pitch: pitch ?? 60, velocity: played.velocity ?? 64 }] : []);
  const changes = controls.map(([timeSec, value]): ControlChange => ({ timeSec, controller: 64, value }));
  const alignment = both.map(({ played }, i) => (played ? { kind: "match", scoreId: `n${i + 1}`, performedId: `p${i}` } : { kind: "deletion", scoreId: `n${i + 1}` }) as Alignment[number]);
  return [{ ...plain, notes, directions }, assemblePerformance(performed, changes), alignment];
}

const rounded = (values: Float64Array): number[] => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);

test("every feature is described, and seventeen are partitura's", () => {
  expect(PERFORMANCE_FEATURES.map(({ name }) => name)).toEqual([...PERFORMANCE_FEATURE_NAMES]);
  expect(PERFORMANCE_FEATURES.filter(({ partitura }) => partitura !== null)).toHaveLength(17);
  expect(new Set(PERFORMANCE_FEATURES.map(({ group }) => group))).toEqual(new Set(["curves", "articulation", "asynchrony", "dynamics", "pedal"]));
});

describe("key overlap", () => {
  test("is the time into the next note, and its ratio to the time between the onsets", () => {
    const features = performanceFeatures(...make([
      { onset: 0, pitch: 60, played: { at: 0, held: 0.6 } }, // 0.1 s into the next
      { onset: 1, pitch: 62, played: { at: 0.5, held: 0.25 } }, // 0.25 s before it
      { onset: 2, pitch: 64, played: { at: 1, held: 0.5 } },
    ]));
    expect(rounded(features.perNote.keyOverlapSec)).toEqual([0.1, -0.25, Number.NaN]);
    expect(rounded(features.perNote.keyOverlapRatio)).toEqual([0.2, -0.5, Number.NaN]);
    expect([...features.keyOverlapMask]).toEqual([1, 1, 0]);
  });

  test("goes to the note nearest in pitch of the same voice, not over rests, nor over notes that were not played", () => {
    const features = performanceFeatures(...make([
      { onset: 0, pitch: 48, voice: 2, played: { at: 0, held: 2 } },
      { onset: 0, pitch: 70, played: { at: 0, held: 0.7 } },
      { onset: 1, pitch: 62, played: { at: 0.5, held: 0.1 } },
      { onset: 1, pitch: 69, played: { at: 0.6, held: 0.1 } },
      { onset: 2.5, pitch: 69, duration: 0.5, played: { at: 1, held: 0.3 } },
      { onset: 3, pitch: 69, played: null },
    ]));
    expect(rounded(features.perNote.keyOverlapSec)).toEqual([Number.NaN, 0.1, Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect([...features.mask]).toEqual([1, 1, 1, 1, 1, 0]);
  });

  test("has no ratio where the next note came first, and is at most five", () => {
    const features = performanceFeatures(...make([
      { onset: 0, pitch: 60, played: { at: 0.4, held: 0.5 } },
      { onset: 1, pitch: 62, played: { at: 0.3, held: 9 } },
      { onset: 2, pitch: 64, played: { at: 0.8 } },
    ]));
    expect(rounded(features.perNote.keyOverlapSec)).toEqual([0.6, 5, Number.NaN]);
    expect(rounded(features.perNote.keyOverlapRatio)).toEqual([Number.NaN, 5, Number.NaN]);
  });

  test("is told of the first voice alone under partitura's conventions, to sounding ends, and of short notes as of 75 ms", () => {
    const [score, performance, alignment] = make([
      { onset: 0, pitch: 48, voice: 2, played: { at: 0, held: 0.6 } },
      { onset: 0, pitch: 70, played: { at: 0, held: 0.025 } },
      { onset: 1, pitch: 50, voice: 2, played: { at: 0.5 } },
      { onset: 1, pitch: 72, played: { at: 0.5, held: 0.2 } },
      { onset: 2, pitch: 72, played: { at: 1 } },
    ], [[0.6, 127], [1.25, 0]]);
    const theirs = performanceFeatures(score, performance, alignment, PARTITURA_CONVENTIONS);
    expect(rounded(theirs.perNote.keyOverlapSec)).toEqual([Number.NaN, -0.425, Number.NaN, 0.25, Number.NaN]);
    const ours = performanceFeatures(score, performance, alignment);
    expect(rounded(ours.perNote.keyOverlapSec)).toEqual([0.1, -0.475, Number.NaN, -0.3, Number.NaN]);
  });
});

describe("asynchrony", () => {
  const chord = make([
    { onset: 0, pitch: 48, voice: 2, played: { at: 1.03, velocity: 50 } },
    { onset: 0, pitch: 52, voice: 2, played: { at: 1.05, velocity: 40 } },
    { onset: 0, pitch: 72, voice: 1, played: { at: 1, velocity: 81 } },
    { onset: 1, pitch: 74, played: { at: 1.5 } },
  ]);
  const { perNote } = performanceFeatures(...chord);

  test("is the spread of a chord; a single note has none", () => {
    expect(rounded(perNote.asynchronySec)).toEqual([0.05, 0.05, 0.05, Number.NaN]);
  });

  test("tells which come first: the high and the loud ones here", () => {
    // numpy.corrcoef of pitches 48, 52, 72, earliness 0, −.02, .03 and velocities 50, 40, 81
    expect(perNote.asynchronyPitchCorrelation[0]).toBeCloseTo(0.8447, 4);
    expect(perNote.asynchronyVelocityCorrelation[0]).toBeCloseTo(0.9851, 4);
    expect(perNote.pitchVelocityCorrelation[0]).toBeCloseTo(0.924, 4);
  });

  test("of voices is the deviation of their means: 40 ms apart, 20 ms each", () => {
    expect(perNote.voiceSpreadSec[0]).toBeCloseTo(0.02, 5);
  });

  test("gives the highest note's lead and prominence over the mean of the others", () => {
    expect(perNote.melodyLeadSec[0]).toBeCloseTo(0.04, 5);
    expect(perNote.melodyProminence[0]).toBeCloseTo(36, 9);
    expect(perNote.melodyLeadSec[3]).toBeNaN();
  });

  test("leaves grace notes out, unless they are asked for", () => {
    const graced = make([
      { onset: 0, pitch: 60, duration: 0, played: { at: 0.8 } },
      { onset: 0, pitch: 64, played: { at: 1 } },
      { onset: 0, pitch: 67, played: { at: 1.01 } },
      { onset: 1, pitch: 60, played: { at: 1.5 } },
    ]);
    expect(rounded(performanceFeatures(...graced).perNote.asynchronySec)).toEqual([Number.NaN, 0.01, 0.01, Number.NaN]);
    expect(rounded(performanceFeatures(...graced, { graceNotes: true }).perNote.asynchronySec)).toEqual([0.21, 0.21, 0.21, Number.NaN]);
  });

  test("is capped at a second", () => {
    const torn = make([{ onset: 0, pitch: 60, played: { at: 0 } }, { onset: 0, pitch: 64, voice: 2, played: { at: 9 } }]);
    const features = performanceFeatures(...torn);
    expect(features.perNote.asynchronySec[0]).toBe(1);
    expect(features.perNote.voiceSpreadSec[0]).toBe(1);
  });
});

describe("curves", () => {
  test("are tempo and velocity at every note, timing and articulation without grace notes", () => {
    const { perNote } = performanceFeatures(...make([
      { onset: 0, pitch: 48, played: { at: 0, held: 1, velocity: 40 } },
      { onset: 0, pitch: 60, played: { at: 0.02, held: 0.25, velocity: 60 } },
      { onset: 1, pitch: 62, played: { at: 0.51, velocity: 70 } },
      { onset: 2, pitch: 64, played: { at: 1.51, velocity: 80 } },
    ]));
    expect(rounded(perNote.tempo)).toEqual([120, 120, 60, Number.NaN]);
    expect(rounded(perNote.chordVelocity)).toEqual([50, 50, 70, 80]);
    expect(rounded(perNote.velocity)).toEqual([40, 60, 70, 80]);
    expect(rounded(perNote.timingSec)).toEqual([0.01, -0.01, 0, 0]);
    expect(rounded(perNote.articulationLog2).slice(0, 3)).toEqual([1, -1, -1]);
  });

  test("of tempo and velocity that rise together correlate as 1, apart as −1, within five beats", () => {
    const notes = (sign: number): Both[] => Array.from({ length: 8 }, (_, i) => ({
      onset: i, pitch: 60 + i, played: { at: i * 0.5 - 0.01 * i * i, velocity: 64 + sign * 3 * i },
    }));
    const together = performanceFeatures(...make(notes(1))).perNote.tempoVelocityCorrelation;
    expect(together[3]).toBeGreaterThan(0.99);
    expect(performanceFeatures(...make(notes(-1))).perNote.tempoVelocityCorrelation[3]).toBeLessThan(-0.99);
    expect(performanceFeatures(...make(notes(0))).perNote.tempoVelocityCorrelation[3]).toBeNaN();
  });
});

describe("dynamics", () => {
  const dynamic = (mark: string, onsetQuarter: number): Direction => ({ kind: "dynamic", mark, onsetQuarter, part: 0, staff: 1 });
  const velocities = [50, 60, 80, 70, 40, 90, 55];
  const notes = velocities.map((velocity, i): Both => ({ onset: i, pitch: 60 + i, played: { at: i * 0.5, velocity } }));

  test("agree with a mark where they move as written", () => {
    // p 50, f 80, p 40, p 55: louder, softer, and equal marks ask for no less
    const { perNote } = performanceFeatures(...make(notes, [], [dynamic("p", 0), dynamic("f", 2), dynamic("p", 4), dynamic("p", 6)]));
    expect(rounded(perNote.markAgreement)).toEqual([Number.NaN, Number.NaN, 1, Number.NaN, 1, Number.NaN, 1]);
    const wrong = performanceFeatures(...make(notes, [], [dynamic("f", 2), dynamic("ff", 4)]));
    expect(rounded(wrong.perNote.markAgreement)[4]).toBe(-1);
  });

  test("are consistent as far as marks of one level are alike; a mark that stands once says nothing", () => {
    const { perNote } = performanceFeatures(...make(notes, [], [dynamic("p", 0), dynamic("f", 2), dynamic("p", 4), dynamic("p", 6)]));
    // 50, 40, 55: mean 48.3333
    const deviation = Math.round(Math.sqrt(((50 - 145 / 3) ** 2 + (40 - 145 / 3) ** 2 + (55 - 145 / 3) ** 2) / 3) * 1e4) / 1e4;
    expect(rounded(perNote.markConsistency)).toEqual([deviation, Number.NaN, Number.NaN, Number.NaN, deviation, Number.NaN, deviation]);
  });

  test("follow hairpins: rising in a crescendo, falling in a diminuendo", () => {
    const wedge = (shape: "crescendo" | "diminuendo", from: number, to: number): Direction => ({ kind: "wedge", shape, onsetQuarter: from, endQuarter: to, part: 0, staff: 1 });
    const { perNote } = performanceFeatures(...make(notes, [], [wedge("crescendo", 0, 2), wedge("diminuendo", 3, 4)]));
    expect(perNote.rampCorrelation[0]).toBeCloseTo(0.9820, 4); // 0, 1, 2 with 50, 60, 80
    expect(rounded(perNote.rampCorrelation).slice(3)).toEqual([1, 1, Number.NaN, Number.NaN]);
  });
});

describe("pedal", () => {
  const notes: Both[] = [0, 1, 2, 3].map((onset) => ({ onset, pitch: 60 + onset, played: { at: onset, held: 0.5 } }));

  test("is read on straight lines at onsets and ends; up before the first event, left as it was after the last", () => {
    const { perNote } = performanceFeatures(...make(notes, [[1, 100], [2, 0], [2.5, 50]]));
    expect(rounded(perNote.pedalAtOnset)).toEqual([0, 100, 0, 50]);
    expect(rounded(perNote.pedalAtRelease)).toEqual([0, 50, 50, 50]);
  });

  test("is released where it reaches a low point, the last of the piece too; small dips are none", () => {
    // down 0, up at 1, down at 1.2, a dip of 5 at 2, up at 2.6
    const features = performanceFeatures(...make(notes, [[0, 127], [0.9, 127], [1, 0], [1.1, 0], [1.2, 127], [1.9, 127], [2, 122], [2.1, 127], [2.5, 127], [2.6, 0]]));
    expect(rounded(features.pedalReleasesSec)).toEqual([1, 2.6]);
    expect(rounded(features.perNote.sincePedalReleaseSec)).toEqual([Number.NaN, 0, 1, 0.4]);
    expect(rounded(features.perNote.untilPedalReleaseSec)).toEqual([0.5, 1.1, 0.1, Number.NaN]);
  });

  test("is averaged and counted over the time from the first note to the last release", () => {
    // 0 to 3.5 s; falls from 100 to 0 between 1 and 2 s: area 50, above 10 for 0.9 s
    const { perNote } = performanceFeatures(...make(notes, [[1, 100], [2, 0]]));
    expect(perNote.averagePedal[0]).toBeCloseTo(50 / 3.5, 6);
    expect(perNote.pedalCoverage[3]).toBeCloseTo(0.9 / 3.5, 6);
  });

  test("that never moves is 0 everywhere, with no releases", () => {
    const { perNote } = performanceFeatures(...make(notes, [[0, 0]]));
    expect(rounded(perNote.averagePedal)).toEqual([0, 0, 0, 0]);
    expect(rounded(perNote.untilPedalReleaseSec)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  test("counts CC64 alone", () => {
    const [score, performance, alignment] = make(notes, [[0, 0], [3, 0]]);
    const soft = { ...performance, controls: { ...performance.controls, controller: Uint8Array.from(performance.controls.controller, () => 67) } };
    expect(performanceFeatures(score, soft, alignment).pedal.timeSec).toHaveLength(0);
  });
});

test("slurs, dots and repeated notes tell what touch a transition asks for", () => {
  const [score, performance, alignment] = make([0, 1, 2, 3, 4].map((onset) => ({
    onset, pitch: onset > 2 ? 70 : 60 + onset, marks: onset === 2 ? NOTE_MARK.staccato : 0, played: { at: onset * 0.5 },
  })));
  const { touch } = performanceFeatures({ ...score, slurs: [{ startNote: 0, endNote: 2 }] }, performance, alignment);
  expect([...touch.legato]).toEqual([1, 1, 0, 0, 0]);
  expect([...touch.staccato]).toEqual([0, 0, 1, 0, 0]);
  expect([...touch.repeated]).toEqual([0, 0, 0, 1, 0]);
});

test("parameters have the features of what they decode to", () => {
  const score = tinyScore([0, 1, 2, 3].map((onset) => ({ onset, pitch: 60 + onset })));
  const { perNote } = featuresOfParameters(score, tinyPerformance([{ beatPeriod: 0.5, articulation: 1 }, { beatPeriod: 0.5, velocity: 80 }, null, { beatPeriod: 0.5 }]));
  expect(rounded(perNote.keyOverlapRatio)).toEqual([1, Number.NaN, Number.NaN, Number.NaN]);
  expect(rounded(perNote.velocity)).toEqual([64, 80, Number.NaN, 64]);
  expect(rounded(perNote.tempo).slice(0, 2)).toEqual([120, 120]);
});

test("an alignment of another score is refused", () => {
  const [score, performance] = make([{ onset: 0, played: { at: 0 } }]);
  expect(() => performanceFeatures(score, performance, [{ kind: "match", scoreId: "x9", performedId: "p0" }])).toThrow(CodecError);
});
