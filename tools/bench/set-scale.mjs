/**
 * @file Does a set carry the largest corpora? Write one with many performances a
 * score, read it back, and print size, time and peak memory:
 * `node tools/bench/set-scale.mjs [scores] [performances a score] [notes]`.
 *
 * PianoCoRe-A has 157,207 performances of 1,591 scores, 99 a score.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSet, writeSet } from "@dexter/alignment-datasets";

const [scores = 100, performances = 99, notes = 1000] = process.argv.slice(2).map(Number);
const FEATURES = 116;
const folder = mkdtempSync(join(tmpdir(), "dexter-set-scale-"));
const path = join(folder, "set.h5");

let state = 1;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const floats = (scale) => Float64Array.from({ length: notes }, () => scale * random());
const integers = (Type, limit) => Type.from({ length: notes }, () => random() * limit);

const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`before: ${peakMb()} MB`);
const start = performance.now();
const writer = await writeSet(path, {
  featureSet: "base", featureNames: Array.from({ length: FEATURES }, (_, c) => `f${c}`), release: "key", seed: 1, validation: 0.1,
});
for (let s = 0; s < scores; s++) {
  const onset = floats(1).map((_, n) => n / 4);
  const score = writer.addScore({
    description: { corpus: "synthetic", piece: `p${s}`, work: `w${s}`, composer: "", title: "", split: "train", scorePath: "", licence: "CC0" },
    notes: {
      length: notes, id: Array.from(onset, (_, n) => `n${n}`), onsetBeat: onset, onsetQuarter: onset, durationBeat: floats(1), durationQuarter: floats(1),
      onsetDiv: integers(Int32Array, 1e5), durationDiv: integers(Int32Array, 480), divsPerQuarter: integers(Int32Array, 480), voice: integers(Int32Array, 4),
      staff: integers(Int32Array, 2), measure: integers(Int32Array, 100), beats: integers(Int32Array, 4), beatType: new Int32Array(notes).fill(4),
      pitch: integers(Uint8Array, 88), grace: new Uint8Array(notes),
    },
    features: { data: Float32Array.from({ length: notes * FEATURES }, random), shape: [notes, FEATURES] },
  });
  for (let k = 0; k < performances; k++) {
    score.add(
      { id: `${s}/${k}`, performer: "", source: "", matchRatio: 1 },
      {
        length: notes, beatPeriod: floats(1), velocityNorm: floats(1), timingSec: floats(0.1), articulationLog2: floats(1), pedalNorm: floats(1),
        mask: new Uint8Array(notes).fill(1), release: "key",
      },
    );
  }
  score.finish();
  if ((s + 1) % Math.ceil(scores / 4) === 0) console.log(`${s + 1} scores, ${(s + 1) * performances} performances: ${peakMb()} MB, ${Math.round(performance.now() - start)} ms`);
}
await writer.finish();
const bytes = statSync(path).size;
console.log(`written: ${(bytes / 2 ** 20).toFixed(0)} MB, ${(bytes / (scores * performances * notes)).toFixed(1)} bytes a performed note, scores' features included`);
const reading = performance.now();
const set = await openSet(path);
let read = 0;
for (const { index, performances: list } of set.entries()) for (let k = 0; k < list.length; k++) read += set.readPerformance(index, k).mask.length;
console.log(`read back: ${read} notes in ${Math.round(performance.now() - reading)} ms; peak ${peakMb()} MB`);
set.close();
rmSync(folder, { recursive: true });
