/**
 * @file Which trainer a configuration asks for.
 */
import type { FitConfig } from "../fit-config.js";
import { openBaseTrainer } from "./base-trainer.js";
import { openClassicTrainer } from "./classic-trainer.js";
import type { Trainer } from "./trainer.js";

/** Read the data of a run and make its training ready. */
export function openTrainer(config: FitConfig): Promise<Trainer> {
  return config.model === "base" ? openBaseTrainer(config) : openClassicTrainer(config);
}
