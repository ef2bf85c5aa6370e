/**
 * @file Writes fit.schema.json, which editors read, from the schema that `fit` checks with.
 *
 *     node fit-schema.mjs [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { FIT_SCHEMA } from "./dist/config/fit-schema.js";

const path = new URL("fit.schema.json", import.meta.url);
const text = `${JSON.stringify(FIT_SCHEMA, null, 2)}\n`;
if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (readFileSync(path, "utf8") !== text) {
  process.stderr.write("fit.schema.json is not what the source says. Run node apps/train/fit-schema.mjs\n");
  process.exitCode = 1;
}
