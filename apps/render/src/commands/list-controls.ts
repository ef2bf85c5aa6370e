/**
 * @file `dexter render --list-controls`: what a performance can be asked for.
 */
import { CONTROLS } from "@dexter/eval-features";
import { loadCheckpoint, isClassicFolder } from "@dexter/diffusion/node";
import { EXIT, UsageError } from "../failure.js";
import { defaultModelFolder } from "../model-folder.js";
import { print } from "../terminal.js";
import { textTable } from "../text-table.js";

/** Print the controls of a model. */
export async function listControls({ model, json = false }: { readonly model?: string; readonly json?: boolean }): Promise<number> {
  const folder = model ?? defaultModelFolder();
  const controls = (await isClassicFolder(folder)) ? undefined : (await loadCheckpoint(folder)).config.controls;
  if (!controls) throw new UsageError(`${folder}: this model has no controls.`);
  const records = controls.names.map((name, k) => {
    const { group = "", unit = "", description = "" } = CONTROLS.find((definition) => definition.name === name) ?? {};
    const { mean, sd, spread, followed } = controls;
    return { name, group, unit, mean: mean[k], sd: sd[k], spread: spread[k], ...(followed ? { follows: followed[k] } : {}), description };
  });
  if (json) await print(`${JSON.stringify({ model: folder, controls: records })}\n`);
  else {
    await print(`${textTable(records.map(({ description: _, mean, sd, spread, ...rest }) => ({ ...rest, mean: rounded(mean), sd: rounded(sd), spread: rounded(spread) })))}\n\n`);
    await print(`${textTable(records.map(({ name, description }) => ({ name, description })))}\n\n`);
    await print("NAME=+1 adds one spread (how far pianists differ in the same music) to what the model would do;\nNAME=1 or NAME=@-1 asks for so many sd from the mean of all music.\n");
  }
  return EXIT.ok;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
