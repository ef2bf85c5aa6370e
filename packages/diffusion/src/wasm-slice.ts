/**
 * @file Cutting tensors on the WASM backend (4.22), which copies the whole tensor
 * to cut a piece out of it: 10 MB for every bias of a network whose weights are
 * one vector, a quarter of a training step. Here only the piece is copied, within the heap.
 */
import type * as TensorFlow from "@tensorflow/tfjs-core";

type Kernel = TensorFlow.KernelConfig["kernelFunc"];

/** The part of the backend that is used here. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: string): TensorFlow.TensorInfo;
  typedArrayFromHeap(info: TensorFlow.TensorInfo): Float32Array;
}

const replaced = new WeakSet<object>();

/** Replace the kernel `Slice` of a `tf`'s WASM backend; once is enough, more do nothing. */
export function hastenSlices(tf: typeof TensorFlow): void {
  const config = tf.getKernel("Slice", "wasm");
  if (!config || replaced.has(config.kernelFunc)) return;
  const kernelFunc = sliceRows(tf, config.kernelFunc);
  replaced.add(kernelFunc);
  tf.unregisterKernel("Slice", "wasm");
  tf.registerKernel({ ...config, kernelFunc });
}

function sliceRows({ slice_util }: typeof TensorFlow, original: Kernel): Kernel {
  return (args) => {
    const x = args.inputs["x"] as TensorFlow.Tensor;
    const attributes = args.attrs as unknown as { begin: number | number[]; size: number | number[] };
    const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
    if (x.dtype !== "float32" || x.shape.length === 0) return original(args);
    slice_util.assertParamsValid(x, begin, size);
    const backend = args.backend as unknown as WasmBackend;
    const result = backend.makeOutput(size, x.dtype);
    const target = backend.typedArrayFromHeap(result);
    if (target.length === 0) return result;
    const heap = new Float32Array(target.buffer);
    let to = target.byteOffset / 4;
    const from = backend.typedArrayFromHeap(x).byteOffset / 4;
    // From the first axis that is cut, inwards: what lies behind it is one run of values.
    let axis = size.length - 1;
    while (axis > 0 && size[axis] === x.shape[axis]) axis--;
    const inner = size.slice(axis + 1).reduce((a, b) => a * b, 1);
    const run = size[axis] * inner;
    const stride = x.shape[axis] * inner;
    const outer = size.slice(0, axis);
    const place = outer.map(() => 0);
    const rows = outer.reduce((a, b) => a * b, 1);
    for (let row = 0; row < rows; row++) {
      let index = 0;
      for (let d = 0; d < axis; d++) index = index * x.shape[d] + begin[d] + place[d];
      const at = from + index * stride + begin[axis] * inner;
      heap.copyWithin(to, at, at + run);
      to += run;
      for (let d = axis - 1; d >= 0 && ++place[d] === outer[d]; d--) place[d] = 0;
    }
    return result;
  };
}
