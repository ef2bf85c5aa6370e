/**
 * @file How far a transfer moves toward its target, and how much of the source stays.
 *
 *     node tools/bench/transfer.mjs SET.h5… [--model data/models/base] [--notes 300] [--most 24] [--methods renoise,invert,move] [--guidance 1]
 *         [--groups perceptual,touch,level,musical,all] [--strengths 0,0.25,0.5,0.75,1] [--json transfer.json] [--plot transfer.svg] [--from transfer.json]
 *
 * Pairs: pieces that nobody trained on and that two pianists played, the validation parts of the sets, NOTES notes each; the first
 * two performances, there and back by turns. A group of controls is taken from the target. `fall`: by how much the distance to the target in
 * these controls falls, of what it was (root mean square over notes and controls, in the deviations by which pianists differ). `stays`: mean
 * correlation of result and source, note by note, in the parameters that no control of the group names.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openSet, scoreOfNotes, storedParameters } from "../../packages/alignment-datasets/dist/index.js";
import { CONTROLS, correlation as pearson, measureControls } from "../../packages/eval-features/dist/index.js";
import { loadModel } from "../../packages/diffusion/dist/node.js";
import { MOVED_CONTROLS, transferPerformance } from "../../packages/transfer/dist/index.js";

const names = CONTROLS.map(({ name }) => name);
const PARAMETERS = ["beatPeriod", "velocityNorm", "timingSec", "articulationLog2", "pedalNorm"];
/** Controls that are taken from the target, and the parameters that they do not name. */
const GROUPS = {
  perceptual: { controls: CONTROLS.filter(({ group }) => group === "perceptual").map(({ name }) => name), others: PARAMETERS },
  touch: { controls: ["articulation", "pedal"], others: ["beatPeriod", "velocityNorm", "timingSec"] },
  level: { controls: ["tempo", "dynamics"], others: ["timingSec", "articulationLog2", "pedalNorm"] },
  musical: { controls: CONTROLS.filter(({ group }) => group === "musical").map(({ name }) => name), others: PARAMETERS },
  all: { controls: names, others: PARAMETERS },
};
const DASHES = { renoise: "", invert: ' stroke-dasharray="7 4"', move: ' stroke-dasharray="2 3"' };
const { values: flags, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: "data/models/base" }, notes: { type: "string", default: "300" }, most: { type: "string", default: "24" },
    methods: { type: "string", default: "renoise,invert,move" }, steps: { type: "string" }, guidance: { type: "string" },
    groups: { type: "string", default: Object.keys(GROUPS).join() }, strengths: { type: "string", default: "0,0.25,0.5,0.75,1" },
    json: { type: "string" }, plot: { type: "string" }, from: { type: "string" },
  },
});
const strengths = flags.strengths.split(",").map(Number);

const result = flags.from ? JSON.parse(readFileSync(flags.from, "utf8")) : await run();
for (const line of table(result)) console.log(line);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result)}\n`);
if (flags.plot) writeFileSync(flags.plot, plot(result));

async function run() {
  const pairs = await readPairs();
  const model = await loadModel(flags.model);
  const measure = { names, measure: measureControls };
  const rows = [];
  for (const [index, { name, score, features, source, target }] of pairs.entries()) {
    const started = performance.now();
    for (const group of flags.groups.split(",")) {
      const { controls, others } = GROUPS[group];
      for (const method of flags.methods.split(",")) {
        if (method === "move" && controls.some((control) => !MOVED_CONTROLS.includes(control))) continue;
        for (const strength of strengths) {
          const { parameters, covered } = await transferPerformance(model, score, source, {
            toward: target, controls, strength, method, measure, features, seed: 5, ...(flags.steps && { steps: Number(flags.steps) }), ...(flags.guidance && { guidance: Number(flags.guidance) }),
          });
          rows.push({
            pair: name, group, method, strength, fall: covered,
            stays: Object.fromEntries(others.map((parameter) => [parameter, correlation(parameters, source, parameter)]).filter(([, r]) => Number.isFinite(r))),
          });
        }
      }
    }
    process.stderr.write(`${index + 1}/${pairs.length} ${name}: ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
  await model.release();
  return { pairs: pairs.map(({ name }) => name), rows };
}

