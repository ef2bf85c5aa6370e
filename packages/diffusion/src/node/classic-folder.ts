/**
 * @file Classic checkpoints as folders on disk.
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@dexter/codec/node";
import { CHECKPOINT_FILES } from "../checkpoint.js";
import { readClassicCheckpoint, writeClassicCheckpoint, type ClassicCheckpoint } from "../classic/checkpoint.js";
import { createClassicModel, type ClassicModel } from "../classic/classic-model.js";
import { readCheckpointFile } from "./checkpoint-folder.js";
import { nodeRuntime, type NodeRuntimeOptions } from "./node-runtime.js";

/**
 * Load a classic checkpoint folder.
 *
 * @throws CheckpointError when a file is missing, damaged or of another kind of model
 */
export async function loadClassicCheckpoint(folder: string): Promise<ClassicCheckpoint> {
  const config = await readCheckpointFile(folder, "config");
  const weights = await readCheckpointFile(folder, "weights");
  const card = await readFile(join(folder, CHECKPOINT_FILES.card), "utf8").catch(() => undefined);
  return readClassicCheckpoint({ config: config.toString("utf8"), weights, ...(card !== undefined && { card }) });
}

/**
 * Save a classic checkpoint folder. Each file appears whole or not at all, `config.json` last; other files in the folder stay.
 *
 * @throws CheckpointError when tensors and configuration do not fit one another
 */
export async function saveClassicCheckpoint(folder: string, checkpoint: ClassicCheckpoint): Promise<void> {
  const files = writeClassicCheckpoint(checkpoint);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, CHECKPOINT_FILES.weights), files.weights);
  if (files.card !== undefined) await writeFileAtomic(join(folder, CHECKPOINT_FILES.card), files.card);
  await writeFileAtomic(join(folder, CHECKPOINT_FILES.config), files.config);
}

/**
 * Load a classic model folder and make it ready to run.
 *
 * @throws CheckpointError when the folder is not a classic model, RuntimeError when there is no runtime for it
 */
export async function loadClassicModel(folder: string, options: NodeRuntimeOptions = {}): Promise<ClassicModel> {
  const checkpoint = await loadClassicCheckpoint(folder);
  return createClassicModel(checkpoint, { runtime: await nodeRuntime(options) });
}
