import { describe, expect, test } from "@jest/globals";
import { assemblePerformance, decodePerformance, encodePerformance, type Alignment, type PerformedNote, type PerformanceParameters } from "@dexter/codec";
import type { Model } from "@dexter/diffusion";
import { config, measure, model, score } from "../test/known-model.js";
import type { Recording } from "./carried-performance.js";
import { keptShare } from "./kept-bars.js";
import { transferPerformance, type TransferOptions } from "./transfer-performance.js";

const N = score.notes.length;
const controls = ["articulation", "tempo", "dynamics"];

/** A pianist: every note a little different; notes without a place stay away, one is not the score's. */
function recordingOf({ tempo = 100, loud = 60, length = 0.8, missing = [] as readonly number[], extra = true }): Recording {
  const beat = 60 / tempo;
  const notes: PerformedNote[] = [];
  const alignment: Alignment[number][] = [];
  for (let n = 0; n < N; n++) {
    if (missing.includes(n)) {
      alignment.push({ kind: "deletion", scoreId: score.notes.id[n] });
      continue;
    }
    notes.push({
      id: `p${n}`, onsetSec: 2 + n * beat * (1 + 0.002 * Math.sin(n)), keyDurationSec: n === 5 ? 0.03 : beat * length * (1 + 0.1 * Math.cos(3 * n)),
      pitch: score.notes.pitch[n], velocity: loud + Math.round(8 * Math.sin(1.7 * n)),
    });
    alignment.push({ kind: "match", scoreId: score.notes.id[n], performedId: `p${n}` });
  }
  if (extra) {
    notes.push({ id: "wrong", onsetSec: 2 + 20.5 * beat, keyDurationSec: 0.2, pitch: 30, velocity: 50 });
    alignment.push({ kind: "insertion", performedId: "wrong" });
  }
  const pedal = [[1.9, 0], [3.1, 127], [5.2, 0], [6, 90]].map(([timeSec, value]) => ({ timeSec, controller: 64, value }));
  return { performance: assemblePerformance(notes, [...pedal, { timeSec: 4, controller: 67, value: 127 }]), alignment };
}

const encoded = ({ performance, alignment }: Recording): PerformanceParameters => encodePerformance(score, performance, alignment, { release: "key" });
const slow = recordingOf({ tempo: 80, loud: 50, length: 0.9 });
const fast = recordingOf({ tempo: 120, loud: 84, length: 0.5, extra: false });
const carry = (options: Partial<TransferOptions>, from = slow, by: Model = model) =>
  transferPerformance(by, score, encoded(from), { toward: options.requests || "toward" in options ? undefined : encoded(fast), strength: 0.5, controls, measure, recording: from, ...(options.requests && { controls: undefined }), ...options });
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const byId = ({ performance: { notes } }: Pick<Recording, "performance">) => new Map(notes.id.map((id, i) => [id, { onset: notes.onsetSec[i], velocity: notes.velocity[i], length: notes.keyDurationSec[i] }]));

