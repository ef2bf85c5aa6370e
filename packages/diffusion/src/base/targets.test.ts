import { describe, expect, test } from "@jest/globals";
import type { PerformanceParameters } from "@dexter/codec";
import type { ModelNotes } from "./model-notes.js";
import { randomStream } from "./random-stream.js";
import { gaussianAverage } from "./slow-tempo.js";
import { parametersToTargets, targetsToParameters } from "./targets.js";

/** Chords of up to three notes, a grace note before every tenth onset, 6/8 from the middle on. */
function randomNotes(onsets: number, seed: number): ModelNotes {
  const random = randomStream(seed, 1);
  const rows: { quarter: number; beat: number; duration: number; pitch: number; grace: number; type: number }[] = [];
  let quarter = -0.5;
  let beat = -0.5;
  for (let u = 0; u < onsets; u++) {
    const type = u < onsets / 2 ? 4 : 8;
    if (u % 10 === 9) rows.push({ quarter, beat, duration: 0, pitch: 50, grace: 1, type });
    for (let k = 0; k <= random.below(3); k++) rows.push({ quarter, beat, duration: 0.5 + random.below(4) / 2, pitch: 50 + k + 1, grace: 0, type });
    const step = (1 + random.below(4)) / 4;
    quarter += step;
    beat += (step * type) / 4;
  }
  return {
    length: rows.length,
    onsetBeat: Float64Array.from(rows, (r) => r.beat),
    onsetQuarter: Float64Array.from(rows, (r) => r.quarter),
    durationBeat: Float64Array.from(rows, (r) => r.duration),
    pitch: Uint8Array.from(rows, (r) => r.pitch),
    grace: Uint8Array.from(rows, (r) => r.grace),
    beatType: Int32Array.from(rows, (r) => r.type), voice: new Int32Array(rows.length).fill(1), staff: new Int32Array(rows.length).fill(1),
  };
}

function randomPerformance(notes: ModelNotes, seed: number, missing = 0): PerformanceParameters {
  const random = randomStream(seed, 2);
  const N = notes.length;
  const p = {
    length: N,
    beatPeriod: new Float64Array(N),
    velocityNorm: Float64Array.from({ length: N }, () => (20 + random.below(90)) / 127),
    timingSec: Float64Array.from({ length: N }, () => 0.02 * random.normal()),
    articulationLog2: Float64Array.from({ length: N }, (_, n) => (notes.grace[n] ? 0 : -3.5 + 5 * random.uniform())),
    pedalNorm: new Float64Array(N),
    mask: Uint8Array.from({ length: N }, () => (random.uniform() < missing ? 0 : 1)),
    release: "key" as const,
  };
  let quarterSec = 0.6;
  let pedal = 0;
  for (let n = 0; n < N; n++) {
    if (n === 0 || notes.onsetQuarter[n] !== notes.onsetQuarter[n - 1]) {
      quarterSec = 0.6 * 2 ** (0.3 * random.normal());
      pedal = random.uniform();
    }
    p.beatPeriod[n] = (quarterSec * 4) / notes.beatType[n];
    p.pedalNorm[n] = pedal;
  }
  return p;
}

