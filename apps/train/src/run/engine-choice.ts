/**
 * @file Which engine trains: the one place that knows them all.
 */
import { describeEngine, loadEngine, type Engine, type EngineName } from "@dexter/diffusion/training";
import type { FitEngine } from "../config/fit-schema.js";

/** An engine in this process, and why it is that one. */
export interface ChosenEngine {
  /** TensorFlow.js on it. */
  readonly engine: Engine;
  /** For people. */
  readonly reason: string;
}

/** What was asked for. */
export interface EngineWish {
  /** The engine; the best where absent. */
  readonly engine?: FitEngine;
  /** Threads of a native engine. */
  readonly threads?: number;
}

/** Whether training happens in processes of PyTorch. */
export function isTorch({ engine }: EngineWish): boolean {
  return engine === "torch";
}

/**
 * Load the engine that was asked for, or the best.
 *
 * @throws EngineError when it is not there
 */
export async function chooseEngine({ engine: name, threads }: EngineWish): Promise<ChosenEngine> {
  const engine = await loadEngine({ engine: name as EngineName | undefined, threads });
  const passed = describeEngine(engine).slice(engine.name.length).trim();
  const reason = name ? "asked for" : passed ? `the best that is installed ${passed}` : "the best that there is";
  return { engine, reason };
}
