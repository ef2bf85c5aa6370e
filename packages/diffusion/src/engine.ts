/**
 * @file The tensor engine that training runs on: the only file that knows
 * TensorFlow.js' packages and backends.
 *
 * All of them are optional peer dependencies. Best first: `tfjs-node-gpu`,
 * `tfjs-node` (native libtensorflow), `webgpu`, `wasm`, `cpu`. A native binding brings a
 * `tfjs-core` of its own, so everything computes with the `tf` returned here.
 */
import type * as TensorFlow from "@tensorflow/tfjs-core";
import { EngineError } from "./engine-error.js";
import { checkWasmHeap, guardWasm } from "./wasm-faults.js";
import { hastenSlices } from "./wasm-slice.js";
import { provideAdapter, type GpuGlobal, type WebGpuPackage } from "./webgpu-adapter.js";

export { EngineError };

/** The TensorFlow.js namespace: functions only, no chained operations. */
export type Tf = typeof TensorFlow;

/** Engines, best first. */
export const ENGINE_NAMES = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"] as const;

/** One of {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Which engine to take, and how much of the machine. */
export interface EngineOptions {
  /** Take this one or fail. Default: the best that loads. */
  readonly engine?: EngineName;
  /** Bound on threads of the native engines (the WASM engine has one in Node). Default: all cores. */
  readonly threads?: number;
  /**
   * Folder whose `node_modules` holds a TensorFlow.js binding that is installed elsewhere.
   * Default: the environment variable `DEXTER_TFJS_NODE`, if any.
   */
  readonly nativeFrom?: string;
  /**
   * The caller reads tensors by {@link Engine.read} alone. WebGPU cannot be read synchronously: without this it is not
   * chosen, only taken when it is asked for. Default false.
   */
  readonly asyncReads?: boolean;
  /** Accept a WebGPU adapter that is emulated on the CPU: for tests. Default: whether `DEXTER_SOFTWARE_GPU` is set. */
  readonly softwareGpu?: boolean;
}

/** An engine that is not used, and why. */
export interface SkippedEngine {
  /** Its name. */
  readonly name: EngineName;
  /** One line. */
  readonly reason: string;
}

/** A loaded engine. */
export interface Engine {
  /** Which one it is. */
  readonly name: EngineName;
  /** TensorFlow.js on this engine. */
  readonly tf: Tf;
  /** Better engines that were not available. */
  readonly skipped: readonly SkippedEngine[];
  /** True where `matMul` with a transposed operand is slow (WASM): transpose first. */
  readonly transposeFirst: boolean;
  /** True where a fused product with a bias is faster than product and sum (not in libtensorflow). */
  readonly fuseBias: boolean;
  /** Read a float32 tensor; the one way that works on every engine. */
  read(tensor: TensorFlow.Tensor): Promise<Float32Array>;
  /** Make it the current one again, after another engine was loaded on the same `tf`. */
  select(): Promise<void>;
  /**
   * Look for the faults that TensorFlow.js does not report. Call once a step.
   *
   * @throws {@link EngineError} when the WASM heap nears 4 GB, where allocation fails
   */
  check(): void;
}

/**
 * Load the best engine that is there.
 *
 * @throws {@link EngineError} when the requested one, or none at all, can be loaded
 */
export async function loadEngine(options: EngineOptions = {}): Promise<Engine> {
  if (options.engine !== undefined && !ENGINE_NAMES.includes(options.engine)) {
    throw new EngineError(`Engine "${String(options.engine)}" is not known: choose one of ${ENGINE_NAMES.join(", ")}.`);
  }
  if (options.threads !== undefined && !(Number.isInteger(options.threads) && options.threads >= 1 && options.threads <= 1024)) {
    throw new EngineError(`Engine threads must be an integer in [1, 1024], got ${options.threads}.`);
  }
  const skipped: SkippedEngine[] = [];
  for (const name of options.engine ? [options.engine] : ENGINE_NAMES) {
    try {
      return await load(name, options, skipped);
    } catch (error) {
      skipped.push({ name, reason: firstLine(error) });
    }
  }
  if (options.engine) throw new EngineError(`Engine ${options.engine} could not be loaded (${skipped[0].reason}). Install it, or name no engine to take the best that there is.`);
  const reasons = skipped.map((s) => `${s.name}: ${s.reason}`).join("; ");
  throw new EngineError(`No TensorFlow.js engine could be loaded (${reasons}). Install @tensorflow/tfjs-core and @tensorflow/tfjs-backend-wasm.`);
}

/** One line on the engine taken and those passed over. */
export function describeEngine(engine: Engine): string {
  const others = engine.skipped.map((s) => `${s.name}: ${s.reason}`);
  return others.length > 0 ? `${engine.name} (${others.join("; ")})` : engine.name;
}

