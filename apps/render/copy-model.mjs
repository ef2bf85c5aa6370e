/**
 * @file Put the default model into the package: `data/models/base` becomes `dist/model`, from where an installed dexter plays it.
 */
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILES = ["config.json", "model.safetensors", "README.md"];
const source = fileURLToPath(new URL("../../data/models/base/", import.meta.url));
const target = fileURLToPath(new URL("dist/model/", import.meta.url));

rmSync(target, { recursive: true, force: true });
if (existsSync(`${source}config.json`)) {
  mkdirSync(target, { recursive: true });
  for (const name of FILES) cpSync(source + name, target + name);
} else {
  console.warn("copy-model: data/models/base is missing; this build renders with --model only.");
}
