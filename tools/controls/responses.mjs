/**
 * @file What moves each control: docs/images/control-responses.svg, `node tools/controls/responses.mjs [--json]`.
 *
 * A plain performance of the demo scores is bent one way at a time; each cell shows how a control answers, in standard
 * deviations of the corpus (docs/experiments/control-statistics.json), as the mean over notes and scores.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMusicXml } from "@dexter/codec";
import { CONTROLS, measureControls } from "@dexter/eval-features";

const root = fileURLToPath(new URL("../..", import.meta.url));
const statistics = JSON.parse(readFileSync(join(root, "docs/experiments/control-statistics.json"), "utf8"));
const K = CONTROLS.length;

/** A repeatable number of −1 to 1 for a place. */
const chance = (n) => {
  const x = Math.sin(12.9898 * (n + 1)) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
};

const PLAIN = { tempo: 0, sway: 0.06, unsteady: 0.02, level: 64, depth: 6, articulation: -0.4, pedal: 0.3, voicing: 8, lead: 10, spread: 6 };

/** What is bent, from and to, and how the axis is named. */
const SWEEPS = [
  { field: "tempo", from: -1, to: 1, label: "tempo", ends: ["half", "double"] },
  { field: "sway", from: 0, to: 0.5, label: "tempo sway", ends: ["0", "½ octave"] },
  { field: "unsteady", from: 0, to: 0.35, label: "uneven beats", ends: ["0", "35 %"] },
  { field: "level", from: 40, to: 95, label: "loudness", ends: ["40", "95"] },
  { field: "depth", from: 0, to: 22, label: "swell", ends: ["0", "22 vel."] },
  { field: "articulation", from: -2.5, to: 0.4, label: "tone length", ends: ["18 %", "132 %"] },
  { field: "pedal", from: 0, to: 1, label: "pedal", ends: ["up", "down"] },
  { field: "voicing", from: -20, to: 35, label: "voicing", ends: ["−20", "+35 vel."] },
  { field: "lead", from: -50, to: 60, label: "melody lead", ends: ["−50", "60 ms"] },
  { field: "spread", from: 0, to: 60, label: "chord spread", ends: ["0", "60 ms"] },
];
const STEPS = 9;

const scores = readdirSync(join(root, "data/scores")).filter((name) => name.endsWith(".musicxml"))
  .map((name) => readMusicXml(readFileSync(join(root, "data/scores", name)), { file: name }));

function play({ notes }, p) {
  const N = notes.length;
  const top = new Map();
  for (let n = 0; n < N; n++) top.set(notes.onsetQuarter[n], Math.max(top.get(notes.onsetQuarter[n]) ?? 0, notes.pitch[n]));
  const column = (value) => Float64Array.from({ length: N }, (_, n) => value(n, notes.onsetQuarter[n], notes.pitch[n] === top.get(notes.onsetQuarter[n])));
  const beats = (n) => notes.durationBeat[n] / notes.durationQuarter[n] || 1;
  return {
    length: N, mask: new Uint8Array(N).fill(1), release: "key",
    beatPeriod: column((n, at) => (0.6 / beats(n)) * 2 ** (-p.tempo + p.sway * Math.SQRT2 * Math.sin((2 * Math.PI * at) / 8) + p.unsteady * 1.7 * chance(Math.round(at * 48)))),
    velocityNorm: column((n, at, melody) => Math.max(1, Math.min(127, p.level + p.depth * Math.SQRT2 * Math.sin((2 * Math.PI * at) / 6) + (melody ? p.voicing / 2 : -p.voicing / 2))) / 127),
    timingSec: column((n, _at, melody) => ((melody ? p.lead / 2 : -p.lead / 2) + p.spread * 1.7 * chance(7 * n)) / 1000),
    articulationLog2: column(() => p.articulation),
    pedalNorm: column(() => p.pedal),
  };
}

/** Mean of every control over the notes of all scores, `[K]`. */
function answer(change) {
  const sum = new Float64Array(K);
  const count = new Float64Array(K);
  for (const score of scores) {
    const { values, mask } = measureControls(score, play(score, { ...PLAIN, ...change }));
    for (let cell = 0; cell < mask.length; cell++) {
      if (!mask[cell]) continue;
      sum[cell % K] += values.data[cell];
      count[cell % K]++;
    }
  }
  return sum.map((total, k) => total / count[k]);
}

