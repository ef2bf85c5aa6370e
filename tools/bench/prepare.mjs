/**
 * @file Time and memory of `dexter-train prepare` on nASAP, straight from its archive: `node tools/bench/prepare.mjs [archive]`.
 *
 * Must reach: 90 s on two cores, 1.5 GB. Run it on an idle machine after `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedPath } from "../shared-data.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const archive = process.argv[2] ?? sharedPath("datasets", "asap-dataset.tar.gz");
if (!archive) {
  console.error("bench: nASAP is not here. Give its archive, or set DEXTER_SHARED.");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "dexter-bench-"));
const output = join(folder, "set.h5");
// A preload tells the peak of the process's own memory when it ends.
const preload = `data:text/javascript,${encodeURIComponent('process.on("exit", () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`));')}`;
const start = performance.now();
const run = spawnSync(
  process.execPath,
  ["--import", preload, join(root, "apps/train/bin/dexter-train.mjs"), "prepare", "--corpus", `asap=${archive}`, "-o", output, "--json"],
  { encoding: "utf8", maxBuffer: 2 ** 26 },
);
const seconds = (performance.now() - start) / 1000;
try {
  if (run.status !== 0) {
    console.error(run.stderr);
    process.exit(1);
  }
  const { counts, skipped } = JSON.parse(run.stdout);
  const peak = Number(/peak (\d+)/.exec(run.stderr)?.[1]) / 1024;
  console.log(`nASAP: ${counts.scores} scores, ${counts.performances} performances, ${skipped.length} skipped`);
  console.log(`time ${seconds.toFixed(1)} s (must reach 90), peak ${peak.toFixed(0)} MB (must reach 1536), file ${(statSync(output).size / 2 ** 20).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}
