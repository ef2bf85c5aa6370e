/**
 * @file How fast does the loader of classic training read, and does its memory grow with the set?
 * `node tools/bench/loader.mjs [set.h5 | scores] [performances a score] [notes] [batches]`.
 *
 * Without a set, one is written as `set-scale.mjs` does. Prints milliseconds a batch of
 * 16 segments of 200 notes in shuffled order, with and without mixup, and the process' memory.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSet, setSegments, writeSet } from "@dexter/alignment-datasets";

const [where = "200", performances = "50", notes = "2000", batches = "60"] = process.argv.slice(2);
const given = where.endsWith(".h5");
const folder = given ? null : mkdtempSync(join(tmpdir(), "dexter-loader-"));
const path = given ? where : join(folder, "set.h5");
if (!given) await write(Number(where), Number(performances), Number(notes));
globalThis.gc?.();

const rss = () => Math.round(process.memoryUsage.rss() / 2 ** 20);
const opening = performance.now();
const begin = rss();
const set = await openSet(path);
const source = setSegments(set, { split: "train", notes: 200, release: "any" });
console.log(`${(statSync(path).size / 2 ** 20).toFixed(0)} MB, ${source.length} segments: opened in ${Math.round(performance.now() - opening)} ms; ${begin} MB before, ${rss()} MB after`);

let state = 1;
const below = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
for (const mixed of [false, true]) {
  const times = [];
  const used = process.cpuUsage();
  for (let batch = 0; batch < Number(batches); batch++) {
    const started = performance.now();
    for (let b = 0; b < 16; b++) {
      const index = below(source.length);
      const passage = source.passage(index);
      if (mixed && passage.length > 1) source.mix([index, passage[below(passage.length)]], [0.3, 0.7]);
      else source.read(index);
    }
    times.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(used);
  times.sort((a, b) => a - b);
  console.log(`${mixed ? "mixed" : "plain"}: median ${times[times.length >> 1].toFixed(1)} ms a batch, 95 % ${times[Math.floor(0.95 * times.length)].toFixed(1)} ms, mean ${((user + system) / 1000 / times.length).toFixed(1)} ms of processor; ${rss()} MB`);
}
set.close();
if (folder) rmSync(folder, { recursive: true });

/** Many performances a score, as in the largest corpora. */
async function write(scores, count, length) {
  const floats = (scale) => Float64Array.from({ length }, () => scale * Math.random());
  const integers = (Type, limit) => Type.from({ length }, () => limit * Math.random());
  const writer = await writeSet(path, { featureSet: "classic", featureNames: ["onsetDiv", "durationDiv", "pitch", "voice"], release: "sound", seed: 1, validation: 0 });
  for (let s = 0; s < scores; s++) {
    const onset = Float64Array.from({ length }, (_, n) => n / 4);
    const score = writer.addScore({
      description: { corpus: "synthetic", piece: `p${s}`, work: `w${s}`, composer: "", title: "", split: "train", scorePath: "", licence: "CC0" },
      notes: {
        length, id: Array.from(onset, (_, n) => `n${n}`), onsetBeat: onset, onsetQuarter: onset, durationBeat: floats(1), durationQuarter: floats(1),
        onsetDiv: Int32Array.from(onset, (_, n) => 120 * n), durationDiv: integers(Int32Array, 480), divsPerQuarter: integers(Int32Array, 480),
        voice: integers(Int32Array, 4), staff: integers(Int32Array, 2), measure: integers(Int32Array, 100), beats: integers(Int32Array, 4),
        beatType: new Int32Array(length).fill(4), pitch: integers(Uint8Array, 88), grace: new Uint8Array(length),
      },
      features: { data: new Float32Array(length * 4), shape: [length, 4] },
    });
    for (let k = 0; k < count; k++) {
      score.add(
        { id: `${s}/${k}`, performer: "", source: "", matchRatio: 1 },
        {
          length, beatPeriod: floats(1), velocityNorm: floats(1), timingSec: floats(0.1), articulationLog2: floats(1), pedalNorm: floats(1),
          mask: new Uint8Array(length).fill(1), release: "sound",
        },
      );
    }
    score.finish();
  }
  await writer.finish();
}
