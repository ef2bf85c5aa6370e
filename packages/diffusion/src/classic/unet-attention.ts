/**
 * @file Attention between an image's pixels: linear in their number at every
 * level (Shen et al., 2021, "Efficient attention"), full in the middle (Vaswani
 * et al., 2017). Four heads of 32 channels, a norm before, the input added.
 *
 * Queries, keys and values are computed anew in the backward pass: they are
 * several times as large as the image.
 */
import type { Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import { matrixProducts } from "../base/layers.js";
import type { Engine } from "../engine.js";
import { normLayer, pixelLayer, toRows, type ImageLayer, type Scope } from "./unet-layers.js";
import { ATTENTION_HEADS, HEAD_CHANNELS } from "./unet-tensors.js";

const INNER = ATTENTION_HEADS * HEAD_CHANNELS;
const SCALE = HEAD_CHANNELS ** -0.5;

/** What the heads found, `[B·heads, n, 32]`, and from its gradient that of queries, keys and values in one, `[B·n, 3·128]`. */
interface Heads {
  readonly output: Tensor3D;
  backward(dOutput: Tensor3D): Tensor2D;
}

/** Attention whose keys are summed up once for all queries: softmax(q) · (softmax(k)ᵀ v). */
export function linearAttentionLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  return attentionLayer(scope, name, image, linearHeads, (rows) => {
    const out = pixelLayer(scope, `${name}.fn.fn.to_out.0`, rows);
    const norm = normLayer(scope, `${name}.fn.fn.to_out.1`, out.output);
    return { output: norm.output, backward: (d) => out.backward(norm.backward(d)) };
  });
}

/** Attention of every pixel to every other: softmax(q kᵀ) v. */
export function fullAttentionLayer(scope: Scope, name: string, image: Tensor4D): ImageLayer {
  return attentionLayer(scope, name, image, fullHeads, (rows) => pixelLayer(scope, `${name}.fn.fn.to_out`, rows));
}

function attentionLayer(
  scope: Scope, name: string, image: Tensor4D,
  heads: (engine: Engine, batch: number, qkv: Tensor2D) => Heads, outLayer: (rows: Tensor4D) => ImageLayer,
): ImageLayer {
  const { engine, weights } = scope;
  const { tf } = engine;
  const { product, productTransposed, transposedProduct } = matrixProducts(engine);
  const [B, T, W, C] = image.shape;
  const qkvName = `${name}.fn.fn.to_qkv.weight`;
  const qkvWeight = weights.get(qkvName);
  const norm = normLayer(scope, `${name}.fn.norm`, image);
  const project = (): Tensor2D => product(toRows(engine, norm.output), qkvWeight);
  const merged = tf.tidy(() => tf.reshape(merge(engine, B, heads(engine, B, project()).output), [B, T, W, INNER]) as Tensor4D);
  const out = outLayer(merged);
  return {
    output: tf.add(out.output, image) as Tensor4D,
    backward: (dOutput) => {
      const dMerged = out.backward(dOutput);
      const { dWeight, dNorm } = tf.tidy(() => {
        const dqkv = heads(engine, B, project()).backward(split(engine, B, toRows(engine, dMerged)));
        return {
          dWeight: transposedProduct(toRows(engine, norm.output), dqkv),
          dNorm: tf.reshape(productTransposed(dqkv, qkvWeight), [B, T, W, C]) as Tensor4D,
        };
      });
      weights.put(qkvName, dWeight);
      const dImage = norm.backward(dNorm);
      const dSum = tf.add(dOutput, dImage) as Tensor4D;
      tf.dispose([dMerged, dNorm, dImage]);
      return dSum;
    },
  };
}

