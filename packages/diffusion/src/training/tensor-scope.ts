/**
 * @file A `tf.tidy` that may wait: tensors on a GPU cannot be read at once.
 */
import type { Engine } from "../engine.js";

/** Run some work and dispose of every tensor that it made. Nothing else may make tensors meanwhile. */
export async function tensorScope<T>({ tf }: Engine, name: string, work: () => Promise<T>): Promise<T> {
  tf.engine().startScope(name);
  try {
    return await work();
  } finally {
    tf.engine().endScope();
  }
}
