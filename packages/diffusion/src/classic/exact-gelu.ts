/**
 * @file GELU with the error function itself, x·Φ(x) (Hendrycks & Gimpel, 2016),
 * as the U-Net's weights were trained with; the `base` model has the tanh form.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";

/** x·Φ(x). */
export function exactGelu<T extends Tensor>(engine: Engine, x: T): T {
  return engine.tf.tidy(() => engine.tf.mul(x, normalCdf(engine, x)) as T);
}

/** Gradient of {@link exactGelu} at x: dy·(Φ(x) + x·φ(x)). */
export function exactGeluBackward<T extends Tensor>(engine: Engine, x: T, dy: T): T {
  const { tf } = engine;
  return tf.tidy(() => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.mul(dy, tf.add(normalCdf(engine, x), tf.mul(x, density))) as T;
  });
}

/** Φ, the normal distribution's cumulative function. */
function normalCdf({ tf }: Engine, x: Tensor): Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}
