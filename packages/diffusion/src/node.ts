/**
 * @file `@dexter/diffusion/node`: what needs Node. Model folders, and the best ONNX Runtime there is.
 */
import { createModel, type Model } from "./model/model.js";
import { loadCheckpoint } from "./node/checkpoint-folder.js";
import { nodeRuntime, type NodeRuntimeOptions } from "./node/node-runtime.js";

export { loadCheckpoint, saveCheckpoint, type SaveOptions } from "./node/checkpoint-folder.js";
export { isClassicFolder, loadClassicCheckpoint, loadClassicModel, saveClassicCheckpoint } from "./node/classic-folder.js";
export { nodeRuntime, RUNTIME_NAMES, type NodeRuntimeOptions, type RuntimeName } from "./node/node-runtime.js";

/**
 * Load a model folder and make it ready to run.
 *
 * @throws CheckpointError when the folder is not a model, RuntimeError when there is no runtime for it
 */
export async function loadModel(folder: string, options: NodeRuntimeOptions = {}): Promise<Model> {
  const checkpoint = await loadCheckpoint(folder);
  return createModel(checkpoint, await nodeRuntime(options));
}