describe("a transfer", () => {
  test.each(["renoise", "invert", "move"] as const)("of strength 0 is the source, note by note and pedal by pedal: %s", async (method) => {
    const { parameters, performance, covered } = await carry({ strength: 0, method });
    expect(performance).toEqual(slow.performance);
    expect(parameters).toEqual(encoded(slow));
    expect(covered).toBe(0);
  });

  test.each(["renoise", "invert", "move"] as const)("goes further the stronger it is, and arrives at strength 1: %s", async (method) => {
    const distances: number[] = [];
    for (const strength of [0, 0.25, 0.5, 0.75, 1]) {
      const { controls: outcome, covered } = await carry({ strength, method });
      distances.push(meanOf(outcome.map(({ distance }) => distance.after / distance.before)));
      expect(covered).toBeGreaterThan(strength - 0.1);
    }
    for (let k = 1; k < distances.length; k++) expect(distances[k]).toBeLessThan(distances[k - 1] - 0.1);
    expect(distances[4]).toBeLessThan(0.1);
  });

  test("toward what the model would play moves the middle of its draws to the mean, where the model says so", async () => {
    // The known flow's draws are its noise, whose middle is 0.
    const mean = Float32Array.from({ length: 6 * N }, (_, i) => (i % 6 === 2 ? ((i - 2) % 12 === 0 ? 0.5 : -0.5) : 0));
    const by = (recentre?: readonly number[]): Model => ({
      ...model, config: { ...config, sampling: { ...config.sampling, ...(recentre && { recentre }) } },
      encode: async ({ shape: [notes] }) => ({ hidden: { data: new Float32Array(notes), shape: [notes, 1] }, mean: { data: mean, shape: [notes, 6] } }),
    });
    const again = async (strength: number, recentre?: readonly number[]) =>
      (await carry({ strength, toward: undefined, controls: undefined }, slow, by(recentre))).parameters.velocityNorm;
    for (const strength of [1, 0.5]) {
      const [free, moved] = [await again(strength), await again(strength, [0, 0, 0.8, 0, 0, 0])];
      moved.forEach((velocity, n) => expect(127 * (velocity - free[n])).toBeCloseTo(strength * 0.8 * (n % 2 === 0 ? 5 : -5), 3));
    }
  });

  test("a hardly noticeable strength hardly changes anything: nothing is rounded through the model's targets", async () => {
    const { performance } = await carry({ strength: 1e-6 });
    const before = byId(slow);
    for (const [id, { onset, velocity, length }] of byId({ performance })) {
      const was = before.get(id)!;
      expect(Math.abs(onset - was.onset)).toBeLessThan(1e-3);
      expect(velocity).toBe(was.velocity);
      expect(length).toBeCloseTo(was.length, 4);
    }
    expect(performance.notes.length).toBe(slow.performance.notes.length);
  });

  test("keeps what the pianist does within the windows", async () => {
    const { parameters } = await carry({ strength: 1 });
    const source = encoded(slow);
    const residue = (values: Float64Array) => Array.from(values, (value, n) => value - meanOf(values.subarray(Math.max(0, n - 4), n + 5)));
    const [a, b] = [residue(source.velocityNorm), residue(parameters.velocityNorm)];
    const r = meanOf(a.map((x, n) => x * b[n])) / Math.sqrt(meanOf(a.map((x) => x * x)) * meanOf(b.map((x) => x * x)));
    expect(r).toBeGreaterThan(0.95);
  });

  test("kept bars stay exactly, in their own time, and the tempo joins them", async () => {
    const keep = keptShare(score, [{ from: 4, to: 6 }]);
    const { parameters, performance } = await carry({ strength: 1, keep });
    const source = encoded(slow);
    const [was, is] = [byId(slow), byId({ performance })];
    for (let n = 12; n < 24; n++) {
      expect(parameters.velocityNorm[n]).toBe(source.velocityNorm[n]);
      expect(parameters.timingSec[n]).toBe(source.timingSec[n]);
      expect(is.get(`p${n}`)!.velocity).toBe(was.get(`p${n}`)!.velocity);
      expect(is.get(`p${n}`)!.onset - is.get("p12")!.onset).toBeCloseTo(was.get(`p${n}`)!.onset - was.get("p12")!.onset, 6);
    }
    const ratio = (n: number) => parameters.beatPeriod[n] / source.beatPeriod[n];
    expect(ratio(2)).toBeLessThan(0.8);
    expect(ratio(38)).toBeLessThan(0.8);
    // Over one bar on either side, step by step.
    for (let n = 8; n < 28; n++) expect(Math.abs(Math.log2(ratio(n) / ratio(n - 1)))).toBeLessThan(0.25);
    expect(ratio(10)).toBeGreaterThan(ratio(7));
    expect(ratio(26)).toBeLessThan(ratio(24));
  });

  test("plays notes that are missing, and leaves them out at strength 0", async () => {
    const holed = recordingOf({ tempo: 80, loud: 50, missing: [0, 7, 8, 39] });
    const { performance, alignment, parameters } = await carry({ strength: 0.5, method: "move" }, holed);
    expect(parameters.mask.every((played) => played === 1)).toBe(true);
    const ids = byId({ performance });
    expect(ids.get(`new-${score.notes.id[7]}`)!.onset).toBeGreaterThan(ids.get("p6")!.onset);
    expect(ids.get(`new-${score.notes.id[7]}`)!.onset).toBeLessThan(ids.get("p9")!.onset);
    expect(ids.get(`new-${score.notes.id[39]}`)!.onset).toBeGreaterThan(ids.get("p38")!.onset);
    expect(alignment.filter(({ kind }) => kind === "deletion")).toEqual([]);
    expect((await carry({ strength: 0 }, holed)).performance).toEqual(holed.performance);
  });

  test("extra notes and pedals move with the tempo, or are dropped", async () => {
    const { performance } = await carry({ strength: 1, method: "move" });
    const [was, is] = [byId(slow), byId({ performance })];
    const between = (notes: typeof was) => (notes.get("wrong")!.onset - notes.get("p20")!.onset) / (notes.get("p21")!.onset - notes.get("p20")!.onset);
    expect(between(is)).toBeCloseTo(between(was), 3);
    expect(is.get("wrong")!.onset).toBeLessThan(was.get("wrong")!.onset - 3);
    const soft = performance.controls.controller.findIndex((controller) => controller === 67);
    expect(performance.controls.timeSec[soft]).toBeLessThan(3.5);
    expect(performance.controls.timeSec[soft]).toBeGreaterThan(3.2);
    const dropped = await carry({ strength: 0.5, extra: "drop" });
    expect(dropped.performance.notes.length).toBe(N);
    expect((await carry({ strength: 0, extra: "drop" })).performance.notes.length).toBe(N);
  });

  test("without a goal goes to what the model plays: with all of the way the source is forgotten", async () => {
    const to = (strength: number, from = slow) => carry({ toward: undefined, strength, controls: undefined }, from);
    const [one, other] = [await to(1), await to(1, recordingOf({ tempo: 80, loud: 50, length: 0.4 }))];
    // The last length is told against the last beat period, which is the pianist's.
    for (let n = 0; n < N - 1; n++) expect(one.parameters.articulationLog2[n]).toBeCloseTo(other.parameters.articulationLog2[n], 2);
    expect(one.controls).toEqual([]);
    expect(one.covered).toBeNull();
    const half = await to(0.5);
    const source = encoded(slow);
    const away = ({ parameters }: { parameters: PerformanceParameters }) => meanOf(parameters.articulationLog2.map((x, n) => Math.abs(x - source.articulationLog2[n])));
    expect(away(half)).toBeLessThan(away(one));
    expect(away(half)).toBeGreaterThan(0);
  });

  test("follows requests that count from the source", async () => {
    const { controls: [{ control, source, result }] } = await carry({ requests: [{ control: "tempo", relative: true, value: 2 }], strength: 1 });
    expect(control).toBe("tempo");
    expect(result - source).toBeCloseTo(0.4, 2);
    const absolute = await carry({ requests: [{ control: "dynamics", relative: false, value: 1 }], strength: 1 });
    expect(absolute.controls[0].result).toBeCloseTo(76, 0);
  });

  test("is the same for the same seed", async () => {
    const [one, two, three] = [await carry({ toward: undefined, seed: 4 }), await carry({ toward: undefined, seed: 4 }), await carry({ toward: undefined, seed: 5 })];
    expect(one.performance).toEqual(two.performance);
    expect(one.parameters.velocityNorm).not.toEqual(three.parameters.velocityNorm);
  });

  test("says what to do where a model has no controls; moving needs none", async () => {
    const without: Model = { ...model, config: { ...config, controls: undefined } };
    await expect(carry({}, slow, without)).rejects.toThrow('this model has no controls, so it cannot be told where to go: take a model that was trained with `controls: true`, or method "move"');
    const { covered } = await carry({ method: "move", controls: ["tempo", "dynamics"], strength: 0.75, measure: { ...measure, names: measure.names } }, slow, {
      ...without, config: { ...without.config },
    }).catch((error: Error) => ({ covered: error.message }));
    expect(covered).toContain("cannot be measured");
  });

  test.each<[Partial<TransferOptions>, string]>([
    [{ strength: 1.5 }, "strength must be from 0 to 1, got 1.5."],
    [{ method: "teleport" as "move" }, 'method must be one of renoise, invert, move, got "teleport".'],
    [{ toward: undefined, method: "move" }, "needs something to move toward"],
    [{ requests: [{ control: "tempi", relative: true, value: 1 }] }, 'Did you mean "tempo"?'],
    [{ controls: ["tempo", "tempo"] }, "tempo is asked for twice."],
    [{ controls: ["loudness"] }, 'there is no control "loudness". There are articulation, tempo, dynamics.'],
    [{ keep: new Float32Array(3) }, "keep must have 40 values, got 3."],
    [{ seed: -1 }, "seed must be an integer ≥ 0, got -1."],
    [{ fraction: 0 }, "fraction must be above 0"],
  ])("refuses %j", async (options, message) => {
    await expect(carry(options)).rejects.toThrow(message);
  });

  test("refuses a source that is not of this score, has nothing in it, or holds its pedal in its lengths", async () => {
    const source = encoded(slow);
    const bad = (change: Partial<PerformanceParameters>) => transferPerformance(model, score, { ...source, ...change }, { strength: 0.5, measure });
    await expect(bad({ length: 3 })).rejects.toThrow("the source must have the score's 40 notes as played, got 3.");
    await expect(bad({ release: "sound" })).rejects.toThrow('release "key"');
    await expect(bad({ mask: new Uint8Array(N) })).rejects.toThrow("nothing of the score was played");
  });

  test("without a recording is played from its parameters", async () => {
    const { performance, parameters } = await carry({ recording: undefined, strength: 0.5 });
    expect(performance).toEqual(decodePerformance(score, parameters).performance);
  });
});

describe("kept bars", () => {
  test("reach a bar into what is around them", () => {
    const share = keptShare(score, [{ from: 3, to: 4 }]);
    expect([...share.subarray(4, 20)]).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]);
    expect([...keptShare(score, [{ from: 1, to: 1 }, { from: 10, to: 99 }])].filter((one) => one === 1)).toHaveLength(9);
  });

  test.each([[0, 3], [4, 3], [11, 12], [1.5, 2]])("that are not there are refused: %d–%d", (from, to) => {
    expect(() => keptShare(score, [{ from, to }])).toThrow(`keep: expected bars from 1 to 10, first before last, got ${from}–${to}.`);
  });
});
