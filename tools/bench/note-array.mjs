/**
 * @file MusicXML to note array, against partitura 1.9: `node tools/bench/note-array.mjs [rounds] [part of a name]`.
 *
 * Islamey and the 18 scores of the nASAP reference values, each read and, where its reference is, unfolded. Ours is
 * the built package (`npm run build`); partitura is the one of the Python in `DEXTER_PYTHON` (default `python3`). Both
 * read files from memory's cache, one after the other in one process each, the best of the rounds (3) counts.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readMusicXml, unfoldRepeats } from "@dexter/codec";
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

const references = [...(await readArchive(golden, (name) => name.startsWith("asap/"))).values()].map((bytes) => JSON.parse(gunzipSync(bytes).toString()));
const files = await readArchive(corpus, (name) => references.some(({ score_file }) => name === `asap-dataset/${score_file}`));
const jobs = references.filter(({ score_file }) => score_file.includes(only)).map(({ score_file, unfolded }) => ({ name: score_file, unfolded, bytes: files.get(`asap-dataset/${score_file}`) }));

const ours = new Map();
for (let round = 0; round < ROUNDS; round++)
  for (const { name, unfolded, bytes } of jobs) {
    const start = performance.now();
    const score = readMusicXml(bytes, { file: name });
    const { notes } = unfolded ? unfoldRepeats(score) : score;
    const ms = performance.now() - start;
    ours.set(name, { ms: Math.min(ms, ours.get(name)?.ms ?? Infinity), notes: notes.length });
  }

const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
let theirs;
try {
  const list = jobs.map(({ name, unfolded, bytes }, i) => {
    const path = join(folder, `${i}.musicxml`);
    writeFileSync(path, bytes);
    return { name, unfolded, path };
  });
  const script = join(dirname(fileURLToPath(import.meta.url)), "note_array.py");
  const run = spawnSync(process.env.DEXTER_PYTHON ?? "python3", [script, String(ROUNDS)], { input: JSON.stringify(list), encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] });
  theirs = run.status === 0 ? JSON.parse(run.stdout) : null;
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`${"score".padEnd(48)} notes    ours ms  partitura ms  ratio`);
let sumOurs = 0, sumTheirs = 0;
for (const [name, { ms, notes }] of ours) {
  const other = theirs?.times[name];
  sumOurs += ms;
  sumTheirs += other ?? 0;
  console.log(`${name.replace("/xml_score.musicxml", "").padEnd(48)} ${String(notes).padStart(5)} ${ms.toFixed(1).padStart(10)} ${other ? other.toFixed(0).padStart(13) : "            –"} ${other ? (other / ms).toFixed(1).padStart(6) : ""}`);
}
console.log(`${"all".padEnd(48)}       ${sumOurs.toFixed(1).padStart(10)} ${theirs ? sumTheirs.toFixed(0).padStart(13) : "            –"} ${theirs ? (sumTheirs / sumOurs).toFixed(1).padStart(6) : ""}`);
console.log(theirs ? `partitura ${theirs.version}, Python ${theirs.python}; Node ${process.versions.node}` : "partitura was not found: set DEXTER_PYTHON to a Python that has it.");
