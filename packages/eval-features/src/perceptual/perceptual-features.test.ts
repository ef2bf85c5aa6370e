import { describe, expect, test } from "@jest/globals";
import { assemblePerformance, type PerformedNote, type Performance } from "@dexter/codec";
import { PERCEPTUAL_FEATURES } from "../controls/control-definition.js";
import { perceptualFeatures } from "./perceptual-features.js";

/** The feature at the middle note. */
function middle(name: string, performance: Performance): number {
  const { data, shape: [rows, columns] } = perceptualFeatures(performance);
  return data[(rows >> 1) * columns + PERCEPTUAL_FEATURES.findIndex((feature) => feature.name === name)];
}

/** Tones one after another, `step` seconds apart, each held for `held` of it. */
function line(pitches: readonly number[], { step = 0.5, held = 1, velocity = 70, times = 6 } = {}): PerformedNote[] {
  return Array.from({ length: times * pitches.length }, (_, i) => ({
    onsetSec: i * step, keyDurationSec: held * step, pitch: pitches[i % pitches.length], velocity,
  }));
}

/** The same chord again and again. */
function chords(pitches: readonly number[], velocity = 70): PerformedNote[] {
  return Array.from({ length: 16 }, (_, i) => pitches.map((pitch) => ({ onsetSec: i, keyDurationSec: 1, pitch, velocity }))).flat();
}

const SCALE = [60, 62, 64, 65, 67, 65, 64, 62];
const down = [{ timeSec: 0, controller: 64, value: 127 }];

