/**
 * @file The best ONNX Runtime of this Node: the native build where it is
 * installed, else WebAssembly.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { RuntimeError } from "../errors.js";
import { loadWeb, ortRuntime, type OrtModule, type Runtime } from "../runtime.js";

/** `web` is onnxruntime-web (WebAssembly), `node` is onnxruntime-node (native). */
export const RUNTIME_NAMES = ["web", "node"] as const;

/** One of {@link RUNTIME_NAMES}. */
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** Which runtime to take, and how much of the machine. */
export interface NodeRuntimeOptions {
  /** Take this one or fail. Default: the environment variable `DEXTER_RUNTIME`, else `node` where it is installed, else `web`. */
  readonly runtime?: RuntimeName;
  /** Threads inside an operator. Default: the machine's cores, at most 4, on `node`; 1 on `web`, whose threads gain little and lose on a busy machine. */
  readonly threads?: number;
}

const MAX_NATIVE_THREADS = 4;
const WEB_THREADS = 1;

/**
 * Start the best runtime there is.
 *
 * @throws RuntimeError when the one that was asked for is not there
 */
export async function nodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const wanted = options.runtime ?? fromEnvironment();
  if (options.threads !== undefined && !(Number.isInteger(options.threads) && options.threads >= 1)) {
    throw new RangeError(`nodeRuntime: threads must be an integer ≥ 1, got ${options.threads}.`);
  }
  if (wanted !== "web") {
    const native = loadNative();
    if (native) return ortRuntime(native, "onnxruntime-node", options.threads ?? Math.min(MAX_NATIVE_THREADS, availableParallelism()));
    if (wanted === "node") throw new RuntimeError("onnxruntime-node is not installed or does not load here. Install it, or use the runtime `web`.");
  }
  const threads = options.threads ?? WEB_THREADS;
  const ort = await loadWeb(() => import("onnxruntime-web"));
  ort.env.wasm.numThreads = threads;
  return ortRuntime(ort, "onnxruntime-web", threads);
}

function fromEnvironment(): RuntimeName | undefined {
  const name = process.env.DEXTER_RUNTIME;
  if (name === undefined || name === "") return undefined;
  if (!RUNTIME_NAMES.includes(name as RuntimeName)) {
    throw new RuntimeError(`DEXTER_RUNTIME must be ${RUNTIME_NAMES.join(" or ")}, got "${name.slice(0, 40)}".`);
  }
  return name as RuntimeName;
}

/** onnxruntime-node where Node finds it from this package (`NODE_PATH` included). */
function loadNative(): OrtModule | null {
  try {
    return createRequire(import.meta.url)("onnxruntime-node") as OrtModule;
  } catch {
    return null; // Not there, or built for another system.
  }
}
