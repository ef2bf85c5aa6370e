/**
 * @file What do pairs cost that are counted, beside pairs that are listed, as the Python original lists its 2,374,872?
 * `node --expose-gc tools/bench/pairs.mjs [performances of each of 100 pieces]`.
 *
 * Prints the time and the memory of drawing 2,000 and all pairs from as many, each pair in both directions, and their ratio to
 * those of a list of all of them.
 */
import { drawPairs, possiblePairs } from "@dexter/alignment-datasets";

const performances = Number(process.argv[2] ?? 70);
const PIECES = 100;
const PASSAGES = 5;
const played = Array.from({ length: performances }, (_, k) => ({ id: `${k}`, performer: "", source: "", matchRatio: 1 }));
const set = {
  *entries() {
    for (let index = 0; index < PIECES; index++) {
      yield { index, noteCount: 200 * PASSAGES, performances: played, description: { corpus: "made", piece: `${index}`, split: "train" } };
    }
  },
};

function measured(run) {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = performance.now();
  const kept = run();
  const ms = performance.now() - start;
  globalThis.gc?.();
  const after = process.memoryUsage();
  const mb = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20;
  return { ms, mb: Math.max(mb, 0.01), kept };
}

const count = (pairs) => {
  let drawn = 0;
  for (const pair of pairs) drawn += pair ? 1 : 0;
  return drawn;
};

const few = measured(() => {
  const possible = possiblePairs(set, { split: "train" });
  return [possible, count(drawPairs(possible, { k: 2000, bothDirections: true }))];
});
const [possible] = few.kept;
const all = measured(() => [possiblePairs(set, { split: "train" }), count(drawPairs(possible, { k: possible.count, bothDirections: true }))]);
const list = measured(() => {
  const pairs = [];
  for (let i = 0; i < possible.count; i++) {
    const { source, target } = possible.at(i);
    pairs.push({ source, target }, { source: target, target: source });
  }
  return pairs;
});
const line = (name, { ms, mb }) => console.log(`${name.padEnd(28)} ${ms.toFixed(0).padStart(6)} ms ${mb.toFixed(2).padStart(8)} MB kept`);
console.log(`${(2 * possible.count).toLocaleString("en")} pairs, directions counted`);
line("2,000 drawn", few);
line("all drawn, one by one", all);
line("all in a list", list);
console.log(`a list takes ${(list.mb / all.mb).toFixed(0)} times the memory`);
