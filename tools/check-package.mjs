/**
 * @file Look at the current project as npm would publish it: pack it, then run publint and are-the-types-wrong on the tarball.
 *
 * A command-line app exports nothing, so that only publint has something to say about it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const folder = mkdtempSync(join(tmpdir(), "check-package-"));
let ok = true;
try {
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], { encoding: "utf8" }),
  );
  const tarball = join(folder, packed.filename);
  const files = packed.files.map((file) => file.path);

  for (const needed of ["README.md", "LICENSE", "CHANGELOG.md"]) {
    if (!files.includes(needed)) fail(`${needed} is not in the tarball. Add it to the project folder.`);
  }
  for (const file of files) {
    if (/\.test\.|tsbuildinfo|(^|\/)test\//.test(file)) fail(`${file} does not belong in the tarball. Exclude it in "files".`);
  }
  tool("publint", "run", tarball, "--strict");
  if (manifest.exports) tool("attw", tarball, "--profile", "esm-only", "--no-emoji");
  console.log(`${manifest.name}: ${files.length} files, ${Math.ceil(packed.size / 1024)} kB packed`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(ok ? 0 : 1);

function tool(name, ...args) {
  const run = spawnSync(join(root, "node_modules", ".bin", name), args, { stdio: "inherit" });
  if (run.status !== 0) fail(`${name} found problems.`);
}

function fail(message) {
  console.error(`check-package: ${manifest.name}: ${message}`);
  ok = false;
}
