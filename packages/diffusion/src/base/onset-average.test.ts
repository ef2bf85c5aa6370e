import { expect, test } from "@jest/globals";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { loadEngine } from "../engine.js";
import { batchOnsetAverage, pieceOnsetAverage, type OnsetAverage } from "./onset-average.js";
import { randomStream } from "./random-stream.js";

const { tf } = await loadEngine({ engine: "cpu" });

function plainAverage(rows: Float32Array, onset: Int32Array, notes: number, width: number): Float32Array {
  const result = new Float32Array(rows.length);
  onset.forEach((o, i) => {
    if (o < 0) return;
    const crop = Math.floor(i / notes);
    const same = [...onset.keys()].filter((j) => Math.floor(j / notes) === crop && onset[j] === o);
    for (let c = 0; c < width; c++) result[i * width + c] = same.reduce((sum, j) => sum + rows[j * width + c], 0) / same.length;
  });
  return result;
}

/** Chords of one to six notes, so that some lie across the borders of blocks; the last crop is padded. */
function chords(batch: number, notes: number, largest: number): Int32Array {
  const random = randomStream(notes, largest);
  const onset = new Int32Array(batch * notes);
  for (let b = 0; b < batch; b++) {
    for (let n = 0, o = 0; n < notes; o++) {
      for (let size = 1 + random.below(largest); size > 0 && n < notes; size--) onset[b * notes + n++] = o;
    }
  }
  return onset.fill(-1, batch * notes - 11);
}

function check(average: OnsetAverage, onset: Int32Array, notes: number): void {
  const rows = Float32Array.from({ length: onset.length * 3 }, (_, i) => Math.sin(i * i));
  const result = tf.tidy(() => average.apply(tf.tensor2d(rows, [onset.length, 3]) as Tensor2D).dataSync()) as unknown as Float32Array;
  plainAverage(rows, onset, notes, 3).forEach((value, i) => expect(result[i]).toBeCloseTo(value, 5));
  average.dispose();
}

test.each([[192, 6], [64, 4], [50, 5], [128, 40]])("crops of %d notes, chords of up to %d", (notes, largest) => {
  const onset = chords(2, notes, largest);
  check(batchOnsetAverage(tf, onset, 2, notes), onset, notes);
});

test("a whole piece, in chunks that no chord crosses", () => {
  const onset = chords(1, 700, 6).slice(0, 689);
  check(pieceOnsetAverage(tf, onset), onset, 689);
});

test("its matrices are freed", () => {
  const before = tf.memory().numTensors;
  batchOnsetAverage(tf, chords(2, 192, 6), 2, 192).dispose();
  pieceOnsetAverage(tf, chords(1, 700, 6).slice(0, 600)).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
