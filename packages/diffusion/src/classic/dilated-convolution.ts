/**
 * @file A dilated convolution over the notes with its gradients, as each engine
 * computes it fastest. TensorFlow.js itself has no gradient for dilations.
 *
 * - `native`: libtensorflow's own gradients, which tfjs-node does not show but can run. On a CPU they need oneDNN.
 * - `flipped` (WASM): the forward kernel, also for the input's gradient, with the filter turned round; a product for the filter's.
 * - `columns` (elsewhere): the notes under the filter side by side, and products.
 */
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import { matrixProducts, neighbours, neighboursBackward } from "../base/layers.js";
import type { Engine } from "../engine.js";

/** Sizes of a convolution over `[B·N, inputs]`, zeros beyond the ends. */
export interface ConvolutionShape {
  /** `B`. */
  readonly batch: number;
  /** `N`. */
  readonly notes: number;
  /** Taps, odd. */
  readonly kernel: number;
  /** Notes between two taps. */
  readonly dilation: number;
}

/** A convolution and its gradients. Rows are notes; a filter is `[kernel·inputs, outputs]`. */
export interface DilatedConvolution {
  /** `[B·N, inputs]` → `[B·N, outputs]`. */
  forward(x: Tensor2D, filter: Tensor2D, shape: ConvolutionShape): Tensor2D;
  /** Gradient of the input. */
  inputGradient(dy: Tensor2D, filter: Tensor2D, shape: ConvolutionShape): Tensor2D;
  /** Gradient of the filter. */
  filterGradient(dy: Tensor2D, x: Tensor2D, shape: ConvolutionShape): Tensor2D;
}

/** The engine's best way. */
export function dilatedConvolution(engine: Engine): DilatedConvolution {
  if (engine.name === "wasm") return flipped(engine);
  if (engine.name.startsWith("tfjs-node") && nativeWorks(engine)) return native(engine);
  return columns(engine);
}

function columns(engine: Engine): DilatedConvolution {
  const { product, productTransposed, transposedProduct } = matrixProducts(engine);
  const { tf } = engine;
  const spread = (x: Tensor2D, { batch, notes, kernel, dilation }: ConvolutionShape): Tensor2D =>
    neighbours(engine, x, batch, notes, kernel, dilation, null);
  return {
    forward: (x, filter, shape) => tf.tidy(() => product(spread(x, shape), filter)),
    inputGradient: (dy, filter, { batch, notes, kernel, dilation }) =>
      tf.tidy(() => neighboursBackward(engine, productTransposed(dy, filter), batch, notes, filter.shape[0] / kernel, kernel, dilation)),
    filterGradient: (dy, x, shape) => tf.tidy(() => transposedProduct(spread(x, shape), dy)),
  };
}

function flipped({ tf }: Engine): DilatedConvolution {
  const convolve = (x: Tensor2D, filter: Tensor4D, { batch, notes, dilation }: ConvolutionShape): Tensor2D => {
    const image = tf.reshape(x, [batch, 1, notes, x.shape[1]]) as Tensor4D;
    const y = tf.fused.conv2d({ x: image, filter, strides: 1, pad: "same", dilations: [1, dilation] });
    return tf.reshape(y, [batch * notes, filter.shape[3]]) as Tensor2D;
  };
  return {
    forward: (x, filter, shape) => tf.tidy(() => convolve(x, tf.reshape(filter, [1, shape.kernel, -1, filter.shape[1]]) as Tensor4D, shape)),
    inputGradient: (dy, filter, shape) =>
      tf.tidy(() => {
        const taps = tf.reshape(filter, [shape.kernel, -1, filter.shape[1]]) as Tensor3D;
        const last = shape.kernel - 1;
        // Slices and concat, since `tf.reverse` is slow here.
        const reversed = tf.concat(Array.from({ length: shape.kernel }, (_, k) => tf.slice(taps, [last - k, 0, 0], [1, -1, -1])), 0);
        const turned = tf.transpose(reversed as Tensor3D, [0, 2, 1]); // [kernel, outputs, inputs]
        return convolve(dy, tf.reshape(turned, [1, ...turned.shape]) as Tensor4D, shape);
      }),
    // The shifts run along the columns of xᵀ, so that nothing is transposed but x.
    filterGradient: (dy, x, { batch, notes, kernel, dilation }) =>
      tf.tidy(() => {
        const inputs = x.shape[1];
        const transposed = tf.transpose(x);
        const reach = ((kernel - 1) / 2) * dilation;
        const padded = tf.pad(tf.reshape(transposed, [inputs, batch, notes]) as Tensor3D, [[0, 0], [0, 0], [reach, reach]]);
        const taps = Array.from({ length: kernel }, (_, k): Tensor2D =>
          k * dilation === reach
            ? transposed
            : (tf.reshape(tf.slice(padded, [0, 0, k * dilation], [inputs, batch, notes]), [inputs, batch * notes]) as Tensor2D),
        );
        return tf.matMul(tf.concat(taps, 0) as Tensor2D, dy);
      }),
  };
}