async function readPairs() {
  const pairs = [];
  for (const path of sets) {
    const set = await openSet(path);
    for (const { index, description, performances } of set.entries()) {
      if (description.split !== "validation" || performances.length < 2) continue;
      const { notes, features } = set.readScore(index);
      const to = onsetBorder(notes, Math.min(notes.length, Number(flags.notes)));
      const cut = (values) => values.slice(0, to);
      const part = Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, key === "length" ? to : value?.length === notes.length ? cut(value) : value]));
      const played = [0, 1].map((k) => {
        const parameters = storedParameters(set.readPerformance(index, k));
        const columns = [...PARAMETERS, "mask"].map((key) => [key, cut(parameters[key])]);
        return { length: to, release: parameters.release, ...Object.fromEntries(columns) };
      });
      if (played.some(({ mask }) => mask.reduce((sum, one) => sum + one, 0) < 0.7 * to)) continue;
      if (pairs.length % 2) played.reverse();
      pairs.push({ name: `${description.piece}`, score: scoreOfNotes(part), features: { data: features.data.subarray(0, to * features.shape[1]), shape: [to, features.shape[1]] }, source: played[0], target: played[1] });
    }
    set.close();
  }
  const most = Number(flags.most);
  return pairs.length <= most ? pairs : Array.from({ length: most }, (_, i) => pairs[Math.floor(((i + 0.5) * pairs.length) / most)]);
}

/** No onset is cut. */
function onsetBorder(notes, near) {
  let n = near;
  while (n > 0 && n < notes.length && notes.onsetDiv[n] === notes.onsetDiv[n - 1]) n--;
  return n;
}

function correlation(a, b, name) {
  const both = Array.from(a.mask.keys()).filter((n) => a.mask[n] && b.mask[n]);
  const of = (parameters) => Float64Array.from(both, (n) => (name === "beatPeriod" ? Math.log2(parameters[name][n]) : parameters[name][n]));
  return pearson(of(a), of(b));
}

function figures({ rows }, group, method, strength) {
  const chosen = rows.filter((row) => row.group === group && row.method === method && row.strength === strength);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const stays = mean(chosen.map((row) => mean(Object.values(row.stays))));
  return { fall: mean(chosen.map((row) => row.fall)), stays, count: chosen.length };
}

function kinds({ rows }) {
  return [...new Set(rows.map(({ group, method }) => `${group} ${method}`))].map((kind) => kind.split(" "));
}

function table(result) {
  const given = [...new Set(result.rows.map(({ strength }) => strength))];
  const cell = ({ fall, stays }) => `${Math.round(100 * fall)} %, ${stays.toFixed(2)}`;
  return [
    `${result.pairs.length} pairs; each cell: fall of the distance to the target, correlation with the source's other parameters`,
    "",
    `| from the target | method | ${given.map((s) => `strength ${s}`).join(" | ")} |`,
    `|---|---|${given.map(() => "---").join("|")}|`,
    ...kinds(result).map(([group, method]) => `| ${group} | ${method} | ${given.map((s) => cell(figures(result, group, method, s))).join(" | ")} |`),
  ];
}

function plot(result) {
  const [W, H, left, top] = [360, 260, 56, 40];
  const given = [...new Set(result.rows.map(({ strength }) => strength))];
  const colours = ["#1b6ca8", "#c8553d", "#588b3b", "#7b4ea3", "#444444"];
  const panels = [["fall", "distance to the target falls by"], ["stays", "correlation with the source"]];
  const groups = [...new Set(result.rows.map(({ group }) => group))];
  const parts = panels.flatMap(([key, title], p) => {
    const x = (s) => left + p * (W + 70) + s * W;
    const y = (v) => top + H - Math.max(0, Math.min(1, v)) * H;
    const axes = [0, 0.25, 0.5, 0.75, 1].flatMap((v) => [
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(v)}" y2="${y(v)}" stroke="#ddd"/>`,
      `<text x="${x(0) - 8}" y="${y(v) + 4}" text-anchor="end">${key === "fall" ? `${100 * v} %` : v}</text>`,
      `<text x="${x(v)}" y="${top + H + 18}" text-anchor="middle">${v}</text>`,
    ]);
    const lines = kinds(result).map(([group, method]) => {
      const points = given.map((s) => `${x(s).toFixed(1)},${y(figures(result, group, method, s)[key]).toFixed(1)}`).join(" ");
      return `<polyline points="${points}" fill="none" stroke="${colours[groups.indexOf(group) % colours.length]}" stroke-width="2"${DASHES[method]}/>`;
    });
    return [...axes, ...lines, `<text x="${x(0.5)}" y="${top - 14}" text-anchor="middle" font-weight="bold">${title}</text>`, `<text x="${x(0.5)}" y="${top + H + 36}" text-anchor="middle">strength</text>`];
  });
  const legend = groups.map((group, i) => `<text x="${left + i * 110}" y="${top + H + 62}" fill="${colours[i % colours.length]}">${group}</text>`);
  const width = left + 2 * W + 100;
  const note = `<text x="${left + groups.length * 110}" y="${top + H + 62}">full: renoise, dashed: invert, dotted: move</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top + H + 80}" font-family="sans-serif" font-size="12"><title>Transfer: strength against fall of the distance and what stays</title><rect width="100%" height="100%" fill="white"/>${[...parts, ...legend, note].join("")}</svg>\n`;
}
