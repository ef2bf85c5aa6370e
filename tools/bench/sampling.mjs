/**
 * @file How guidance, temperature and share of the mean of a `base` model trade agreement for variety, on pieces that nobody trained on.
 *
 *     node tools/bench/sampling.mjs MODEL SET.h5 [--notes 1600] [--draws 3] [--setting guidance:t,t,t,t,t,t:s,s,s,s,s,s:chords:r,r,r,r,r,r]…
 *
 * The validation pieces of the set that at least two pianists played, up to NOTES notes. Prints, for each setting, one draw with a
 * pianist, the mean of the draws with a pianist, draw with draw, and spread over the pianists' (tempo, velocity per onset, velocity per
 * note, articulation, timing), with gains fitted for it as `dexter-train fit` does.
 */
import { parseArgs } from "node:util";
import { createModel, renderScore } from "../../packages/diffusion/dist/index.js";
import { loadCheckpoint, nodeRuntime } from "../../packages/diffusion/dist/node.js";
import { fitGains } from "../../packages/diffusion/dist/training.js";
import { agreement, humanAgreement } from "../../packages/eval-features/dist/index.js";
import { meanOf, show, validationPieces } from "./validation-pieces.mjs";

const { values: flags, positionals: [folder, path] } = parseArgs({
  allowPositionals: true,
  options: { notes: { type: "string", default: "1600" }, draws: { type: "string", default: "3" }, setting: { type: "string", multiple: true, default: [] } },
});
const checkpoint = await loadCheckpoint(folder);
const pieces = await validationPieces(path, Number(flags.notes));
const human = pieces.map(({ score, performances }) => humanAgreement(score, performances, { minPlayed: 1 }));
show("pianists", { between: meanOf(human.map(({ betweenPianists }) => betweenPianists)) });
const { sampling } = checkpoint.config;
const settings = flags.setting.length > 0 ? flags.setting.map(parse) : [{}];
for (const changes of settings) {
  const config = { ...checkpoint.config, sampling: { ...sampling, ...changes } };
  const model = await createModel({ config, weights: checkpoint.weights }, await nodeRuntime({}));
  const gains = await fitGains(model, pieces, { draws: 2 });
  await model.release();
  const fitted = await createModel({ config: { ...config, sampling: { ...config.sampling, gains } }, weights: checkpoint.weights }, await nodeRuntime({}));
  const figures = [];
  for (const { score, features, performances } of pieces) {
    const draws = await renderScore(fitted, score, { features, samples: Number(flags.draws), seed: 1, independent: true });
    figures.push(agreement(score, performances, draws.map(({ parameters }) => parameters), { minPlayed: 1 }));
  }
  await fitted.release();
  const { guidance, temperature, meanShare, recentre, chordShare } = config.sampling;
  show(`guidance ${guidance}, temperature ${temperature?.join(" ")}, share of the mean ${meanShare?.join(" ") ?? 0}, of chords ${chordShare ?? "the same"}, middle moved by ${recentre?.join(" ") ?? 0}, gains ${gains.map((gain) => gain.toFixed(2)).join(" ")}`, {
    "one draw": meanOf(figures.map(({ oneDraw }) => oneDraw)), "mean of draws": meanOf(figures.map(({ meanOfDraws }) => meanOfDraws)),
    "two draws": meanOf(figures.map(({ betweenDraws }) => betweenDraws)), spread: meanOf(figures.map(({ spread }) => spread)),
  });
}

function parse(text) {
  const [guidance, temperature, meanShare, chordShare, recentre] = text.split(":");
  const list = (numbers) => numbers.split(",").map(Number);
  return { guidance: Number(guidance), ...(temperature ? { temperature: list(temperature) } : {}), ...(meanShare ? { meanShare: list(meanShare) } : {}), ...(chordShare ? { chordShare: Number(chordShare) } : {}), ...(recentre ? { recentre: list(recentre) } : {}) };
}
