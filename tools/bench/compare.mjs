/**
 * @file Comparing 22 performances, against scipy: `node tools/bench/compare.mjs [rounds]`.
 *
 * The pianists of Vienna 4x22 on each of the four excerpts: `dexter compare` as a whole process (match files read, encoded, all
 * pairs compared), once with and once without the page; at most 3 s is wanted. Then the figures alone, each against all others,
 * beside numpy and scipy on the same curves: Pearson, Spearman, Wasserstein's distance and the KL divergence of Gaussian kernel densities
 * at 512 points, without time warping, which scipy does not have; on the last excerpt alone, where scipy takes 8 s (on the others up to 36 s). Best of the rounds (3), of
 * scipy one. Ours is the built package
 * (`npm run build`); scipy is the one of the Python in `DEXTER_PYTHON` (default `python3`).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { encodePerformance, readMatch, readMusicXml } from "@dexter/codec";
import { compareEach } from "@dexter/eval-features";
import { sharedPath } from "../shared-data.mjs";
import { readArchive } from "./archive.mjs";

const ROUNDS = Number(process.argv[2] ?? 3);
const archive = sharedPath("datasets", "vienna4x22.tar.gz");
if (!archive) {
  console.log("Needs datasets/vienna4x22.tar.gz in DEXTER_SHARED.");
  process.exit(0);
}
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { comparisonCurves } = await import(pathToFileURL(join(root, "packages/eval-features/dist/comparison/comparison-curves.js")));
const files = await readArchive(archive, (name) => /\.(match|musicxml)$/.test(name));
const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
try {
  for (const kind of ["match", "musicxml"]) mkdirSync(join(folder, kind));
  for (const [name, bytes] of files) writeFileSync(join(folder, name.endsWith(".match") ? "match" : "musicxml", basename(name)), bytes);
  const pieces = [...files.keys()].filter((name) => name.endsWith(".musicxml")).map((name) => basename(name, ".musicxml")).sort();
  console.log(`${"piece".padEnd(24)} notes  process s  with page s  figures ms  scipy ms  ratio`);
  for (const piece of pieces) {
    const names = [...files.keys()].filter((name) => basename(name).startsWith(`${piece}_p`) && name.endsWith(".match")).sort();
    const args = [...names.map((name) => join(folder, "match", basename(name))), "--score", join(folder, "musicxml", `${piece}.musicxml`)];
    const [plain, page] = [[], ["--html", join(folder, "report.html")]].map((more) => best(() => {
      const run = spawnSync(process.execPath, [join(root, "apps/render/bin/dexter.mjs"), "compare", ...args, ...more], { encoding: "utf8" });
      if (run.status !== 0) throw new Error(run.stderr);
    }));
    const score = readMusicXml([...files].find(([name]) => basename(name) === `${piece}.musicxml`)[1]);
    const played = names.map((name) => {
      const { performance: midi, alignment } = readMatch(new TextDecoder().decode(files.get(name)));
      return encodePerformance(score, midi, alignment, { release: "key" });
    });
    const figures = best(() => compareEach(score, played));
    const { curves } = comparisonCurves(score, played);
    const measures = [(one) => one.perOnset.tempo, (one) => one.perOnset.velocityOnset, ...["velocityNote", "articulation", "timing", "pedal"].map((name) => (one) => one.perNote[name])];
    const theirs = piece !== pieces.at(-1) ? null : peer(measures.map((of) => curves.map((one) => [...of(one)])));
    console.log(`${piece.padEnd(24)} ${String(score.notes.length).padStart(5)} ${(plain / 1000).toFixed(2).padStart(10)} ${(page / 1000).toFixed(2).padStart(12)} ${figures.toFixed(0).padStart(11)} ${(theirs?.ms.toFixed(0) ?? "–").padStart(9)} ${(theirs ? (theirs.ms / figures).toFixed(1) : "").padStart(6)}`);
    if (theirs && piece === pieces.at(-1)) console.log(`scipy ${theirs.version}; Node ${process.versions.node}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Milliseconds of the fastest round. */
function best(work) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** scipy's time, or null where it is not there. NaN becomes null in JSON. */
function peer(curves) {
  const script = join(dirname(fileURLToPath(import.meta.url)), "compare.py");
  const run = spawnSync(process.env.DEXTER_PYTHON ?? "python3", [script, "1"], { input: JSON.stringify(curves), encoding: "utf8", maxBuffer: 2 ** 26 });
  return run.status === 0 ? JSON.parse(run.stdout) : null;
}
