/**
 * @file What pairs of opposites do for several performances of a `base` model: how different two are, and how near the mean of a few is to the mean of all.
 *
 *     node tools/bench/opposites.mjs MODEL SET.h5 [--notes 1600] [--seeds 8] [--json FILE]
 *
 * The validation pieces of the set that at least two pianists played, up to NOTES notes, each drawn with SEEDS seeds (a power of two, 4 or more) and the opposite
 * of every one. Prints Pearson's r (tempo, velocity per onset, velocity per note, articulation, timing): pianist with pianist, draw with draw, draw with its opposite, and the mean of 2, 4 … draws
 * with a pianist, of draws that know nothing of each other and of pairs, the mean over all groups of so many draws in order.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { renderScore } from "../../packages/diffusion/dist/index.js";
import { loadModel } from "../../packages/diffusion/dist/node.js";
import { agreement, humanAgreement } from "../../packages/eval-features/dist/index.js";
import { meanOf, show, validationPieces } from "./validation-pieces.mjs";

const { values: flags, positionals: [folder, path] } = parseArgs({
  allowPositionals: true,
  options: { notes: { type: "string", default: "1600" }, seeds: { type: "string", default: "8" }, json: { type: "string" } },
});
const seeds = Number(flags.seeds);
if (!(seeds >= 4 && Number.isInteger(Math.log2(seeds)))) throw new Error(`--seeds: expected a power of two, 4 or more, got ${flags.seeds}`);
const pieces = await validationPieces(path, Number(flags.notes));
const model = await loadModel(folder);
const figures = {};
const note = (name, measures) => (figures[name] ??= []).push(measures);
for (const { score, features, performances } of pieces) {
  const of = (draws, opposites) => agreement(score, performances, draws, { minPlayed: 1, opposites });
  const draws = (await renderScore(model, score, { features, samples: 2 * seeds, seed: 1 })).map(({ parameters }) => parameters);
  const independent = draws.filter((_, k) => k % 2 === 0);
  note("pianists", humanAgreement(score, performances, { minPlayed: 1 }).betweenPianists);
  const all = of(draws, true);
  note("one draw", all.oneDraw);
  note("two draws", all.betweenDraws);
  note("two opposites", all.withOpposite);
  for (let count = 2; count <= seeds; count *= 2) {
    for (const group of groups(independent, count)) note(`mean of ${count}`, of(group, false).meanOfDraws);
    for (const group of groups(draws, count)) note(`${count} in pairs`, of(group, true).meanOfDraws);
  }
  note(`${2 * seeds} in pairs`, all.meanOfDraws);
}
await model.release();
const rows = Object.fromEntries(Object.entries(figures).map(([name, all]) => [name, meanOf(all)]));
show(`${seeds} seeds and their opposites`, rows);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ pieces: pieces.map(({ name }) => name), seeds, rows })}\n`);

function groups(draws, count) {
  return Array.from({ length: draws.length / count }, (_, g) => draws.slice(g * count, (g + 1) * count));
}
