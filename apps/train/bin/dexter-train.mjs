#!/usr/bin/env node
/** @file Starts the app; in a checkout that was not built yet, builds it first. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../dist/main.js", import.meta.url);
const build = new URL("../../../tools/build.mjs", import.meta.url);
if (!existsSync(main) && existsSync(build)) {
  process.stderr.write("Building once …\n");
  const run = spawnSync(process.execPath, [fileURLToPath(build)], { stdio: ["ignore", 2, 2] });
  if (run.status !== 0) process.exit(1);
}
await import(main.href);
