/**
 * @file A bound on memory: a run that outgrows it stops with its state saved,
 * before the system kills it.
 */
import type { Engine } from "../engine.js";

/** What a run holds, MB; `null` where it cannot be known. */
export interface MemoryUse {
  /** Of the whole process (Node), or of the page's JavaScript heap (Chromium). */
  readonly processMB: number | null;
  /** Of all tensors. */
  readonly tensorMB: number;
  /** Tensors alive. */
  readonly tensors: number;
}

/** A run that holds more memory than it may. */
export class MemoryLimitError extends Error {
  /** What it held, MB. */
  readonly usedMB: number;
  /** What it may, MB. */
  readonly limitMB: number;

  constructor(step: number, usedMB: number, limitMB: number) {
    super(`Training stopped at step ${step}: ${Math.round(usedMB)} MB in use, the limit is ${limitMB} MB. Its state is saved; resume with a smaller batch or a higher limit.`);
    this.name = "MemoryLimitError";
    this.usedMB = usedMB;
    this.limitMB = limitMB;
  }
}

/** What is in use now. */
export function memoryUse({ tf }: Pick<Engine, "tf">): MemoryUse {
  const { numBytes, numTensors } = tf.memory();
  const host = globalThis as {
    process?: { memoryUsage?: { rss?: () => number } };
    performance?: { memory?: { usedJSHeapSize?: number } };
  };
  const bytes = host.process?.memoryUsage?.rss?.() ?? host.performance?.memory?.usedJSHeapSize;
  return { processMB: bytes === undefined ? null : bytes / 2 ** 20, tensorMB: numBytes / 2 ** 20, tensors: numTensors };
}