async function load(name: EngineName, options: EngineOptions, skipped: readonly SkippedEngine[]): Promise<Engine> {
  const read = async (tensor: TensorFlow.Tensor): Promise<Float32Array> => (await tensor.data<"float32">()) as Float32Array;
  const base = { name, skipped, transposeFirst: false, fuseBias: true, read, check: () => undefined, select: async () => undefined };
  switch (name) {
    case "tfjs-node-gpu":
    case "tfjs-node": {
      const tf = await loadNative(`@tensorflow/${name}`, options);
      return { ...base, tf, fuseBias: false, select: () => select(tf, "tensorflow") };
    }
    case "webgpu": {
      if (options.engine !== "webgpu" && !options.asyncReads) throw new EngineError("tensors are read synchronously here; ask for it by name");
      const tf = await loadCore();
      await provideAdapter(globalThis as GpuGlobal, () => importPackage<WebGpuPackage>("webgpu"), options.softwareGpu ?? !!environmentOf()?.["DEXTER_SOFTWARE_GPU"]);
      await importPackage("@tensorflow/tfjs-backend-webgpu");
      // The other products split the inner sum and add its parts in any order: 6e-5 from run to run.
      tf.env().set("WEBGPU_MATMUL_PROGRAM_TYPE", 3);
      await select(tf, "webgpu");
      return { ...base, tf, select: () => select(tf, "webgpu") };
    }
    case "wasm": {
      const tf = await loadCore();
      const wasm = await importPackage<{ setThreadsCount?(count: number): void }>("@tensorflow/tfjs-backend-wasm");
      if (options.threads !== undefined) wasm.setThreadsCount?.(options.threads);
      await select(tf, "wasm");
      guardWasm(tf);
      hastenSlices(tf);
      return { ...base, tf, transposeFirst: true, check: () => checkWasmHeap(tf), select: () => select(tf, "wasm") };
    }
    case "cpu": {
      const tf = await loadCore();
      await importPackage("@tensorflow/tfjs-backend-cpu");
      await select(tf, "cpu");
      return { ...base, tf, select: () => select(tf, "cpu") };
    }
  }
}

async function select(tf: Tf, backend: string): Promise<void> {
  if (!(await tf.setBackend(backend))) throw new EngineError(`backend "${backend}" did not start`);
  await tf.ready();
}

async function loadCore(): Promise<Tf> {
  const tf = await importPackage<Tf>("@tensorflow/tfjs-core");
  tf.env().set("PROD", true); // a library does not print greetings
  return tf;
}

/** A CommonJS package's functions, whether or not the loader found its names. */
async function importPackage<T>(name: string): Promise<T> {
  const loaded = (await import(/* @vite-ignore */ name)) as T & { default?: T };
  return loaded.default ?? loaded;
}

/** The environment's variables; `undefined` outside Node. */
function environmentOf(): Record<string, string | undefined> | undefined {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined>; versions?: { node?: string } } };
  return process?.versions?.node ? process.env : undefined;
}

/** Native bindings are CommonJS; TensorFlow reads its thread counts once, when it is loaded. */
async function loadNative(name: string, options: EngineOptions): Promise<Tf> {
  const env = environmentOf();
  if (!env) throw new EngineError("needs Node");
  env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  // TensorFlow turns oneDNN on by itself for some processors only; without it dilated convolutions have no gradient.
  env["TF_ENABLE_ONEDNN_OPTS"] ??= "1";
  if (options.threads !== undefined) {
    env["TF_NUM_INTRAOP_THREADS"] = String(options.threads);
    env["TF_NUM_INTEROP_THREADS"] ??= "1";
  }
  const [{ createRequire }, util] = await Promise.all([
    importPackage<{ createRequire(from: string): (name: string) => unknown }>("node:module"),
    importPackage<Record<string, unknown>>("node:util"),
  ]);
  // Node 23 dropped two functions that the package still calls.
  util["isNullOrUndefined"] ??= (value: unknown) => value == null;
  util["isArray"] ??= Array.isArray;
  const from = options.nativeFrom ?? env["DEXTER_TFJS_NODE"];
  const require = createRequire(from ? `${from.replace(/\/+$/, "")}/package.json` : import.meta.url);
  const tf = require(name) as Tf;
  // Copies of tfjs-core share one engine: another of its backends may be the current one.
  await select(tf, "tensorflow");
  const { isUsingGpuDevice } = tf.backend() as unknown as { isUsingGpuDevice?: boolean };
  if (name.endsWith("-gpu") && isUsingGpuDevice === false) throw new EngineError("loaded, but sees no CUDA device");
  return tf;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split("\n", 1)[0].trim();
  return /cannot find (module|package)/i.test(line) ? "not installed" : line;
}
