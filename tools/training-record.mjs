/**
 * @file Write the training record that travels with the shipped model, `run/` in its folder: what the dashboard shows before anything was trained.
 *
 *     node tools/training-record.mjs SET.h5… [--model data/models/base] --run runs/student --run runs/flow --run runs/flow-on [--message "how it was made"] [--seed 1]
 *
 * The curves are those of the runs, one after the other: stages of one name are joined, steps counted through, every tenth step is kept. A record may
 * be one of the runs: it is taken over as it is. What the model agrees on is measured here, on ALL validation pieces of the sets that two or
 * more pianists played, one draw each, by passages of 400 notes, the mean of the pieces; likewise for each earlier run that trained a flow and whose `model/` is there. Runs' own figures of
 * agreement are taken over only where they are of as many pieces. The sample is of the piece that `fit` itself shows first: of those of 30 to 2,000 notes by three
 * or more pianists the one whose pianists agree most (apps/train/src/run/sample-pieces.ts). The model has no say in the choice.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readFitData } from "../apps/train/dist/fit-data.js";
import { writeSample } from "../apps/train/dist/run/sample-files.js";
import { choosePieces, sampleRound } from "../apps/train/dist/run/sample-pieces.js";
import { renderScore } from "../packages/diffusion/dist/index.js";
import { loadModel } from "../packages/diffusion/dist/node.js";

const KEPT_EVERY = 10;
/** What a configuration says of the training, and nothing of the machine. */
const KEPT_OPTIONS = ["batch", "notes", "mean", "flow", "encoder", "denoiser", "fold", "seed", "controls", "sampling", "validateEvery"];
const LEFT_OUT = ["time", "rssMB", "tensorMB", "tensors"];
const { values: flags, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: { model: { type: "string", default: "data/models/base" }, run: { type: "string", multiple: true, default: [] }, message: { type: "string" }, seed: { type: "string", default: "1" } },
});
if (sets.length === 0 || flags.run.length === 0) throw new Error("expected the sets, and the runs by --run, in their order");

const { samplePieces } = await readFitData(sets);
const pieces = choosePieces(samplePieces, Infinity);
const round = sampleRound(pieces);
const runs = flags.run.map(readRun);
const taken = {};
const lines = [];
for (const [i, { folder, metrics, record }] of runs.entries()) {
  const before = { ...taken };
  const through = (line) => ({ ...line, step: line.step + (before[line.stage] ?? 0) });
  const own = metrics.filter(({ type }) => type === "step" || type === "validation").map(through);
  for (const { stage, step, type } of own) if (type === "step") taken[stage] = Math.max(taken[stage] ?? 0, step);
  const last = own.findLast(({ type }) => type === "validation");
  const isReleased = i === runs.length - 1;
  const trainsFlow = own.some(({ stage, type }) => stage === "flow" && type === "step");
  const model = isReleased ? flags.model : join(folder, "model");
  for (const line of own) {
    if (line.type === "step") {
      const kept = line.step - (before[line.stage] ?? 0);
      if (kept === 1 || kept % KEPT_EVERY === 0 || line.step === taken[line.stage]) lines.push(line);
      continue;
    }
    const { agreement, human, pieces: count, ...rest } = line;
    const measured = line === last && trainsFlow && existsSync(join(model, "config.json")) ? await measure(model, isReleased, line) : null;
    lines.push({ ...rest, ...(measured ?? (count === pieces.length ? { agreement, human, pieces: count } : {})) });
  }
  if (!last && isReleased) throw new Error(`${folder}: expected a validation at its end`);
  if (record.status !== "finished") process.stderr.write(`${folder}: ${record.status}\n`);
}
for (const line of lines) if (line.type === "step") line.steps = taken[line.stage];

const output = join(flags.model, "run");
writeFileSync(join(output, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(shortened(line))}\n`).join(""));
writeFileSync(join(output, "run.json"), `${JSON.stringify(describe(), null, 2)}\n`);

/** A run's folder, read before anything is written: it may be the record itself. */
function readRun(folder) {
  const text = readFileSync(join(folder, "metrics.jsonl"), "utf8");
  return {
    folder,
    metrics: text.split("\n").filter(Boolean).map((line) => JSON.parse(line)),
    record: JSON.parse(readFileSync(join(folder, "run.json"), "utf8")),
  };
}

/** Agreement over all pieces; of the released model the sample, too. */
async function measure(folder, isReleased, { stage, step }) {
  const model = await loadModel(folder);
  try {
    const { shown, ...figures } = await round(async ({ name, score, features }) => {
      const started = performance.now();
      const [{ parameters }] = await renderScore(model, score, { seed: Number(flags.seed), features });
      process.stderr.write(`${folder}, ${name}: ${score.notes.length} notes, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
      return parameters;
    });
    const list = (values) => Object.entries(values).map(([name, value]) => `${name} ${[value].flat().map((r) => r.toFixed(3)).join("–")}`).join(", ");
    process.stdout.write(`${folder}, ${figures.pieces} pieces: ${list(figures.agreement)}\n  pianists: ${list(figures.human)}\n  shown: ${shown.piece.name}\n`);
    if (isReleased) {
      const output = join(flags.model, "run");
      rmSync(join(output, "samples"), { recursive: true, force: true });
      mkdirSync(output, { recursive: true });
      lines.push({ type: "sample", stage, step, file: await writeSample(output, Object.values(taken).reduce((sum, steps) => sum + steps, 0), shown) });
    }
    return figures;
  } finally {
    await model.release();
  }
}

function describe() {
  const { training } = JSON.parse(readFileSync(join(flags.model, "config.json"), "utf8"));
  const { record } = runs.at(-1);
  const config = {};
  for (const { record: { config: own }, metrics } of runs) {
    const stages = new Set(metrics.filter(({ type }) => type === "step").map(({ stage }) => stage));
    for (const name of KEPT_OPTIONS) {
      if (own[name] === undefined || ((name === "mean" || name === "flow") && !stages.has(name))) continue;
      config[name] = name in taken ? { ...own[name], steps: taken[name] } : own[name];
    }
    // Folders of this machine mean nothing elsewhere.
    const teachers = Array.isArray(own.teachers) ? own.teachers.length : own.teachers;
    if (teachers) config.teachers = teachers;
  }
  const scores = training.data.flatMap(({ splits }) => (splits ? [splits] : []));
  const count = (split, what) => scores.reduce((sum, splits) => sum + splits[split][what], 0);
  const counted = `${count("train", "performances")} performances of ${count("train", "scores")} scores trained it; agreement is over the ${pieces.length} validation pieces that several pianists played.`;
  return {
    name: "base, as shipped", model: "base", config, engine: record.engine, engineReason: record.engineReason, startedAt: runs[0].record.startedAt, status: "finished",
    message: [flags.message ?? record.message?.replace(/ ?\d+ performances of \d+ scores trained it.*$/, ""), counted].filter(Boolean).join(" "),
  };
}

/** Four digits tell a curve; the time of day and the memory of one machine tell nothing. */
function shortened(line) {
  return JSON.parse(JSON.stringify(line), (name, value) => {
    if (LEFT_OUT.includes(name)) return undefined;
    return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  });
}
