import { expect, test } from "@jest/globals";
import { randomStream } from "../base/random-stream.js";
import { agreementLoss, AGREEMENT_NAMES, type AgreementScale } from "./agreement-loss.js";
import type { CropBatch } from "./batch.js";
import { termList, type LinearTerms } from "./linear-terms.js";
import type { PreparedPerformance } from "./training-piece.js";

const P = 6;
const scale: AgreementScale = { tempo: { mean: 0.05, sd: 0.4 }, slow: { mean: -0.02, sd: 0.3 }, slowFactor: 0.5 };
const ALL = [1, 0.9, 0.8, 0.7, 0.6];
const only = (name: (typeof AGREEMENT_NAMES)[number]): number[] => AGREEMENT_NAMES.map((other) => (other === name ? 1 : 0));

/** Three notes an onset, but for one alone at every fifth. */
function onsetsOf(notes: number): Int32Array {
  const onset = new Int32Array(notes);
  for (let n = 1, inside = 1; n < notes; n++, inside++) {
    const full = onset[n - 1] % 5 === 4 ? 1 : 3;
    onset[n] = onset[n - 1] + (inside === full ? 1 : 0);
    if (onset[n] !== onset[n - 1]) inside = 0;
  }
  return onset;
}

const random = randomStream(3);
const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());

/** Tempo, slow tempo and pedal are the onset's. */
function tied(rows: Float32Array, onset: Int32Array): Float32Array {
  for (let n = 1; n < onset.length; n++) if (onset[n] === onset[n - 1]) for (const c of [0, 1, 5]) rows[n * P + c] = rows[(n - 1) * P + c];
  return rows;
}

function performanceOf(onset: Int32Array, hidden = 0.1): PreparedPerformance {
  return { values: tied(normals(onset.length * P), onset), weights: Float32Array.from({ length: onset.length * P }, () => (random.uniform() < hidden ? 0 : 1)) };
}

/** Crops of whole pieces side by side. */
function batchOf(onsets: readonly Int32Array[], notes: number): CropBatch {
  const onset = new Int32Array(onsets.length * notes).fill(-1);
  onsets.forEach((of, b) => onset.set(of, b * notes));
  return { crops: onsets.map((of, piece) => ({ piece, begin: 0, length: of.length })), notes, mask: Float32Array.from(onset, (o) => (o < 0 ? 0 : 1)), onset };
}

/** Weighted r, from its definition. */
function pearson(x: readonly number[], y: readonly number[], w: readonly number[], floor: number): number {
  const mass = w.reduce((a, b) => a + b, 0);
  const mean = (of: readonly number[]) => of.reduce((sum, value, i) => sum + w[i] * value, 0) / mass;
  const [mx, my] = [mean(x), mean(y)];
  const product = (a: readonly number[], ma: number, b: readonly number[], mb: number) => mean(a.map((value, i) => (value - ma) * (b[i] - mb)));
  return product(x, mx, y, my) / Math.sqrt((product(x, mx, x, mx) + floor) * product(y, my, y, my));
}

test("it is one minus Pearson's r of the five curves, over performances, longer crops and more performances counting more", () => {
  const onsets = [onsetsOf(60), onsetsOf(48)];
  const batch = batchOf(onsets, 64);
  const performances = [[performanceOf(onsets[0]), performanceOf(onsets[0]), performanceOf(onsets[0])], [performanceOf(onsets[1], 0)]];
  const prediction = normals(2 * 64 * P);
  const { measures, total } = agreementLoss(prediction, batch, (piece) => performances[piece], null, ALL, scale);

  const curves = (rows: Float32Array, weights: Float32Array, onset: Int32Array, slowFactor: number) => {
    const notes = [...onset.keys()];
    const firsts = notes.filter((n) => n === 0 || onset[n] !== onset[n - 1]);
    const members = (n: number) => notes.filter((other) => onset[other] === onset[n] && weights[other * P + 2] > 0);
    return {
      tempo: [firsts.map((n) => 2 ** -(rows[n * P] * 0.4 + 0.05 + slowFactor * (rows[n * P + 1] * 0.3 - 0.02))), firsts.map((n) => weights[n * P + 1])],
      velocityOnset: [firsts.map((n) => members(n).reduce((sum, other) => sum + rows[other * P + 2], 0) / (members(n).length || 1)), firsts.map((n) => Math.min(1, members(n).length))],
      velocityNote: [notes.map((n) => rows[n * P + 2]), notes.map((n) => weights[n * P + 2])],
      articulation: [notes.map((n) => rows[n * P + 4]), notes.map((n) => weights[n * P + 4])],
      timing: [notes.map((n) => rows[n * P + 3]), notes.map((n) => (notes.some((other) => other !== n && onset[other] === onset[n]) ? weights[n * P + 3] : 0))],
    } as const;
  };
  const expected = AGREEMENT_NAMES.map((name) => {
    const parts = onsets.map((onset, b) => {
      const rows = prediction.subarray(b * 64 * P, (b * 64 + onset.length) * P);
      const mine = curves(rows, new Float32Array(rows.length).fill(1), onset, 0.5)[name][0];
      // The floor is in standardized units, the tempi here are not.
      const floor = name === "tempo" ? 0.02 * (Math.LN2 * 0.4) ** 2 : 0.02;
      const r = performances[b].map(({ values, weights }) => pearson(mine, ...curves(values, weights, onset, 1)[name] as [number[], number[]], floor));
      return { share: onset.length * Math.sqrt(r.length), lack: 1 - r.reduce((a, x) => a + x, 0) / r.length };
    });
    return parts.reduce((sum, { share, lack }) => sum + share * lack, 0) / parts.reduce((sum, { share }) => sum + share, 0);
  });
  measures.forEach((value, m) => expect(value).toBeCloseTo(expected[m], 6));
  expect(total).toBeCloseTo(expected.reduce((sum, value, m) => sum + ALL[m] * value, 0), 6);
});

