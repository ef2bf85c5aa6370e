/**
 * @file Print which tests failed, and last the sum over the Jest runs of all projects, alone on a line: `N passed, N failed[, N skipped]`.
 *
 * Reads what `tools/jest-counts.mjs` wrote. A project that has tests but left no counts did not finish: one failure.
 * The exit code is 1 when anything failed.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const counted = join(root, "tmp", "test-counts");
const projects = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  .concat(join(root, "tools", "workspace"))
  .filter(hasTests);

const total = { passed: 0, failed: 0, skipped: 0 };
for (const project of projects) {
  const file = join(counted, `${basename(project)}.json`);
  add(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 1, skipped: 0, failures: [`${basename(project)}: its tests did not finish`] });
}
// Further runs of a project, such as its tests on the native engine.
const known = new Set(projects.map((project) => `${basename(project)}.json`));
for (const file of existsSync(counted) ? readdirSync(counted) : []) {
  if (known.has(file)) continue;
  add(JSON.parse(readFileSync(join(counted, file), "utf8")));
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed ? 1 : 0);

function add({ failures = [], ...counts }) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}

function hasTests(project) {
  return ["src", "test"].some((folder) => {
    const path = join(project, folder);
    return existsSync(path) && readdirSync(path, { recursive: true }).some((file) => file.endsWith(".test.ts"));
  });
}
