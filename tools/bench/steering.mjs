/**
 * @file How well the model follows its controls: for each control, what was asked for against what the performance measures.
 *
 *     node tools/bench/steering.mjs SET.h5… [--model data/models/base] [--notes 300] [--most 24] [--corrections 2]
 *         [--controls tempo,rubato] [--json steering.json] [--plot steering.svg] [--record]
 *
 * Scores: pieces that nobody trained on, the validation parts of the sets, to their first NOTES notes. Levels: −2, −1, 0, 1 and 2 spreads
 * added to what the model would do, each control alone, the same seed. `pooled`: Spearman of asked and measured change from the neutral draw
 * over all scores and levels; `per score`: the mean of the scores' own; `slope`: how much of a change comes through. `open`: what one draw
 * does without corrections. `--record` writes the pooled figures into the model's config.json.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSet, scoreOfNotes } from "../../packages/alignment-datasets/dist/index.js";
import { CONTROLS, measureControls } from "../../packages/eval-features/dist/index.js";
import { loadModel } from "../../packages/diffusion/dist/node.js";
import { openSteering } from "../../packages/transfer/dist/index.js";

const LEVELS = [-2, -1, 0, 1, 2];
const SEED = 11;
const { values: flags, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: "data/models/base" }, notes: { type: "string", default: "300" }, most: { type: "string", default: "24" },
    corrections: { type: "string", default: "2" }, controls: { type: "string" }, guidance: { type: "string" }, json: { type: "string" }, plot: { type: "string" }, from: { type: "string" },
    record: { type: "boolean", default: false },
  },
});
const names = CONTROLS.map(({ name }) => name);
const wanted = flags.controls ? flags.controls.split(",") : names;

const result = flags.from ? JSON.parse(readFileSync(flags.from, "utf8")) : await run();
for (const line of table(result)) console.log(line);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result)}\n`);
if (flags.plot) writeFileSync(flags.plot, plot(result));
if (flags.record) {
  const path = join(flags.model, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  const followed = config.controls.names.map((name) => Math.round(1000 * figures(result, name).pooled) / 1000);
  writeFileSync(path, `${JSON.stringify({ ...config, controls: { ...config.controls, followed } }, null, 2)}\n`);
}

async function run() {
  const scores = await readScores();
  const model = await loadModel(flags.model);
  const levers = CONTROLS.filter(({ group }) => group === "musical").map(({ name }) => name);
  const measure = { names, measure: measureControls, levers };
  const rows = [];
  for (const [index, { name, score, features }] of scores.entries()) {
    const started = performance.now();
    const options = { measure, features, seed: SEED, corrections: Number(flags.corrections), ...(flags.guidance ? { controlGuidance: Number(flags.guidance) } : {}) };
    const steerer = openSteering(model, score, options);
    for (const control of wanted) {
      for (const level of LEVELS.filter((value) => value !== 0)) {
        const { renderings: [{ controls: [outcome] }] } = await steerer.play([{ control, relative: true, value: level }]);
        rows.push({ score: name, control, level, neutral: outcome.neutral, realised: outcome.realised, uncorrected: outcome.uncorrected });
      }
    }
    process.stderr.write(`${index + 1}/${scores.length} ${name}: ${score.notes.length} notes, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
  const { spread, names: order } = model.config.controls;
  await model.release();
  return { scores: scores.map(({ name }) => name), corrections: Number(flags.corrections), spread: Object.fromEntries(order.map((name, k) => [name, spread[k]])), rows };
}

async function readScores() {
  const scores = [];
  for (const path of sets) {
    const set = await openSet(path);
    for (const { index, description } of set.entries()) {
      if (description.split !== "validation") continue;
      const { notes, features } = set.readScore(index);
      for (const begin of starts(notes.length)) {
        const [from, to] = [onsetBorder(notes, begin), onsetBorder(notes, begin + Number(flags.notes))];
        const cut = (values) => values.slice(from, to);
        const part = Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, key === "length" ? to - from : value?.length === notes.length ? cut(value) : value]));
        const C = features.shape[1];
        scores.push({
          name: `${description.piece}${from > 0 ? ` from note ${from}` : ""}${scores.some(({ name }) => name === description.piece) && from === 0 ? ", with marks" : ""}`, score: scoreOfNotes(part),
          features: { data: features.data.slice(from * C, to * C), shape: [to - from, C] }, begin,
        });
      }
    }
    set.close();
  }
  // Beginnings first, then excerpts from the middle.
  return [...scores.filter(({ begin }) => begin === 0), ...scores.filter(({ begin }) => begin > 0)].slice(0, Number(flags.most));
}

function starts(length) {
  const size = Number(flags.notes);
  return length >= 3 * size ? [0, Math.floor(length / 2)] : [0];
}

function onsetBorder({ length, onsetQuarter }, at) {
  let note = Math.min(length, at);
  while (note > 0 && note < length && onsetQuarter[note] === onsetQuarter[note - 1]) note++;
  return note;
}

/** Changes from the neutral draw in spreads, per score and level; the neutral draw itself is no change. */
function changes({ rows, spread }, control, field) {
  const of = rows.filter((row) => row.control === control && row.realised !== null);
  const asked = of.map(({ score, level, neutral, [field]: value }) => ({ score, level, change: (value - neutral) / spread[control] }));
  return [...asked, ...[...new Set(of.map(({ score }) => score))].map((score) => ({ score, level: 0, change: 0 }))].sort((a, b) => a.level - b.level);
}

