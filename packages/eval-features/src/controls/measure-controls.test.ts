import { describe, expect, test } from "@jest/globals";
import { ShapeError, type PerformanceParameters, type Score } from "@dexter/codec";
import { tinyPerformance, tinyScore, type TinyNote, type TinyPlayed } from "../../test/tiny-score.js";
import { CONTROLS } from "./control-definition.js";
import { measureControls } from "./measure-controls.js";

/** 32 quarters of melody (c″ d″ e″ d″ …) over half-note fifths in the bass. */
const piece = Array.from({ length: 32 }, (_, i): TinyNote[] => [
  ...(i % 2 ? [] : [{ onset: i, duration: 2, pitch: 48 }, { onset: i, duration: 2, pitch: 55 }]),
  { onset: i, pitch: [72, 74, 76, 74][i % 4] },
]).flat();
const score = tinyScore(piece);
const melody = piece.map(({ pitch = 0 }) => pitch >= 72);

function played(one: (note: TinyNote, n: number) => TinyPlayed | null): PerformanceParameters {
  return tinyPerformance(piece.map(one));
}

/** The control half way through, or NaN where it is masked. */
function middle(name: string, parameters: PerformanceParameters, of: Score = score): number {
  const { values, mask } = measureControls(of, parameters);
  const at = (of.notes.length >> 1) * CONTROLS.length + CONTROLS.findIndex((control) => control.name === name);
  return mask[at] ? values.data[at] : Number.NaN;
}

const plain = played(() => ({}));

test("there are sixteen controls, nine of them musical", () => {
  expect(CONTROLS.map(({ name }) => name)).toEqual([
    "tempo", "rubato", "dynamics", "dynamicRange", "articulation", "pedal", "melodyLead", "melodyProminence", "chordSpread",
    "melodiousness", "perceivedArticulation", "rhythmicComplexity", "rhythmicStability", "dissonance", "tonalStability", "minorness",
  ]);
});

describe("measureControls", () => {
  test("tempo is log2 of quarters a minute, whatever the beat is", () => {
    expect(middle("tempo", plain)).toBeCloseTo(Math.log2(120), 5);
    const inEighths = tinyScore(piece, 2);
    expect(middle("tempo", played(() => ({ beatPeriod: 0.25 })), inEighths)).toBeCloseTo(Math.log2(120), 5);
    expect(middle("tempo", played(() => ({ beatPeriod: 1 })))).toBeCloseTo(Math.log2(60), 5);
  });

  test("rubato is nothing in strict time and the sway otherwise", () => {
    expect(middle("rubato", plain)).toBeCloseTo(Math.log2(0.01), 4);
    // 8 quarters to a wave: sd of a sine of 0.3 octaves is .21, less what the beat's window takes
    const swaying = played(({ onset }) => ({ beatPeriod: 0.5 * 2 ** (0.3 * Math.sin((2 * Math.PI * onset) / 8)) }));
    expect(2 ** middle("rubato", swaying)).toBeGreaterThan(0.15);
    expect(2 ** middle("rubato", swaying)).toBeLessThan(0.22);
  });

  test("dynamics and their range are the mean and the deviation of the velocity", () => {
    const loud = played(({ onset }) => ({ velocity: onset % 2 ? 70 : 90 }));
    expect(middle("dynamics", played(() => ({ velocity: 80 })))).toBeCloseTo(80, 4);
    expect(middle("dynamicRange", plain)).toBeCloseTo(0, 4);
    expect(middle("dynamicRange", loud)).toBeCloseTo(10, 0);
  });

  test("articulation, pedal and their like are means of the parameters", () => {
    expect(middle("articulation", played(() => ({ articulation: -1.5 })))).toBeCloseTo(-1.5, 5);
    expect(middle("pedal", played(({ onset }) => ({ pedal: onset % 2 })))).toBeCloseTo(0.5, 1);
  });

  test("the melody leads by as much as it comes before the rest", () => {
    const led = played((_, n) => ({ timing: melody[n] ? 0.02 : -0.01 })); // 30 ms apart
    expect(middle("melodyLead", led)).toBeCloseTo(30, 3);
    expect(middle("melodyLead", plain)).toBeCloseTo(0, 6);
    expect(middle("chordSpread", led)).toBeCloseTo(Math.log2(1 + Math.sqrt(2 / 9) * 30), 3); // two notes together, one apart
  });

  test("the melody is as prominent as it is louder", () => {
    expect(middle("melodyProminence", played((_, n) => ({ velocity: melody[n] ? 75 : 60 })))).toBeCloseTo(15, 4);
  });

  test("a single line has no melody lead, prominence or chord spread", () => {
    const line = tinyScore(piece.filter((_, n) => melody[n]));
    const alone = tinyPerformance(line.notes.id.map(() => ({})));
    for (const name of ["melodyLead", "melodyProminence", "chordSpread"]) expect(middle(name, alone, line)).toBeNaN();
    for (const name of ["tempo", "dynamics", "melodiousness", "minorness"]) expect(middle(name, alone, line)).not.toBeNaN();
  });

  test("notes that were not played have values all the same, and those of others change nothing", () => {
    const gaps = played((_, n) => (n % 5 === 3 ? null : { velocity: 64 }));
    const { values, mask } = measureControls(score, gaps);
    expect(mask.every((defined) => defined === 1)).toBe(true);
    expect(values.data[3 * CONTROLS.length + 2]).toBeCloseTo(64, 4);
  });

  test("frames of a recording take the place of the estimates, in the recording's time", () => {
    const frames = { timeSec: Float64Array.of(0, 10), values: { data: Float32Array.from({ length: 14 }, (_, i) => i), shape: [2, 7] as const } };
    const { values, mask } = measureControls(score, plain, { frames, firstOnsetSec: 3 });
    const column = (n: number): number[] => [...values.data.subarray(n * CONTROLS.length + 9, (n + 1) * CONTROLS.length)];
    const onset = (n: number): number => 3 + 0.5 * score.notes.onsetQuarter[n];
    expect(mask.every((defined) => defined === 1)).toBe(true);
    for (let n = 0; n < score.notes.length; n++) expect(column(n)[0]).toBe(onset(n) < 10 ? 0 : 7);
    expect(column(score.notes.length - 1)).toEqual([7, 8, 9, 10, 11, 12, 13]);
  });

  test("a recording that has no frames has unknown perceptual features, and musical controls", () => {
    const { mask } = measureControls(score, plain, { frames: null });
    for (let cell = 0; cell < mask.length; cell++) expect(mask[cell]).toBe(cell % CONTROLS.length < 9 ? 1 : 0);
  });

  test("nothing played has no controls, and parameters of another score are refused", () => {
    expect(measureControls(score, played(() => null)).mask.includes(1)).toBe(false);
    expect(() => measureControls(score, tinyPerformance([{}]))).toThrow(ShapeError);
  });

  test("grace notes have values and change none", () => {
    const graced = tinyScore([...piece.slice(0, 30), { onset: piece[30].onset, duration: 0, pitch: 90 }, ...piece.slice(30)]);
    const notes = tinyPerformance(graced.notes.id.map((_, n) => (n === 30 ? { velocity: 127, articulation: -4 } : {})));
    const { values, mask } = measureControls(graced, notes);
    for (const control of [0, 2, 3, 4, 7]) {
      expect(mask[30 * CONTROLS.length + control]).toBe(1);
      expect(values.data[30 * CONTROLS.length + control]).toBeCloseTo(values.data[31 * CONTROLS.length + control], 5);
    }
  });
});
