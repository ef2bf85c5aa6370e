/**
 * @file Run Jest on ES modules in the current project: `node ../../tools/jest.mjs [jest options]`.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jest = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");
const run = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--no-warnings",
    jest,
    "--config", join(root, "jest.config.mjs"),
    "--rootDir", process.cwd(),
    "--passWithNoTests",
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