describe("perceptualFeatures", () => {
  test("staccato sounds more detached than legato, and the pedal joins", () => {
    const [staccato, legato, pedalled] = [
      assemblePerformance(line(SCALE, { held: 0.3 })), assemblePerformance(line(SCALE)), assemblePerformance(line(SCALE, { held: 0.3 }), down),
    ].map((performance) => middle("perceivedArticulation", performance));
    expect(staccato).toBeCloseTo(1 / (1 + 0.09), 4);
    expect(legato).toBeCloseTo(0.5, 4);
    expect(pedalled).toBeLessThan(0.5);
  });

  test("a minor key is more minor than its major", () => {
    const major = assemblePerformance(line([60, 64, 67, 72, 65, 69, 67, 64]));
    const minor = assemblePerformance(line([60, 63, 67, 72, 65, 68, 67, 63]));
    expect(middle("minorness", major)).toBeLessThan(-0.1);
    expect(middle("minorness", minor)).toBeGreaterThan(0.1);
  });

  test("a key is more stable than all twelve tones", () => {
    const chromatic = Array.from({ length: 12 }, (_, i) => 60 + i);
    expect(middle("tonalStability", assemblePerformance(line([60, 64, 67, 72, 65, 69, 67, 59])))).toBeGreaterThan(0.75);
    expect(middle("tonalStability", assemblePerformance(line(chromatic)))).toBeLessThan(0.5);
  });

  test("a semitone is rougher than a third, a third than a fifth, and one tone is not rough", () => {
    const [semitone, third, fifth, single] = [[60, 61], [60, 64], [60, 67], [60]].map((chord) => middle("dissonance", assemblePerformance(chords(chord))));
    expect(semitone).toBeGreaterThan(third);
    expect(third).toBeGreaterThan(fifth);
    expect(single).toBe(0);
  });

  test("the pedal makes a scale rough", () => {
    expect(middle("dissonance", assemblePerformance(line(SCALE, { held: 0.9 })))).toBe(0);
    expect(middle("dissonance", assemblePerformance(line(SCALE, { held: 0.9 }), down))).toBeGreaterThan(0.05);
  });

  test("a steady beat is stable, a wandering one less, and rubato between", () => {
    const timed = (bend: (i: number) => number) => assemblePerformance(line(SCALE).map((note, i) => ({ ...note, onsetSec: note.onsetSec + bend(i) })));
    const steady = middle("rhythmicStability", timed(() => 0));
    const rubato = middle("rhythmicStability", timed((i) => 0.15 * Math.sin(i)));
    const wandering = middle("rhythmicStability", timed((i) => 0.45 * Math.abs(Math.sin(i * i * 1.7))));
    expect(steady).toBeGreaterThan(0.75);
    expect(rubato).toBeLessThan(steady - 0.1);
    expect(wandering).toBeLessThan(rubato);
  });

  test("a syncopated rhythm is more complex than a plain one, and a faster one than a slower", () => {
    const rhythm = (steps: readonly number[], scale = 1) => {
      let onsetSec = 0;
      return assemblePerformance(Array.from({ length: 48 }, (_, i) => {
        const note = { onsetSec, keyDurationSec: 0.1, pitch: 60, velocity: 70 };
        onsetSec += scale * steps[i % steps.length];
        return note;
      }));
    };
    const plain = middle("rhythmicComplexity", rhythm([0.5]));
    const syncopated = middle("rhythmicComplexity", rhythm([0.25, 0.5, 0.5, 0.75, 0.25, 0.25, 0.5]));
    expect(plain).toBeCloseTo(0, 6);
    expect(syncopated).toBeGreaterThan(plain + 1);
    expect(middle("rhythmicComplexity", rhythm([0.25, 0.5, 0.5, 0.75, 0.25, 0.25, 0.5], 2))).toBeLessThan(syncopated);
  });

  test("a clear line in steps is more melodious than leaps, than a hidden one, and than a broken one", () => {
    const bass = (velocity: number) => line([48, 55], { velocity, times: 24 });
    const clear = middle("melodiousness", assemblePerformance([...line(SCALE, { velocity: 85 }), ...bass(45)]));
    const hidden = middle("melodiousness", assemblePerformance([...line(SCALE, { velocity: 45 }), ...bass(85)]));
    const leaping = middle("melodiousness", assemblePerformance([...line([60, 74, 62, 79], { velocity: 85, times: 12 }), ...bass(45)]));
    const broken = middle("melodiousness", assemblePerformance([...line(SCALE, { velocity: 85, held: 0.2 }), ...bass(45)]));
    for (const less of [hidden, leaping, broken]) expect(less).toBeLessThan(clear - 0.1);
  });

  test("a line that repeats one joined tone is all melody", () => {
    expect(middle("melodiousness", assemblePerformance(line([60], { times: 48 })))).toBeCloseTo(1, 6);
  });

  test("two ratios of intervals that alternate are one bit an onset", () => {
    const long = assemblePerformance(Array.from({ length: 200 }, (_, i) => ({ onsetSec: 0.5 * i - (i % 2) * 0.25, keyDurationSec: 0.1, pitch: 60, velocity: 70 })));
    expect(middle("rhythmicComplexity", long)).toBeCloseTo(Math.log2(1 + 1 * 2), 2);
  });

  test("an unwavering beat returns entirely, less what as many onsets would bring by chance", () => {
    const chance = (Math.sqrt(2 * Math.PI) * Math.LN2) / 24; // width of the tolerance, times one onset a beat
    expect(middle("rhythmicStability", assemblePerformance(line([60], { step: 0.4, times: 200 })))).toBeCloseTo(1 - chance, 2);
  });

  test("fifth and octave are the least rough among their neighbours", () => {
    const rough = (interval: number): number => middle("dissonance", assemblePerformance(chords([60, 60 + interval])));
    for (const smooth of [7, 12]) {
      expect(rough(smooth)).toBeLessThan(rough(smooth - 1));
      expect(rough(smooth)).toBeLessThan(rough(smooth + 1));
    }
  });

  test("the hierarchy of C major is C major, and as near to A minor as published", () => {
    const hierarchy = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]; // Krumhansl (1990), table 2.1
    const struck = assemblePerformance(hierarchy.map((stability, pc) => ({ onsetSec: 0, keyDurationSec: 0.001, pitch: 60 + pc, velocity: Math.round(19 * stability) })));
    expect(middle("tonalStability", struck)).toBeCloseTo(1, 2);
    expect(middle("minorness", struck)).toBeCloseTo(0.651 - 1, 2); // r of the two hierarchies: Krumhansl (1990), table 2.3
  });

  test("a window that is none is refused", () => {
    for (const windowSec of [0, -1, Number.NaN, Infinity]) {
      expect(() => perceptualFeatures(assemblePerformance(line(SCALE)), { windowSec })).toThrow(/expected a width over 0/);
    }
  });

  test("few notes and none are answered with finite numbers", () => {
    expect(perceptualFeatures(assemblePerformance([])).shape).toEqual([0, 7]);
    for (const count of [1, 2, 3]) {
      const { data } = perceptualFeatures(assemblePerformance(line([60], { times: count })));
      expect([...data].every(Number.isFinite)).toBe(true);
    }
  });
});