/** What tfjs-node's backend can do beyond its interface. */
interface NativeBackend {
  readonly binding: Readonly<Record<"TF_ATTR_TYPE" | "TF_ATTR_INT" | "TF_ATTR_STRING" | "TF_ATTR_BOOL" | "TF_FLOAT", number>>;
  executeSingleOutput(name: string, attributes: readonly NativeAttribute[], inputs: readonly Tensor[]): Tensor;
}

interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean | readonly number[];
}

function native({ tf }: Engine): DilatedConvolution {
  const backend = tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const convolution = (name: string, inputs: readonly Tensor[], dilation: number): Tensor =>
    backend.executeSingleOutput(
      name,
      [
        { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
        { name: "strides", type: binding.TF_ATTR_INT, value: [1, 1, 1, 1] },
        { name: "padding", type: binding.TF_ATTR_STRING, value: "SAME" },
        { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
        { name: "use_cudnn_on_gpu", type: binding.TF_ATTR_BOOL, value: true },
        { name: "dilations", type: binding.TF_ATTR_INT, value: [1, 1, dilation, 1] },
      ],
      inputs,
    );
  const image = (x: Tensor2D, { batch, notes }: ConvolutionShape): Tensor => tf.reshape(x, [batch, 1, notes, x.shape[1]]);
  const taps = (filter: Tensor2D, { kernel }: ConvolutionShape): Tensor => tf.reshape(filter, [1, kernel, -1, filter.shape[1]]);
  const rows = (y: Tensor): Tensor2D => tf.reshape(y, [-1, y.shape[y.rank - 1]]) as Tensor2D;
  return {
    forward: (x, filter, shape) => tf.tidy(() => rows(convolution("Conv2D", [image(x, shape), taps(filter, shape)], shape.dilation))),
    inputGradient: (dy, filter, shape) =>
      tf.tidy(() => {
        const sizes = tf.tensor1d([shape.batch, 1, shape.notes, filter.shape[0] / shape.kernel], "int32");
        return rows(convolution("Conv2DBackpropInput", [sizes, taps(filter, shape), image(dy, shape)], shape.dilation));
      }),
    filterGradient: (dy, x, shape) =>
      tf.tidy(() => {
        const sizes = tf.tensor1d([1, shape.kernel, x.shape[1], dy.shape[1]], "int32");
        return rows(convolution("Conv2DBackpropFilter", [image(x, shape), sizes, image(dy, shape)], shape.dilation));
      }),
  };
}

/** Whether dilated gradients run here: on a CPU without oneDNN they throw. */
function nativeWorks(engine: Engine): boolean {
  const { tf } = engine;
  try {
    tf.tidy(() => {
      const way = native(engine);
      const shape = { batch: 1, notes: 5, kernel: 3, dilation: 2 };
      const x = tf.ones([5, 1]) as Tensor2D;
      way.inputGradient(x, tf.ones([3, 1]) as Tensor2D, shape).dataSync();
      way.filterGradient(x, x, shape).dataSync();
    });
    return true;
  } catch {
    return false;
  }
}
