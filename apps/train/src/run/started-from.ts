/**
 * @file What a run begins with beside its data: a fault in it is told with the key of the configuration that names it, and before
 * data are read or a folder is made.
 */
import { CodecError, ShapeError } from "@dexter/codec";
import { CheckpointError } from "@dexter/diffusion";
import { LIBRARY_WORDS, UsageError } from "../errors.js";

/**
 * Load a model folder, or compare one with what was asked for.
 *
 * @param key - of the configuration
 * @throws UsageError that names key and folder
 */
export async function startedFrom<T>(key: string, folder: string, act: (folder: string) => T | Promise<T>): Promise<T> {
  try {
    return await act(folder);
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof ShapeError || error instanceof CodecError)) throw error;
    const reason = error.message.replace(LIBRARY_WORDS, "");
    throw new UsageError(`${key}: ${reason.includes(folder) ? "" : `${folder}: `}${reason}`, { cause: error });
  }
}
