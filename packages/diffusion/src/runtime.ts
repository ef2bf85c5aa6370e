/**
 * @file ONNX Runtime behind a small interface: WebAssembly everywhere, the
 * native build in Node where it is installed (`node.ts` looks for it).
 */
import type * as OrtWeb from "onnxruntime-web";
import { RuntimeError } from "./errors.js";

/** A tensor that goes into a model. */
export interface RuntimeTensor {
  /** Row-major values; int64 where the model wants indices. */
  readonly data: Float32Array | BigInt64Array;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
}

/** A model that is ready to run. */
export interface RuntimeSession {
  /** Run once. Values of the outputs by name. */
  run(inputs: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, Float32Array>>>;
  /** Free its memory. */
  release(): Promise<void>;
}

/** Something that runs ONNX models. */
export interface Runtime {
  /** For example `onnxruntime-web`. */
  readonly name: string;
  /** Threads inside an operator. */
  readonly threads: number;
  /**
   * Make a model ready.
   *
   * @throws RuntimeError when the runtime refuses it
   */
  open(model: Uint8Array): Promise<RuntimeSession>;
}

/** How to start the WebAssembly runtime. */
export interface WebRuntimeOptions {
  /** Threads; more than one needs a cross-origin isolated page (in Node: `nodeRuntime` of `@dexter/diffusion/node`). Default 1. */
  readonly threads?: number;
  /** Folder or URL of ONNX Runtime's `.wasm` and `.mjs` files, where a bundler moved them. */
  readonly wasmPaths?: string;
}

/** What ONNX Runtime's packages have in common. */
export type OrtModule = Pick<typeof OrtWeb, "InferenceSession" | "Tensor">;

/**
 * ONNX Runtime on WebAssembly, in the browser or wherever JavaScript runs. Its threads are those of the first call.
 *
 * @throws RuntimeError when it cannot be loaded
 */
export async function webRuntime({ threads = 1, wasmPaths }: WebRuntimeOptions = {}): Promise<Runtime> {
  const ort = await loadWeb(() => import("onnxruntime-web/wasm"));
  ort.env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return ortRuntime(ort, "onnxruntime-web", threads);
}

/**
 * Load one of the builds of onnxruntime-web.
 *
 * @throws RuntimeError when it cannot be loaded
 */
export async function loadWeb<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new RuntimeError(`onnxruntime-web cannot be loaded: ${message(cause)} Install it again.`, { cause });
  }
}

/** A runtime on one of ONNX Runtime's packages. */
export function ortRuntime(ort: OrtModule, name: string, threads: number): Runtime {
  const sessionOptions: OrtWeb.InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    // Threads that wait must not burn the cores that others work on.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
  return {
    name,
    threads,
    async open(model) {
      const session = await attempt(name, () => ort.InferenceSession.create(model, sessionOptions));
      return {
        async run(inputs) {
          const feeds = Object.fromEntries(
            Object.entries(inputs).map(([input, { data, shape }]) => [input, toTensor(ort, data, shape)]),
          );
          const outputs = await attempt(name, () => session.run(feeds));
          return Object.fromEntries(Object.entries(outputs).map(([output, tensor]) => [output, tensor.data as Float32Array]));
        },
        release: () => session.release(),
      };
    },
  };
}

function toTensor(ort: OrtModule, data: Float32Array | BigInt64Array, shape: readonly number[]): OrtWeb.Tensor {
  return data instanceof Float32Array ? new ort.Tensor("float32", data, shape) : new ort.Tensor("int64", data, shape);
}

async function attempt<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new RuntimeError(`${name}: ${message(cause)}`, { cause });
  }
}

function message(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
}
