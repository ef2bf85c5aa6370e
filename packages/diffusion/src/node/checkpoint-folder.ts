/**
 * @file Checkpoints as folders on disk.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeFileAtomic } from "@dexter/codec/node";
import { CHECKPOINT_FILES, readCheckpoint, writeCheckpoint, type Checkpoint } from "../checkpoint.js";
import { CheckpointError } from "../errors.js";
import { exportOnnx } from "../onnx/networks.js";

const MAX_WEIGHT_BYTES = 1024 ** 3;
const MAX_TEXT_BYTES = 16 * 1024 ** 2;

/** What to write beside weights, configuration and card. */
export interface SaveOptions {
  /** Also write `encoder.onnx` and `denoiser.onnx` for other programs; loading does not need them. */
  readonly onnx?: boolean;
}

/**
 * Load a checkpoint folder.
 *
 * @throws CheckpointError when a file is missing, damaged or foreign
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await readCheckpointFile(folder, "config");
  const weights = await readCheckpointFile(folder, "weights");
  const card = await readFile(join(folder, CHECKPOINT_FILES.card), "utf8").catch(() => undefined);
  return readCheckpoint({ config: config.toString("utf8"), weights, card });
}

/**
 * Save a checkpoint folder. Each file appears whole or not at all, `config.json` last; other files in the folder stay.
 *
 * @throws CheckpointError when weights and configuration do not fit one another
 */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint, { onnx = false }: SaveOptions = {}): Promise<void> {
  const files = writeCheckpoint(checkpoint);
  await makeFolder(folder);
  const write = (name: string, content: Uint8Array | string): Promise<void> => writeFileAtomic(join(folder, name), content);
  await write(CHECKPOINT_FILES.weights, files.weights);
  if (files.card !== undefined) await write(CHECKPOINT_FILES.card, files.card);
  // Networks of other weights must not stay beside these.
  if (onnx || (await stat(join(folder, CHECKPOINT_FILES.encoderOnnx)).catch(() => null))) {
    const models = exportOnnx(checkpoint.config, checkpoint.weights, { half: checkpoint.half });
    await write(CHECKPOINT_FILES.encoderOnnx, models.encoder);
    await write(CHECKPOINT_FILES.denoiserOnnx, models.denoiser);
  }
  await write(CHECKPOINT_FILES.config, files.config);
}

/**
 * Read a file of a checkpoint folder.
 *
 * @throws CheckpointError when it is missing or too large
 */
export async function readCheckpointFile(folder: string, which: "config" | "weights"): Promise<Buffer> {
  const name = CHECKPOINT_FILES[which];
  const maxBytes = which === "config" ? MAX_TEXT_BYTES : MAX_WEIGHT_BYTES;
  const path = join(folder, name);
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) throw new CheckpointError(name, `is missing in ${folder}: expected a model folder with ${CHECKPOINT_FILES.config} and ${CHECKPOINT_FILES.weights}.`);
  if (info.size > maxBytes) throw new CheckpointError(name, `is too large: ${info.size} bytes, at most ${maxBytes}.`);
  return readFile(path);
}
