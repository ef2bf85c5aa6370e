/**
 * @file `fit` for the classic denoisers.
 */
import { UsageError } from "../errors.js";
import type { ClassicFitConfig } from "../fit-config.js";
import type { Trainer } from "./trainer.js";

/** Read the data of a run. */
export function openClassicTrainer(config: ClassicFitConfig): Promise<Trainer> {
  return Promise.reject(new UsageError(`model ${config.model}: prepared sets cannot be read as segments yet`));
}
