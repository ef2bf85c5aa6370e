/**
 * @file Performance features: `node tools/bench/features.mjs [rounds] [most notes for partitura]`.
 *
 * A made performance of 500 to 32,000 notes tells how the time grows; the target is 8,000 notes in 0.5 s. Then some of
 * the nASAP performances of the reference values, beside partitura 1.9, which has nine of the features: score,
 * performance and alignment are read beforehand on both sides, the best of the rounds (3) counts. partitura's time grows
 * with the square of the notes: pieces over 2,500 notes are left to ours alone. Ours is the built package; partitura is
 * that of the Python in `DEXTER_PYTHON` (default `python3`).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodePerformance, readMidi, readMusicXml, readNasapAlignment, scoreForAlignment } from "@dexter/codec";
import { performanceFeatures, summarizeFeatures, windowFeatures } from "@dexter/eval-features";
import { sharedPath } from "../shared-data.mjs";
import { readArchive } from "./archive.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const MOST_NOTES = Number(process.argv[3] ?? 2500);

console.log("notes   features ms  with bars and figures ms");
for (const notes of [500, 2000, 8000, 32000]) {
  const { score, performance: played, alignment } = madePerformance(notes);
  let features = Infinity;
  let all = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const measured = performanceFeatures(score, played, alignment);
    features = Math.min(features, performance.now() - start);
    windowFeatures(score, measured);
    summarizeFeatures(measured);
    all = Math.min(all, performance.now() - start);
  }
  console.log(`${String(notes).padStart(5)} ${features.toFixed(1).padStart(13)} ${all.toFixed(1).padStart(25)}`);
}

const golden = sharedPath("golden", "performance-codec.tar");
const corpus = sharedPath("datasets", "asap-dataset.tar.gz");
if (!golden || !corpus) {
  console.log("The comparison needs golden/performance-codec.tar and datasets/asap-dataset.tar.gz in DEXTER_SHARED.");
  process.exit(0);
}
const references = [...(await readArchive(golden, (name) => name.startsWith("asap/"))).keys()];
const jobFiles = references.map((name) => {
  const stem = `asap-dataset/${name.slice("asap/".length, -".json.gz".length).split("__").join("/")}`;
  return { name: stem.slice("asap-dataset/".length), score: `${dirname(stem)}/xml_score.musicxml`, midi: `${stem}.mid`, alignment: `${stem}_note_alignments/note_alignment.tsv` };
});
const wanted = new Set(jobFiles.flatMap(({ score, midi, alignment }) => [score, midi, alignment]));
const files = await readArchive(corpus, (name) => wanted.has(name));

const ours = new Map();
for (const { name, score: scoreFile, midi, alignment: alignmentFile } of jobFiles) {
  const alignment = readNasapAlignment(files.get(alignmentFile));
  const score = scoreForAlignment(readMusicXml(files.get(scoreFile)), alignment);
  const played = readMidi(files.get(midi));
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    performanceFeatures(score, played, alignment);
    best = Math.min(best, performance.now() - start);
  }
  ours.set(name, { ms: best, notes: alignment.filter(({ kind }) => kind === "match").length });
}

const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
let theirs;
try {
  const list = jobFiles.filter(({ name }) => ours.get(name).notes <= MOST_NOTES).map(({ name, ...paths }, i) => {
    const job = { name };
    for (const [kind, path] of Object.entries(paths)) {
      job[kind] = join(folder, `${i}-${path.split("/").pop()}`);
      writeFileSync(job[kind], files.get(path));
    }
    return job;
  });
  const script = join(dirname(fileURLToPath(import.meta.url)), "features.py");
  const run = spawnSync(process.env.DEXTER_PYTHON ?? "python3", [script], { input: JSON.stringify(list), encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  theirs = run.status === 0 ? JSON.parse(run.stdout) : null;
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`\n${"performance".padEnd(60)} notes    ours ms  partitura ms  ratio`);
const compared = { ours: 0, theirs: 0 };
for (const [name, { ms, notes }] of ours) {
  const other = theirs?.times[name];
  if (other) {
    compared.ours += ms;
    compared.theirs += other;
  }
  row(name, String(notes), ms, other);
}
if (theirs) row("all that both measured", "", compared.ours, compared.theirs);
console.log(theirs ? `partitura ${theirs.version}, Python ${theirs.python}; Node ${process.versions.node}` : "partitura was not found: set DEXTER_PYTHON to a Python that has it.");

function row(name, notes, ms, other) {
  console.log(`${name.padEnd(60)} ${notes.padStart(5)} ${ms.toFixed(2).padStart(10)} ${(other?.toFixed(0) ?? "–").padStart(13)} ${(other ? (other / ms).toFixed(0) : "").padStart(6)}`);
}

/** Four voices in quavers, played with some rubato, dynamics and pedal. */
function madePerformance(notes) {
  const onsets = Math.ceil(notes / 4);
  const bars = Array.from({ length: Math.ceil(onsets / 8) }, (_, bar) => {
    const voice = (v) => Array.from({ length: 8 }, (_, i) => {
      const step = "CDEFGAB"[(bar + i * (v + 1)) % 7];
      return `<note><pitch><step>${step}</step><octave>${6 - v}</octave></pitch><duration>1</duration><voice>${v + 1}</voice></note>`;
    }).join("");
    const mark = bar % 4 === 0 ? `<direction><direction-type><dynamics><${bar % 8 ? "f" : "p"}/></dynamics></direction-type></direction>` : "";
    return `<measure number="${bar + 1}"><attributes><divisions>2</divisions></attributes>${mark}${[0, 1, 2, 3].map(voice).join("<backup><duration>8</duration></backup>")}</measure>`;
  });
  const score = readMusicXml(`<score-partwise><part-list><score-part id="P1"/></part-list><part id="P1">${bars.join("")}</part></score-partwise>`);
  const N = score.notes.length;
  const wave = (middle, reach, period) => Float64Array.from({ length: N }, (_, n) => middle + reach * Math.sin((2 * Math.PI * Math.floor(n / 4)) / period));
  const parameters = {
    length: N, release: "key", mask: new Uint8Array(N).fill(1),
    beatPeriod: wave(0.5, 0.1, 64), velocityNorm: wave(0.5, 0.2, 40).map((v, n) => v - 0.02 * (n % 4)),
    timingSec: Float64Array.from({ length: N }, (_, n) => 0.005 * ((n * 7) % 5)), articulationLog2: wave(-0.2, 0.4, 24), pedalNorm: wave(0.5, 0.5, 8),
  };
  return { score, ...decodePerformance(score, parameters) };
}
