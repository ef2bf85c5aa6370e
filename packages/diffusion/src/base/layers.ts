/**
 * @file The network's building blocks, each with its gradient written out.
 *
 * TensorFlow.js has no gradient for dilated convolutions, and WASM lacks kernels
 * that the others need, so nothing here uses its tape: a forward function
 * returns what its backward function needs, and both use only operations that
 * every backend computes right and fast.
 */
import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import { NORM_EPSILON } from "../model/config.js";
import type { Engine } from "../engine.js";

/** Products of the engine, with transposition where it is fast. */
export interface MatrixProducts {
  /** a · b. */
  product(a: Tensor2D, b: Tensor2D): Tensor2D;
  /** aᵀ · b: a weight's gradient. */
  transposedProduct(a: Tensor2D, b: Tensor2D): Tensor2D;
  /** a · bᵀ: an input's gradient. */
  productTransposed(a: Tensor2D, b: Tensor2D): Tensor2D;
  /** a · b + bias. */
  affine(a: Tensor2D, b: Tensor2D, bias: Tensor): Tensor2D;
}

/** Matrix products as the engine does them best. */
export function matrixProducts({ tf, transposeFirst, fuseBias }: Engine): MatrixProducts {
  return {
    product: (a, b) => tf.matMul(a, b),
    transposedProduct: (a, b) => (transposeFirst ? tf.tidy(() => tf.matMul(tf.transpose(a), b)) : tf.matMul(a, b, true, false)),
    productTransposed: (a, b) => (transposeFirst ? tf.tidy(() => tf.matMul(a, tf.transpose(b))) : tf.matMul(a, b, false, true)),
    affine: (a, b, bias) => (fuseBias ? (tf.fused.matMul({ a, b, bias }) as Tensor2D) : tf.tidy(() => tf.add(tf.matMul(a, b), bias) as Tensor2D)),
  };
}

/** Slope of the logistic form of GELU's tanh approximation: 2·√(2/π). */
const GELU_SLOPE = 2 * Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** GELU, tanh approximation, as x·σ(2√(2/π)(x + 0.044715 x³)) (Hendrycks & Gimpel, 2016): tanh is slow on WASM. */
export function gelu({ tf }: Engine, x: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.mul(x, geluGate({ tf }, x)));
}

/** Gradient of {@link gelu} at x. */
export function geluBackward({ tf }: Engine, x: Tensor2D, dy: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const gate = geluGate({ tf }, x);
    const slope = tf.add(tf.mul(tf.square(x), 3 * GELU_CUBIC * GELU_SLOPE), GELU_SLOPE);
    const inner = tf.mul(tf.mul(x, tf.mul(gate, tf.sub(1, gate))), slope);
    return tf.mul(dy, tf.add(gate, inner));
  });
}

function geluGate({ tf }: Pick<Engine, "tf">, x: Tensor2D): Tensor2D {
  return tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), GELU_CUBIC * GELU_SLOPE), GELU_SLOPE)));
}

/** What the gradient of an RMS norm needs. */
export interface Normalized {
  /** Rows divided by their root mean square, `[R, H]`; masked rows are 0. */
  readonly rows: Tensor2D;
  /** One over the root mean square, `[R, 1]`; 0 for masked rows. */
  readonly inverse: Tensor2D;
}

/** Divide each row by its root mean square; rows of the mask's zeros become 0. */
export function normalize({ tf }: Engine, x: Tensor2D, mask: Tensor2D | null): Normalized {
  return tf.tidy(() => {
    const meanSquare = tf.mean(tf.square(x), 1, true) as Tensor2D;
    const root = tf.rsqrt(tf.add(meanSquare, NORM_EPSILON)) as Tensor2D;
    const inverse = mask ? (tf.mul(root, mask) as Tensor2D) : root;
    return { rows: tf.mul(x, inverse) as Tensor2D, inverse };
  }) as unknown as Normalized;
}

/**
 * Gradient of the norm times a weight per channel, h = w · rows.
 *
 * With q = dh · rows, the weight's gradient is Σ q and the input's is
 * inverse · (w · dh − rows · mean(w · q)).
 *
 * @param weight - `[1, H]`
 */
export function normalizeBackward(
  engine: Engine, { rows, inverse }: Normalized, weight: Tensor2D, dh: Tensor2D,
): { dx: Tensor2D; dWeight: Tensor } {
  const { tf } = engine;
  return tf.tidy(() => {
    const q = tf.mul(dh, rows) as Tensor2D;
    const mean = matrixProducts(engine).product(q, tf.reshape(tf.div(weight, weight.shape[1]), [weight.shape[1], 1]) as Tensor2D);
    return { dx: tf.mul(inverse, tf.sub(tf.mul(dh, weight), tf.mul(rows, mean))) as Tensor2D, dWeight: tf.sum(q, 0) };
  });
}

/**
 * The rows that a dilated filter sees, side by side: note t − d, t, t + d, with
 * zeros beyond the ends (im2col).
 *
 * @param h - `[B·T, H]`
 * @param extra - further columns to the right (the onset's mean), or none
 * @returns `[B·T, kernel·H (+ H)]`
 */
export function neighbours(
  { tf }: Engine, h: Tensor2D, batch: number, notes: number, kernel: number, dilation: number, extra: Tensor2D | null,
): Tensor2D {
  return tf.tidy(() => {
    const width = h.shape[1];
    const reach = ((kernel - 1) / 2) * dilation;
    const padded = tf.pad(tf.reshape(h, [batch, notes, width]) as Tensor3D, [[0, 0], [reach, reach], [0, 0]]);
    const taps: Tensor2D[] = [];
    for (let k = 0; k < kernel; k++) {
      taps.push(k * dilation === reach ? h : (tf.reshape(tf.slice(padded, [0, k * dilation, 0], [batch, notes, width]), [batch * notes, width]) as Tensor2D));
    }
    return tf.concat(extra ? [...taps, extra] : taps, 1) as Tensor2D;
  });
}

/**
 * Gradient of {@link neighbours}: every tap's gradient goes back to the note it came from.
 *
 * @param dColumns - `[B·T, ≥ kernel·H]`
 * @returns `[B·T, H]`
 */
export function neighboursBackward(
  { tf }: Engine, dColumns: Tensor2D, batch: number, notes: number, width: number, kernel: number, dilation: number,
): Tensor2D {
  return tf.tidy(() => {
    const middle = (kernel - 1) / 2;
    let sum: Tensor = tf.slice(dColumns, [0, middle * width], [-1, width]);
    for (let k = 0; k < kernel; k++) {
      const shift = (k - middle) * dilation;
      const distance = Math.abs(shift);
      if (shift === 0 || distance >= notes) continue;
      const tap = tf.reshape(tf.slice(dColumns, [0, k * width], [-1, width]), [batch, notes, width]) as Tensor3D;
      // Tap k of note t came from note t + shift.
      const kept = tf.slice(tap, [0, shift > 0 ? 0 : distance, 0], [batch, notes - distance, width]);
      const moved = tf.pad(kept as Tensor3D, [[0, 0], shift > 0 ? [distance, 0] : [0, distance], [0, 0]]);
      sum = tf.add(sum, tf.reshape(moved, [batch * notes, width]));
    }
    return sum as Tensor2D;
  });
}
