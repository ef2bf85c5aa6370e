/**
 * @file What `dexter render` takes on disk: the packed app with its production dependencies, in an empty folder.
 *
 * `node tools/bench/install-size.mjs`. Needs the npm registry. Fails over 220 MB, or if anything native comes along.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT_MB = 220;
const PROJECTS = ["packages/codec", "packages/diffusion", "packages/eval-features", "apps/render"];
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dexter-install-"));
try {
  const tarballs = {};
  for (const project of PROJECTS) {
    const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], { cwd: join(root, project), encoding: "utf8" });
    const [{ name, filename }] = JSON.parse(packed);
    tarballs[name] = `file:${filename}`;
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: tarballs, overrides: tarballs }));
  execFileSync("npm", ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });

  const modules = join(folder, "node_modules");
  const sizes = new Map();
  const native = [];
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (/\.(node|so|dll|dylib)(\.\d+)*$/.test(entry.name)) native.push(path.slice(modules.length + 1));
    const [first, second] = path.slice(modules.length + 1).split(/[\\/]/);
    const name = first.startsWith("@") ? `${first}/${second}` : first;
    sizes.set(name, (sizes.get(name) ?? 0) + statSync(path).size);
  }
  const total = [...sizes.values()].reduce((a, b) => a + b, 0) / 1e6;
  for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 10)) console.log(`${(size / 1e6).toFixed(1).padStart(8)} MB  ${name}`);
  console.log(`${total.toFixed(1).padStart(8)} MB  in all, ${sizes.size} packages (limit ${LIMIT_MB} MB); native files: ${native.join(", ") || "none"}`);
  if (total > LIMIT_MB || native.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