test("who plays as the pianist did lacks next to nothing, whatever the level and the size of the gestures", () => {
  const onset = onsetsOf(60);
  const batch = batchOf([onset], 64);
  const pianist = performanceOf(onset, 0);
  const played = new Float32Array(64 * P);
  played.set(pianist.values.map((value, i) => ([2, 3, 4].includes(i % P) ? 3 * value + 1 : value)));
  const { measures } = agreementLoss(played, batch, () => [pianist], null, ALL, { ...scale, slowFactor: 1 });
  measures.forEach((lack) => expect(Math.abs(lack)).toBeLessThan(0.02));
  const opposite = agreementLoss(played.map((value) => -value), batch, () => [pianist], null, ALL, { ...scale, slowFactor: 1 });
  for (const m of [1, 2, 3, 4]) expect(opposite.measures[m]).toBeGreaterThan(1.9);
});

/** Beats of two onsets each, and loudness of every other onset. */
function termsOf(onset: Int32Array, row: number): LinearTerms {
  const list = termList();
  const first = (u: number) => onset.indexOf(u);
  for (let u = 0; u + 1 < onset[onset.length - 1]; u++) {
    list.add(0, [row + first(u), row + first(u + 1)], [0.3, 0.7], random.normal(), 1 + random.uniform());
    list.add(2, [row + first(u), row + first(u) + 1], [0.5, 0.5], random.normal(), 1);
  }
  return list.done();
}

test.each(AGREEMENT_NAMES)("the gradient of %s is that of the loss, also of what beats tell", (name) => {
  const onsets = [onsetsOf(60), onsetsOf(64)];
  const batch = batchOf(onsets, 64);
  const performances = [[performanceOf(onsets[0]), performanceOf(onsets[0])], []];
  const terms = termsOf(onsets[1], 64);
  const prediction = normals(2 * 64 * P);
  const lossOf = (of: Float32Array) => agreementLoss(of, batch, (piece) => performances[piece], terms, only(name), scale);
  const { gradient } = lossOf(prediction);
  let nonzero = 0;
  for (let i = 0; i < prediction.length; i += 7) {
    const at = (delta: number): number => {
      // In double precision: the differences are small.
      const moved = Float64Array.from(prediction);
      moved[i] += delta;
      return lossOf(moved as unknown as Float32Array).total;
    };
    const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
    expect(gradient[i]).toBeCloseTo(slope, 6);
    if (Math.abs(slope) > 1e-5) nonzero++;
  }
  expect(nonzero).toBeGreaterThan(5);
});

test("a flat prediction knows where to go", () => {
  const onset = onsetsOf(60);
  const batch = batchOf([onset], 64);
  const pianist = performanceOf(onset, 0);
  const { gradient, measures } = agreementLoss(new Float32Array(64 * P), batch, () => [pianist], null, only("velocityNote"), scale);
  expect(measures).toEqual([1, 1, 1, 1, 1]);
  const played = gradient.filter((_, i) => i % P === 2 && i < 60 * P);
  expect(pearson([...played], [...pianist.values.filter((_, i) => i % P === 2)], Array<number>(60).fill(1), 0)).toBeCloseTo(-1, 5);
});

test("what is told at fewer than sixteen places, or does not vary, is not compared", () => {
  const onset = onsetsOf(60);
  const batch = batchOf([onset], 64);
  const pianist = performanceOf(onset, 0);
  const heard = Float32Array.from({ length: 60 * P }, (_, i) => (i % P === 4 && i >= 15 * P ? 0 : 1));
  const values = pianist.values.map((value, i) => (i % P === 2 ? 0.5 : value));
  const { measures, gradient } = agreementLoss(normals(64 * P), batch, () => [{ values, weights: heard }], null, ALL, scale);
  expect([measures[1], measures[2], measures[3]]).toEqual([0, 0, 0]);
  expect(measures[0]).toBeGreaterThan(0);
  expect(gradient.some((slope, i) => slope !== 0 && [2, 4, 5].includes(i % P))).toBe(false);
});
