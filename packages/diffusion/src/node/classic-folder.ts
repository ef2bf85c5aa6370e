/**
 * @file Classic checkpoints as folders on disk.
 */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeFileAtomic } from "@dexter/codec/node";
import { CHECKPOINT_FILES } from "../checkpoint.js";
import { readClassicCheckpoint, writeClassicCheckpoint, type ClassicCheckpoint } from "../classic/checkpoint.js";
import { createClassicModel, type ClassicModel } from "../classic/classic-model.js";
import { readCheckpointFile } from "./checkpoint-folder.js";
import { nodeRuntime, type NodeRuntimeOptions } from "./node-runtime.js";

/** `format` stands at the beginning of a configuration. */
const LOOKED_AT = 4096;

/** Whether a folder says to hold a classic model: a look at the beginning of its `config.json`. What is wrong with it is said when it is read. */
export async function isClassicFolder(folder: string): Promise<boolean> {
  const file = await open(join(folder, CHECKPOINT_FILES.config)).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0);
    return /"format"\s*:\s*"dexter-classic"/.test(buffer.toString("utf8", 0, bytesRead));
  } catch {
    return false; // a folder in the file's place
  } finally {
    await file.close();
  }
}

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
  await makeFolder(folder);
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
