import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { tinyPerformance, tinyScore } from "../../test/tiny-score.js";
import { CONTROLS } from "./control-definition.js";
import { measureControls } from "./measure-controls.js";

/** Where every control lies, whatever is played; the infinite ones are bounded by the performance alone. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  tempo: [-Infinity, Infinity], rubato: [Math.log2(0.01) - 1e-6, Infinity], dynamics: [1, 127], dynamicRange: [0, 63], articulation: [-4, 2], pedal: [0, 1],
  melodyLead: [-100, 100], melodyProminence: [-126, 126], chordSpread: [0, Math.log2(101)], melodiousness: [0, 1], perceivedArticulation: [0, 1],
  rhythmicComplexity: [0, 12], rhythmicStability: [-1, 1], dissonance: [0, 4], tonalStability: [0, 1], minorness: [-2, 2],
};

const written = fc.record({
  step: fc.constantFrom(0, 0, 0.25, 0.5, 1, 16), duration: fc.constantFrom(0, 0.25, 1, 40), pitch: fc.integer({ min: 0, max: 127 }),
  played: fc.option(fc.record({
    beatPeriod: fc.double({ min: 0.01, max: 20, noNaN: true }), velocity: fc.integer({ min: 1, max: 127 }), timing: fc.double({ min: -2, max: 2, noNaN: true }),
    articulation: fc.double({ min: -8, max: 8, noNaN: true }), pedal: fc.double({ min: 0, max: 1, noNaN: true }),
  }), { freq: 6 }),
});

test("whatever is played, controls lie in their ranges where they are defined and are 0 elsewhere", () => {
  fc.assert(fc.property(fc.array(written, { maxLength: 40 }), (random) => {
    let onset = 0;
    const notes = random.map(({ step, duration, pitch, played }) => ({ onset: (onset += step), duration, pitch, played }));
    notes.sort((a, b) => a.onset - b.onset || a.pitch - b.pitch);
    const { values, mask } = measureControls(tinyScore(notes), tinyPerformance(notes.map(({ played }) => played)));
    values.data.forEach((value, cell) => {
      const [low, high] = mask[cell] ? RANGES[CONTROLS[cell % CONTROLS.length].name] : [0, 0];
      if (!(Number.isFinite(value) && value >= low - 1e-4 && value <= high + 1e-4)) throw new Error(`${CONTROLS[cell % CONTROLS.length].name}: ${value}, known ${mask[cell]}`);
    });
    expect(mask.length).toBe(notes.length * CONTROLS.length);
  }), { seed: 5, numRuns: 400 });
});