function figures(result, control) {
  const closed = changes(result, control, "realised");
  const open = changes(result, control, "uncorrected");
  const perScore = [...new Set(closed.map(({ score }) => score))].map((score) => spearman(closed.filter((point) => point.score === score)));
  return { scores: perScore.length, pooled: spearman(closed), perScore: perScore.reduce((a, b) => a + b, 0) / perScore.length, slope: slope(closed), open: spearman(open), openSlope: slope(open) };
}

function slope(points) {
  return points.reduce((sum, { level, change }) => sum + level * change, 0) / points.reduce((sum, { level }) => sum + level * level, 0);
}

function spearman(points) {
  const a = ranks(points.map(({ level }) => level));
  const b = ranks(points.map(({ change }) => change));
  const middle = (points.length - 1) / 2;
  const sum = (x, y) => x.reduce((total, value, i) => total + (value - middle) * (y[i] - middle), 0);
  return sum(a, b) / Math.sqrt(sum(a, a) * sum(b, b)) || 0;
}

function ranks(values) {
  return values.map((value) => {
    const below = values.filter((other) => other < value - 1e-9).length;
    return below + (values.filter((other) => Math.abs(other - value) <= 1e-9).length - 1) / 2;
  });
}

function* table(result) {
  yield `| control | group | scores | pooled | per score | slope | open | open slope |`;
  yield `|---|---|---|---|---|---|---|---|`;
  for (const { name, group } of CONTROLS.filter(({ name }) => result.rows.some(({ control }) => control === name))) {
    const { scores, ...rest } = figures(result, name);
    yield `| ${name} | ${group} | ${scores} | ${Object.values(rest).map((value) => value.toFixed(2)).join(" | ")} |`;
  }
}

function plot(result) {
  const shown = CONTROLS.filter(({ name }) => result.rows.some(({ control }) => control === name));
  const [W, H, columns] = [210, 170, 4];
  const high = Math.ceil(shown.length / columns) * H + 30;
  const panels = shown.map(({ name }, i) => {
    const [x0, y0] = [(i % columns) * W + 34, Math.floor(i / columns) * H + 34];
    const [w, h] = [W - 48, H - 58];
    const x = (level) => x0 + ((level + 2.4) / 4.8) * w;
    const y = (change) => y0 + h - ((Math.max(-3, Math.min(3, change)) + 3) / 6) * h;
    const points = changes(result, name, "realised");
    const byScore = Map.groupBy ? Map.groupBy(points, ({ score }) => score) : new Map([...new Set(points.map(({ score }) => score))].map((score) => [score, points.filter((point) => point.score === score)]));
    const lines = [...byScore.values()].map((own) => `<polyline class="one" points="${own.map(({ level, change }) => `${x(level).toFixed(1)},${y(change).toFixed(1)}`).join(" ")}"/>`);
    const middle = LEVELS.map((level) => {
      const at = points.filter((point) => point.level === level).map(({ change }) => change).sort((a, b) => a - b);
      return `${x(level).toFixed(1)},${y(at[Math.floor(at.length / 2)] ?? 0).toFixed(1)}`;
    });
    const ticks = LEVELS.map((level) => `<text x="${x(level).toFixed(1)}" y="${y0 + h + 13}" text-anchor="middle">${level}</text><text x="${x0 - 5}" y="${(y(level) + 3.5).toFixed(1)}" text-anchor="end">${level}</text>`);
    const { pooled } = figures(result, name);
    return `<g><rect x="${x0}" y="${y0}" width="${w}" height="${h}" class="frame"/><line x1="${x(-2.4)}" y1="${y(-2.4)}" x2="${x(2.4)}" y2="${y(2.4)}" class="even"/>${lines.join("")}<polyline class="middle" points="${middle.join(" ")}"/>${ticks.join("")}<text x="${x0}" y="${y0 - 6}" class="name">${name}  ρ ${pooled.toFixed(2)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * W + 20} ${high}" width="${columns * W + 20}" height="${high}" role="img" aria-label="Asked for against played, for each control"><style>text{font:10px sans-serif;fill:#555}.name{font:bold 11px sans-serif;fill:#333}.frame{fill:#fafafa;stroke:#bbb}.even{stroke:#999;stroke-dasharray:4 3}.one{fill:none;stroke:#4477aa;stroke-opacity:.35}.middle{fill:none;stroke:#cc3311;stroke-width:2}</style><rect width="100%" height="100%" fill="#fff"/>${panels.join("")}<text x="${(columns * W) / 2}" y="${high - 10}" text-anchor="middle">asked for (spreads added to the neutral draw) → played; one line a score, red: median</text></svg>\n`;
}
