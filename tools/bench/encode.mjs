/**
 * @file Encoding, against partitura 1.9: `node tools/bench/encode.mjs [rounds] [part of a name]`.
 *
 * The 18 nASAP performances of the reference values. Score, performance and alignment are read beforehand on both
 * sides; what counts is `encodePerformance`, the best of the rounds (3). Ours is the built package (`npm run build`);
 * partitura is the one of the Python in `DEXTER_PYTHON` (default `python3`).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePerformance, readMidi, readMusicXml, readNasapAlignment, scoreForAlignment } from "@dexter/codec";
import { sharedPath } from "../shared-data.mjs";
import { readArchive } from "./archive.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const only = process.argv[3] ?? "";
const golden = sharedPath("golden", "performance-codec.tar");
const corpus = sharedPath("datasets", "asap-dataset.tar.gz");
if (!golden || !corpus) {
  console.log("Needs golden/performance-codec.tar and datasets/asap-dataset.tar.gz in DEXTER_SHARED.");
  process.exit(0);
}

const references = [...(await readArchive(golden, (name) => name.startsWith("asap/"))).keys()];
const stems = references.map((name) => `asap-dataset/${name.slice("asap/".length, -".json.gz".length).split("__").join("/")}`).filter((stem) => stem.includes(only));
const jobFiles = stems.map((stem) => ({
  name: stem.slice("asap-dataset/".length),
  score: `${dirname(stem)}/xml_score.musicxml`,
  midi: `${stem}.mid`,
  alignment: `${stem}_note_alignments/note_alignment.tsv`,
}));
const wanted = new Set(jobFiles.flatMap(({ score, midi, alignment }) => [score, midi, alignment]));
const files = await readArchive(corpus, (name) => wanted.has(name));

const jobs = jobFiles.map(({ name, score, midi, alignment }) => {
  const entries = readNasapAlignment(files.get(alignment));
  return { name, score: scoreForAlignment(readMusicXml(files.get(score)), entries), performance: readMidi(files.get(midi)), alignment: entries };
});
const ours = new Map();
for (let round = 0; round < ROUNDS; round++)
  for (const job of jobs) {
    const start = performance.now();
    encodePerformance(job.score, job.performance, job.alignment);
    const ms = performance.now() - start;
    ours.set(job.name, { ms: Math.min(ms, ours.get(job.name)?.ms ?? Infinity), notes: job.alignment.filter(({ kind }) => kind === "match").length });
  }

const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
let theirs;
try {
  const list = jobFiles.map(({ name, ...paths }, i) => {
    const job = { name };
    for (const [kind, path] of Object.entries(paths)) {
      job[kind] = join(folder, `${i}-${path.split("/").pop()}`);
      writeFileSync(job[kind], files.get(path));
    }
    return job;
  });
  const script = join(dirname(fileURLToPath(import.meta.url)), "encode.py");
  const run = spawnSync(process.env.DEXTER_PYTHON ?? "python3", [script, String(ROUNDS)], { input: JSON.stringify(list), encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  theirs = run.status === 0 ? JSON.parse(run.stdout) : null;
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`${"performance".padEnd(60)} notes    ours ms  partitura ms  ratio`);
let sumOurs = 0;
let sumTheirs = 0;
for (const [name, { ms, notes }] of ours) {
  const other = theirs?.times[name];
  sumOurs += ms;
  sumTheirs += other ?? 0;
  row(name, String(notes), ms, other);
}
row("all", "", sumOurs, theirs ? sumTheirs : undefined);
console.log(theirs ? `partitura ${theirs.version}, Python ${theirs.python}; Node ${process.versions.node}` : "partitura was not found: set DEXTER_PYTHON to a Python that has it.");

function row(name, notes, ms, other) {
  console.log(`${name.padEnd(60)} ${notes.padStart(5)} ${ms.toFixed(2).padStart(10)} ${(other?.toFixed(0) ?? "–").padStart(13)} ${(other ? (other / ms).toFixed(0) : "").padStart(6)}`);
}
