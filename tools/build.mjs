/**
 * @file Build with one incremental `tsc -b`: every project (what `npm ci` runs, and the apps on first use), or the one named.
 *
 *     node tools/build.mjs [--on-install] [project folder]
 *
 * Output whose source was renamed or deleted is removed first, so that it cannot be published.
 * With `--on-install` a missing compiler (an install without development dependencies) is not an error.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const onInstall = process.argv.includes("--on-install");
const project = process.argv.slice(2).find((argument) => !argument.startsWith("-"));

if (!existsSync(tsc)) {
  if (onInstall) process.exit(0);
  console.error("build: typescript is not installed. Run `npm ci` first.");
  process.exit(1);
}

const folders = project
  ? [resolve(project)]
  : ["packages", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)));
folders.forEach(removeStale);

const config = project ? join(resolve(project), "tsconfig.lib.json") : join(root, "tsconfig.json");
const run = spawnSync(process.execPath, [tsc, "-b", config], { stdio: "inherit", cwd: root });
if (run.status !== 0) process.exit(run.status ?? 1);
// Pages of apps are bundled beside their code; a project that is named does so itself.
for (const folder of project ? [] : folders) {
  const page = join(folder, "build-page.mjs");
  if (existsSync(page) && spawnSync(process.execPath, [page], { stdio: "inherit", cwd: folder }).status !== 0) process.exit(1);
}

/** Delete the output files of a project whose TypeScript source is gone. */
function removeStale(folder) {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const match = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(entry.name);
    if (!match || !entry.isFile()) continue;
    const source = join(folder, "src", entry.parentPath.slice(dist.length), `${match[1]}.ts`);
    if (!existsSync(source)) rmSync(join(entry.parentPath, entry.name));
  }
}
