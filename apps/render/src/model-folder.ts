/**
 * @file Where the model is that comes with dexter: in a checkout among its data, in a published package beside the code.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** From `dist/` (or `src/`) of this package. */
const PLACES = ["../../../data/models/base/", "../dist/model/"];

/**
 * The folder of the default model.
 *
 * @throws when there is none
 */
export function defaultModelFolder(): string {
  const folders = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = folders.find((folder) => existsSync(`${folder}config.json`));
  if (!found) throw new Error("no model comes with this copy of dexter. Name one with --model, or install dexter again.");
  return found;
}
