/**
 * @file The faults of TensorFlow.js' WASM backend (4.22) that it does not report,
 * made harmless or loud.
 *
 * 1. At 4 GB malloc answers 0 and tensors are written over each other: allocation is checked.
 * 2. The operators of matMul are kept by the right-hand side's data and ignore its shape: a tensor and its reshape, both
 *    used there, give wrong products. The second shape gets a copy.
 * 3. `fused.matMul` that transposes and adds a bias or activates is wrong for inner sizes over 48: it is transposed first.
 * 4. `clipByValue` turns NaN into a bound and so hides a training that diverged: NaN stays.
 */
import type * as TensorFlow from "@tensorflow/tfjs-core";
import { EngineError } from "./engine-error.js";

type Tf = typeof TensorFlow;
type Kernel = TensorFlow.KernelConfig["kernelFunc"];
type Arguments = Parameters<Kernel>[0];

/** Past this size of the heap a step is refused: the kernels' own memory is not counted by {@link checkAllocation}. */
const HEAP_LIMIT = 3.5 * 2 ** 30;

/** The part of the backend that is used here. */
interface WasmBackend {
  readonly wasm: { HEAPU8?: Uint8Array; _malloc(bytes: number): number };
  makeOutput(shape: number[], dtype: string): TensorFlow.TensorInfo;
  typedArrayFromHeap(info: TensorFlow.TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

const guarded = new WeakSet<object>();

/** Guard the running WASM backend of a `tf`; once is enough, more do nothing. */
export function guardWasm(tf: Tf): void {
  const backend = tf.backend() as unknown as WasmBackend;
  if (!guarded.has(backend)) {
    guarded.add(backend);
    checkAllocation(backend.wasm);
  }
  const kernels = tf.getKernel("BatchMatMul", "wasm");
  if (!kernels || guarded.has(kernels.kernelFunc)) return;
  wrap(tf, "BatchMatMul", ownRightHandSide);
  wrap(tf, "_FusedMatMul", (kernel) => ownRightHandSide(transposeFirst(tf, kernel)));
  wrap(tf, "ClipByValue", keepNaN);
}

/** @throws EngineError when the heap of the running backend nears its end */
export function checkWasmHeap(tf: Tf): void {
  const bytes = (tf.backend() as unknown as WasmBackend).wasm?.HEAPU8?.byteLength ?? 0;
  if (bytes > HEAP_LIMIT) {
    throw new EngineError(`The WASM heap holds ${bytes} bytes; past ${HEAP_LIMIT} results cannot be trusted. Use smaller batches or crops.`);
  }
}

/** Make an allocation that fails an exception. */
export function checkAllocation(wasm: { _malloc(bytes: number): number }): void {
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const at = allocate(bytes);
    if (at === 0 && bytes > 0) throw new EngineError(`The WASM heap has no room for ${bytes} bytes more. Use smaller batches or crops.`);
    return at;
  };
}

function wrap(tf: Tf, kernelName: string, around: (kernel: Kernel) => Kernel): void {
  const config = tf.getKernel(kernelName, "wasm");
  if (!config) return;
  const kernelFunc = around(config.kernelFunc);
  guarded.add(kernelFunc);
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ ...config, kernelFunc });
}

/** Fault 2. The shape in which each right-hand side was first used; matMul's own kernels share their operators. */
const shapes = new WeakMap<object, string>();

function ownRightHandSide(kernel: Kernel): Kernel {
  return (args) => {
    const { b } = args.inputs as { b: TensorFlow.TensorInfo };
    const { transposeB } = args.attrs as unknown as { transposeB?: boolean };
    const shape = `${b.shape.join(",")}${transposeB ? " transposed" : ""}`;
    const known = shapes.get(b.dataId as object);
    if (known === undefined) shapes.set(b.dataId as object, shape);
    if (known === undefined || known === shape) return kernel(args);
    const backend = args.backend as unknown as WasmBackend;
    const copy = backend.makeOutput(b.shape, b.dtype);
    backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(b));
    try {
      return kernel({ ...args, inputs: { ...args.inputs, b: copy } } as Arguments);
    } finally {
      backend.disposeData(copy.dataId as object);
    }
  };
}

/** Fault 3. */
function transposeFirst(tf: Tf, kernel: Kernel): Kernel {
  return (args) => {
    const { bias } = args.inputs as { bias?: TensorFlow.TensorInfo };
    const { transposeA, transposeB, activation } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean; activation?: string };
    const adorned = bias != null || (activation ?? "linear") !== "linear";
    if (!adorned || !(transposeA || transposeB)) return kernel(args);
    const backend = args.backend as unknown as WasmBackend;
    const transpose = tf.getKernel("Transpose", "wasm").kernelFunc;
    const made: TensorFlow.TensorInfo[] = [];
    const turned = (x: TensorFlow.TensorInfo): TensorFlow.TensorInfo => {
      const perm = x.shape.map((_, axis) => (axis < x.shape.length - 2 ? axis : 2 * x.shape.length - 3 - axis));
      const result = transpose({ inputs: { x }, backend: args.backend, attrs: { perm } } as unknown as Arguments) as TensorFlow.TensorInfo;
      made.push(result);
      return result;
    };
    const { a, b } = args.inputs as { a: TensorFlow.TensorInfo; b: TensorFlow.TensorInfo };
    try {
      return kernel({
        ...args,
        inputs: { ...args.inputs, a: transposeA ? turned(a) : a, b: transposeB ? turned(b) : b },
        attrs: { ...args.attrs, transposeA: false, transposeB: false },
      } as Arguments);
    } finally {
      for (const { dataId } of made) backend.disposeData(dataId as object);
    }
  };
}

/** Fault 4. */
function keepNaN(kernel: Kernel): Kernel {
  return (args) => {
    const result = kernel(args) as TensorFlow.TensorInfo;
    const backend = args.backend as unknown as WasmBackend;
    const { x } = args.inputs as { x: TensorFlow.TensorInfo };
    if (x.dtype !== "float32") return result;
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(result);
    for (let i = 0; i < from.length; i++) if (Number.isNaN(from[i])) to[i] = Number.NaN;
    return result;
  };
}
