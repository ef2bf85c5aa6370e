/**
 * @file Which engine trains: the one place that knows them all.
 */
import { describeEngine, loadEngine, type Engine, type EngineName } from "@dexter/diffusion/training";
import type { FitEngine } from "../config/fit-schema.js";
import { torchEngine, type Torch, type TorchOptions } from "../torch-engine.js";

/** An engine in this process, and why it is that one. */
export interface ChosenEngine {
  /** TensorFlow.js on it. */
  readonly engine: Engine;
  /** For people. */
  readonly reason: string;
  /** Where engine `torch` was asked for: it takes the steps in processes of its own. */
  readonly torch?: Torch;
}

/** What was asked for. */
export interface EngineWish {
  /** The engine; the best where absent. */
  readonly engine?: FitEngine;
  /** Threads of a native engine, or of each process. */
  readonly threads?: number;
  /** How engine `torch` is started. */
  readonly torch?: TorchOptions;
  /** Where it was named, for people: "in the configuration". */
  readonly named?: string;
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
export async function chooseEngine({ engine: name, threads, torch: options, named }: EngineWish): Promise<ChosenEngine> {
  if (isTorch({ engine: name })) {
    const torch = torchEngine({ ...options, threads });
    return { engine: torch.engine, reason: [torch.description(), ...(named ? [`chosen ${named}`] : [])].join(", "), torch };
  }
  const engine = await loadEngine({ engine: name as EngineName | undefined, threads, asyncReads: true });
  const passed = describeEngine(engine).slice(engine.name.length).trim();
  const reason = name ? `chosen ${named ?? "by name"}` : passed ? `the best that is installed ${passed}` : "the best that there is";
  return { engine, reason };
}
