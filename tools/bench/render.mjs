/**
 * @file `dexter render` as a whole process: wall time and peak memory, `node tools/bench/render.mjs [rounds]`.
 *
 * A score of about 2,000 notes and Islamey, first on WebAssembly, then on onnxruntime-node where Node finds one
 * (`NODE_PATH` helps). The model is the one of the repository, or a random one of the same size. Build first.
 */
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { FEATURE_SETS } from "@dexter/codec";
import { DEFAULT_SAMPLING, DEFAULT_STACK, TARGET_NAMES, modelTensors } from "@dexter/diffusion";
import { saveCheckpoint } from "@dexter/diffusion/node";
import { sharedPath } from "../shared-data.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const ISLAMEY = "asap-dataset/Balakirev/Islamey/xml_score.musicxml";
const LIMITS = { web: [3, 15], node: [2.5, Infinity] };
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
try {
  const scores = [{ name: "2,000 notes", path: writePlainScore(2000) }];
  const corpus = sharedPath("datasets", "asap-dataset.tar.gz");
  if (corpus) scores.push({ name: "Islamey", path: await unpack(corpus, ISLAMEY) });
  else console.log("Islamey is left out: no datasets/asap-dataset.tar.gz in DEXTER_SHARED.");
  const model = existsSync(join(root, "data/models/base/config.json")) ? join(root, "data/models/base") : await randomModel();

  console.log("runtime  score          notes   best s  limit s  peak MB");
  for (const runtime of ["web", "node"]) {
    if (runtime === "node" && !installed("onnxruntime-node")) {
      console.log("node     onnxruntime-node is not installed");
      continue;
    }
    scores.forEach(({ name, path }, i) => {
      const runs = Array.from({ length: ROUNDS }, () => render(path, model, runtime));
      const seconds = Math.min(...runs.map((run) => run.seconds));
      const megabytes = Math.max(...runs.map((run) => run.megabytes));
      const limit = LIMITS[runtime][i];
      console.log(
        `${runtime.padEnd(8)} ${name.padEnd(14)} ${String(runs[0].notes).padStart(5)} ${seconds.toFixed(2).padStart(8)} ${String(limit === Infinity ? "-" : limit).padStart(8)} ${megabytes.toFixed(0).padStart(8)}`,
      );
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** One run of the app. Its own process reports its peak at exit. */
function render(score, model, runtime) {
  const report = join(folder, "peak.txt");
  const probe = join(folder, "probe.mjs");
  writeFileSync(probe, `import { writeFileSync } from "node:fs";\nprocess.on("exit", () => writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));\n`);
  const begin = performance.now();
  const run = spawnSync(
    process.execPath,
    ["--import", probe, join(root, "apps/render/bin/dexter.mjs"), "render", score, "-o", join(folder, "out.mid"), "--seed", "1", "--model", model, "--json"],
    { encoding: "utf8", env: { ...process.env, DEXTER_RUNTIME: runtime } },
  );
  const seconds = (performance.now() - begin) / 1000;
  if (run.status !== 0) throw new Error(`dexter render failed: ${run.stderr}`);
  return { seconds, megabytes: Number(readFileSync(report, "utf8")) / 1024, notes: JSON.parse(run.stdout).notes };
}

/** Two hands, chords on the beats: four sixteenths above, a chord of three below. */
function writePlainScore(notes) {
  const steps = "CDEFGAB";
  const note = (step, octave, duration, voice, chord) =>
    `<note>${chord ? "<chord/>" : ""}<pitch><step>${step}</step><octave>${octave}</octave></pitch><duration>${duration}</duration><voice>${voice}</voice><staff>${voice}</staff></note>`;
  const measures = [];
  for (let written = 0; written < notes; ) {
    const bar = measures.length;
    const above = Array.from({ length: 16 }, (_, i) => note(steps[(bar * 3 + i * 2) % 7], 5, 1, 1, false)).join("");
    const below = Array.from({ length: 4 }, (_, beat) => [0, 2, 4].map((third) => note(steps[(bar + beat + third) % 7], 3, 4, 2, third > 0)).join("")).join("");
    const attributes = bar === 0 ? "<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>" : "";
    measures.push(`<measure number="${bar + 1}">${attributes}${above}<backup><duration>16</duration></backup>${below}</measure>`);
    written += 28;
  }
  const path = join(folder, "plain.musicxml");
  writeFileSync(path, `<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list><part id="P1">${measures.join("")}</part></score-partwise>`);
  return path;
}

async function unpack(archive, wanted) {
  const path = join(folder, "islamey.musicxml");
  const tar = extract();
  tar.on("entry", (header, stream, next) => {
    stream.on("end", next);
    if (header.name === wanted) stream.pipe(createWriteStream(path));
    else stream.resume();
  });
  await pipeline(createReadStream(archive), createGunzip(), tar);
  return path;
}

/** A checkpoint of the shipped model's size; its music is noise, its time is the same. */
async function randomModel() {
  const names = FEATURE_SETS.base.map(({ name }) => name);
  const config = {
    format: "dexter-base", version: 1,
    features: { set: "base", names, mean: names.map(() => 0), sd: names.map(() => 1), clip: 5 },
    targets: { names: TARGET_NAMES, mean: [0, 0, 0, 0, -0.3, 0.4], sd: [0.2, 0.1, 10, 0.5, 0.8, 0.4], clip: 4, slowTempoBeats: 12, timingScaleSec: 0.03 },
    encoder: DEFAULT_STACK, denoiser: DEFAULT_STACK, sampling: DEFAULT_SAMPLING, training: {},
  };
  const weights = Object.fromEntries(
    modelTensors(config).map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, () => (name.endsWith("norm.weight") ? 1 : (Math.random() - 0.5) / Math.sqrt(size / shape[0])));
      return [name, { shape, data }];
    }),
  );
  const path = join(folder, "model");
  await saveCheckpoint(path, { config, weights });
  return path;
}

function installed(name) {
  try {
    createRequire(join(root, "packages/diffusion/package.json")).resolve(name);
    return true;
  } catch {
    return false;
  }
}
