/**
 * @file Build every project with one incremental `tsc -b`: what `npm ci` runs, and the apps on first use.
 *
 * With `--on-install` a missing compiler (an install without development dependencies) is not an error.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
if (!existsSync(tsc)) {
  if (process.argv.includes("--on-install")) process.exit(0);
  console.error("build: typescript is not installed. Run `npm ci` first.");
  process.exit(1);
}
const run = spawnSync(process.execPath, [tsc, "-b", join(root, "tsconfig.json")], { stdio: "inherit", cwd: root });
process.exit(run.status ?? 1);