const plain = answer({});
const responses = SWEEPS.map((sweep) => ({
  ...sweep,
  values: Array.from({ length: STEPS }, (_, s) => {
    const value = sweep.from + ((sweep.to - sweep.from) * s) / (STEPS - 1);
    return [...answer({ [sweep.field]: value })].map((mean, k) => (mean - plain[k]) / statistics.controls[k].sd);
  }),
}));

if (process.argv.includes("--json")) {
  console.log(JSON.stringify(responses.map(({ field, from, to, values }) => ({ field, from, to, values })), null, 1));
} else {
  writeFileSync(join(root, "docs/images/control-responses.svg"), picture());
}

function picture() {
  const [LEFT, TOP, W, H, GAP] = [176, 92, 84, 44, 6];
  const width = LEFT + SWEEPS.length * (W + GAP) + 14;
  const height = TOP + K * (H + GAP) + 30;
  const RANGE = 3;
  const parts = [];
  const text = (x, y, content, more = "") => parts.push(`<text x="${x}" y="${y}" ${more}>${content}</text>`);
  text(16, 32, "What moves each control", 'class="title"');
  text(16, 52, `Columns: a plain performance of four scores, bent one way. Rows: a control's answer, ±${RANGE} standard deviations of the corpus. The dot is the plain one.`);
  responses.forEach(({ label, ends }, s) => {
    const x = LEFT + s * (W + GAP);
    text(x + W / 2, TOP - 12, label, 'class="heading" text-anchor="middle"');
    text(x + 1, height - 14, ends[0], 'class="tick"');
    text(x + W - 1, height - 14, ends[1], 'class="tick" text-anchor="end"');
  });
  CONTROLS.forEach(({ name, group }, k) => {
    const y = TOP + k * (H + GAP);
    text(LEFT - 12, y + H / 2 + 4, name, `class="heading ${group}" text-anchor="end"`);
    responses.forEach(({ field, from, to, values }, s) => {
      const x = LEFT + s * (W + GAP);
      const px = (step) => x + 4 + ((W - 8) * step) / (STEPS - 1);
      const py = (value) => y + H / 2 - (Math.max(-RANGE, Math.min(RANGE, value)) / RANGE) * (H / 2 - 4);
      const reach = Math.max(...values.map((row) => row[k])) - Math.min(...values.map((row) => row[k]));
      const strength = reach > 1 ? "strong" : reach > 0.3 ? "some" : "none";
      parts.push(`<rect class="panel" x="${x}" y="${y}" width="${W}" height="${H}"/><path class="row" d="M${x} ${y + H / 2}h${W}"/>`);
      parts.push(`<path class="${strength} ${group}" d="M${values.map((row, step) => `${px(step).toFixed(1)} ${py(row[k]).toFixed(1)}`).join("L")}"/>`);
      const at = ((PLAIN[field] - from) / (to - from)) * (STEPS - 1);
      parts.push(`<circle class="dot" cx="${px(at).toFixed(1)}" cy="${(y + H / 2).toFixed(1)}" r="2"/>`);
    });
  });
  const style = `.r text{font:11.5px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#5b6470}.r .page{fill:#fff}.r .panel{fill:#f6f7f9}.r .row{stroke:#dfe3e8}
.r .title{font-size:19px;font-weight:600;fill:#1c2126}.r .heading{font-size:11px;font-weight:600;fill:#2d343b}.r .tick{font-size:10px}
.r path{fill:none}.r .strong,.r .some,.r .none{stroke-linejoin:round;stroke-width:2.2;stroke:#1f6fb4}.r .perceptual{stroke:#d9622b}.r text.perceptual,.r text.musical{stroke:none}
.r .some{stroke-width:1.6;stroke-opacity:.6}.r .none{stroke-width:1.2;stroke-opacity:.25}.r .dot{fill:#5b6470}
@media (prefers-color-scheme:dark){.r text{fill:#a3adb8}.r .page{fill:#14181d}.r .panel{fill:#1b2027}.r .row{stroke:#2b323b}.r .title{fill:#eef1f4}.r .heading{fill:#d5dbe1}.r .strong,.r .some,.r .none{stroke:#6db3f2}.r .perceptual{stroke:#f59a64}.r .dot{fill:#a3adb8}}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="r" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>What moves each control</title><style>${style}</style><rect class="page" width="${width}" height="${height}" rx="8"/>${parts.join("\n")}</svg>\n`;
}
