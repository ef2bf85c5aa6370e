/**
 * @file Where reference values and corpora lie: `DEXTER_SHARED`, by default the folder `shared` beside the repository.
 *
 * Run as a program it prints which of them are there: Nx keeps test results apart by it.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a shared file or folder, or `null` where it is not there. */
export function sharedPath(...parts) {
  const path = resolve(process.env.DEXTER_SHARED ?? join(root, "..", "shared"), ...parts);
  return existsSync(path) ? path : null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of ["datasets", "golden"]) {
    const path = sharedPath(folder);
    console.log(folder, path ? readdirSync(path).sort().join(" ") : "not here");
  }
}