describe("targets", () => {
  test("turn back into the performance that they came from", () => {
    for (let seed = 0; seed < 20; seed++) {
      const notes = randomNotes(60, seed);
      const performance = randomPerformance(notes, seed);
      const { values, weights, level } = parametersToTargets(notes, performance);
      const back = targetsToParameters(notes, values, { ...level, slowTempoFactor: 1 });
      const last = notes.onsetQuarter[notes.length - 1];
      for (let n = 0; n < notes.length; n++) {
        expect(back.velocityNorm[n]).toBeCloseTo(performance.velocityNorm[n], 5);
        expect(back.timingSec[n]).toBeCloseTo(performance.timingSec[n], 6);
        expect(back.pedalNorm[n]).toBeCloseTo(performance.pedalNorm[n], 5);
        // Key-down seconds are kept even where the last onset's tempo is its neighbour's.
        const seconds = (p: PerformanceParameters) => 2 ** p.articulationLog2[n] * p.beatPeriod[n];
        if (!notes.grace[n] && weights.data[n * 6 + 4] && Math.abs(back.articulationLog2[n]) < 1.9) expect(seconds(back)).toBeCloseTo(seconds(performance), 4);
        if (notes.onsetQuarter[n] < last) expect(back.beatPeriod[n] / performance.beatPeriod[n]).toBeCloseTo(1, 5);
      }
      expect(back.release).toBe("key");
      expect([...back.mask]).toEqual(Array(notes.length).fill(1));
    }
  });

  test("an even tempo in any metre has no tempo targets and tells seconds per quarter", () => {
    const notes = randomNotes(40, 3);
    const performance = randomPerformance(notes, 3);
    for (let n = 0; n < notes.length; n++) performance.beatPeriod[n] = (0.5 * 4) / notes.beatType[n];
    const { values, level } = parametersToTargets(notes, performance);
    expect(level.log2SecPerQuarter).toBeCloseTo(-1, 12);
    for (let n = 0; n < notes.length; n++) {
      expect(values.data[n * 6]).toBeCloseTo(0, 6);
      expect(values.data[n * 6 + 1]).toBeCloseTo(0, 6);
    }
  });

  test("notes that were not played weigh nothing, and say nothing", () => {
    const notes = randomNotes(60, 5);
    const performance = randomPerformance(notes, 5, 0.3);
    const before = parametersToTargets(notes, performance);
    const spoiled = { ...performance, velocityNorm: performance.velocityNorm.map((v, n) => (performance.mask[n] ? v : Number.NaN)) };
    for (const name of ["beatPeriod", "timingSec", "articulationLog2", "pedalNorm"] as const) {
      spoiled[name] = performance[name].map((v, n) => (performance.mask[n] ? v : Number.NaN));
    }
    const after = parametersToTargets(notes, spoiled);
    expect(after.values.data).toEqual(before.values.data);
    expect(after.weights.data).toEqual(before.weights.data);
    for (let n = 0; n < notes.length; n++) if (!performance.mask[n]) expect(before.weights.data[n * 6 + 2]).toBe(0);
  });

  test("channels of the onset count once an onset, grace notes have no articulation, the last onset no tempo", () => {
    const notes = randomNotes(50, 6);
    const { weights } = parametersToTargets(notes, randomPerformance(notes, 6));
    const sums = new Map<number, number>();
    for (let n = 0; n < notes.length; n++) {
      sums.set(notes.onsetQuarter[n], (sums.get(notes.onsetQuarter[n]) ?? 0) + weights.data[n * 6 + 5]);
      if (notes.grace[n]) expect(weights.data[n * 6 + 4]).toBe(0);
    }
    for (const sum of sums.values()) expect(sum).toBeCloseTo(1, 6);
    expect(weights.data[(notes.length - 1) * 6]).toBe(0);
  });

  test("an onset that does not advance takes its neighbours' tempo and has no tempo loss", () => {
    const notes = randomNotes(30, 8);
    const performance = randomPerformance(notes, 8);
    for (let n = 0; n < notes.length; n++) performance.beatPeriod[n] = (0.5 * 4) / notes.beatType[n];
    const stuck = notes.onsetQuarter[20];
    for (let n = 0; n < notes.length; n++) if (notes.onsetQuarter[n] === stuck) performance.beatPeriod[n] = 1e-4;
    const { values, weights } = parametersToTargets(notes, performance);
    for (let n = 0; n < notes.length; n++) {
      expect(values.data[n * 6]).toBeCloseTo(0, 5);
      if (notes.onsetQuarter[n] === stuck) expect(weights.data[n * 6]).toBe(0);
    }
  });

  test("wild targets still give what can be played", () => {
    const notes = randomNotes(20, 9);
    const wild = { data: new Float32Array(notes.length * 6).map((_, i) => (i % 2 ? 1e6 : -1e6)), shape: [notes.length, 6] as const };
    const p = targetsToParameters(notes, wild, { log2SecPerQuarter: 0, meanVelocity: 64, slowTempoFactor: 0.3 });
    for (let n = 0; n < notes.length; n++) {
      expect(p.beatPeriod[n]).toBeGreaterThan(0);
      expect(Number.isFinite(p.beatPeriod[n] + p.timingSec[n])).toBe(true);
      expect(p.velocityNorm[n]).toBeGreaterThanOrEqual(1 / 127);
      expect(p.velocityNorm[n]).toBeLessThanOrEqual(1);
      expect(p.pedalNorm[n] === 0 || p.pedalNorm[n] === 1).toBe(true);
    }
    const nan = { data: new Float32Array(notes.length * 6).fill(Number.NaN), shape: [notes.length, 6] as const };
    expect(() => targetsToParameters(notes, nan, { log2SecPerQuarter: 0, meanVelocity: 64, slowTempoFactor: 1 })).toThrow("not numbers");
  });

  test("matrices of another size are refused", () => {
    const notes = randomNotes(5, 1);
    const other = randomPerformance(randomNotes(9, 1), 1);
    expect(() => parametersToTargets(notes, other)).toThrow(`must have ${notes.length} notes`);
  });
});

describe("gaussianAverage", () => {
  test("agrees with the sum over all values", () => {
    const random = randomStream(4);
    const beat = new Float64Array(200);
    for (let u = 1; u < 200; u++) beat[u] = beat[u - 1] + 0.25 + random.uniform();
    const value = beat.map(() => random.normal());
    const mass = beat.map(() => random.uniform());
    const average = gaussianAverage(beat, value, mass, 12);
    for (let u = 0; u < 200; u++) {
      let sum = 0;
      let weights = 0;
      for (let v = 0; v < 200; v++) {
        const w = mass[v] * Math.exp(-0.5 * ((beat[u] - beat[v]) / 12) ** 2);
        sum += w * value[v];
        weights += w;
      }
      expect(average[u]).toBeCloseTo(sum / weights, 2);
    }
  });

  test("bears a score that claims to be endless", () => {
    expect([...gaussianAverage(Float64Array.of(0, 1e12), Float64Array.of(1, 3), Float64Array.of(1, 1), 12)]).toEqual([1, 3]);
  });
});