function linearHeads(engine: Engine, batch: number, qkv: Tensor2D): Heads {
  const { tf } = engine;
  const { product, productTransposed, transposedProduct } = batchedProducts(engine);
  const [q, k, v] = parts(engine, batch, qkv);
  const queries = tf.softmax(q) as Tensor3D; // over the channels of a head
  const keys = tf.softmax(tf.transpose(k, [0, 2, 1])) as Tensor3D; // [B·heads, 32, n]: over the pixels
  const context = tf.mul(product(keys, v), SCALE) as Tensor3D; // [B·heads, 32, 32]
  return {
    output: product(queries, context),
    backward: (dOutput) => {
      const dContext = tf.mul(transposedProduct(queries, dOutput), SCALE) as Tensor3D;
      const dq = softmaxBackward(engine, queries, productTransposed(dOutput, context));
      const dk = tf.transpose(softmaxBackward(engine, keys, productTransposed(dContext, v)), [0, 2, 1]);
      const dv = transposedProduct(keys, dContext);
      return tf.concat([dq, dk, dv].map((d) => merge(engine, batch, d)), 1) as Tensor2D;
    },
  };
}

function fullHeads(engine: Engine, batch: number, qkv: Tensor2D): Heads {
  const { tf } = engine;
  const { product, productTransposed, transposedProduct } = batchedProducts(engine);
  const [q, k, v] = parts(engine, batch, qkv);
  const attention = tf.softmax(tf.mul(productTransposed(q, k), SCALE)) as Tensor3D; // [B·heads, n, n]
  return {
    output: product(attention, v),
    backward: (dOutput) => {
      const dSimilarity = tf.mul(softmaxBackward(engine, attention, productTransposed(dOutput, v)), SCALE) as Tensor3D;
      const gradients = [product(dSimilarity, k), transposedProduct(dSimilarity, q), transposedProduct(attention, dOutput)];
      return tf.concat(gradients.map((d) => merge(engine, batch, d)), 1) as Tensor2D;
    },
  };
}

/** Gradient of softmax over the last axis, given its result p: p·(dp − Σ dp·p). */
function softmaxBackward({ tf }: Engine, p: Tensor3D, dp: Tensor3D): Tensor3D {
  return tf.tidy(() => {
    const weighted = tf.mul(dp, p);
    return tf.sub(weighted, tf.mul(p, tf.sum(weighted, -1, true))) as Tensor3D;
  });
}

function parts(engine: Engine, batch: number, qkv: Tensor2D): [Tensor3D, Tensor3D, Tensor3D] {
  const part = (i: number): Tensor3D => split(engine, batch, engine.tf.slice(qkv, [0, i * INNER], [-1, INNER]));
  return [part(0), part(1), part(2)];
}

/** Heads apart: `[B·n, 128]` → `[B·heads, n, 32]`. */
function split({ tf }: Engine, batch: number, rows: Tensor2D): Tensor3D {
  return tf.tidy(() => {
    const heads = tf.transpose(tf.reshape(rows, [batch, -1, ATTENTION_HEADS, HEAD_CHANNELS]) as Tensor4D, [0, 2, 1, 3]);
    return tf.reshape(heads, [batch * ATTENTION_HEADS, -1, HEAD_CHANNELS]) as Tensor3D;
  });
}

/** Heads together again: `[B·heads, n, 32]` → `[B·n, 128]`. */
function merge({ tf }: Engine, batch: number, heads: Tensor3D): Tensor2D {
  return tf.tidy(() => {
    const apart = tf.reshape(heads, [batch, ATTENTION_HEADS, -1, HEAD_CHANNELS]) as Tensor4D;
    return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), [-1, INNER]) as Tensor2D;
  });
}

/** Products of each head, transposed first where the engine wants that. */
function batchedProducts({ tf, transposeFirst }: Engine): Readonly<Record<"product" | "transposedProduct" | "productTransposed", (a: Tensor3D, b: Tensor3D) => Tensor3D>> {
  const transposed = (x: Tensor3D): Tensor3D => tf.transpose(x, [0, 2, 1]);
  return {
    product: (a: Tensor3D, b: Tensor3D) => tf.matMul(a, b),
    transposedProduct: (a: Tensor3D, b: Tensor3D) => (transposeFirst ? tf.tidy(() => tf.matMul(transposed(a), b)) : tf.matMul(a, b, true, false)),
    productTransposed: (a: Tensor3D, b: Tensor3D) => (transposeFirst ? tf.tidy(() => tf.matMul(a, transposed(b))) : tf.matMul(a, b, false, true)),
  };
}
