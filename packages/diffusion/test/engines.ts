/**
 * @file The TensorFlow.js engines that are installed here, `cpu` always; where `DEXTER_TEST_ENGINE` names one, that one alone.
 */
import { ENGINE_NAMES, loadEngine, type Engine, type EngineName } from "../src/engine.js";

/** Best first. A native binding that lies elsewhere is found through `DEXTER_TFJS_NODE`. */
export async function installedEngines(): Promise<readonly Engine[]> {
  const only = process.env["DEXTER_TEST_ENGINE"];
  if (only) return [await loadEngine({ engine: only as EngineName, threads: 1 })];
  const engines: Engine[] = [];
  for (const name of ENGINE_NAMES) {
    try {
      engines.push(await loadEngine({ engine: name, threads: 1 }));
    } catch (cause) {
      if (name === "cpu") throw new Error("The cpu engine is a development dependency and must load.", { cause });
    }
  }
  return engines;
}
