/**
 * @file A network's weights by name, cut from the flat vector on demand, and
 * their gradients, put together again into one vector.
 */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { Layout } from "./layout.js";

/** Views of one weight vector and the gradients that come back for them. */
export class Weights {
  private readonly matrices = new Map<string, Tensor2D>();
  private readonly gradients = new Map<string, Tensor>();

  constructor(
    private readonly engine: Engine,
    private readonly layout: Layout,
    private readonly flat: Tensor1D,
  ) {}

  /** The slot as a matrix, `[rows, columns]`, kept for the next call: ask outside of inner tidies. */
  get(name: string): Tensor2D {
    let matrix = this.matrices.get(name);
    if (!matrix) {
      const { tf } = this.engine;
      const { offset, rows, columns } = this.layout.slots.get(name)!;
      matrix = tf.tidy(() => tf.reshape(tf.slice(this.flat, [offset], [rows * columns]), [rows, columns]) as Tensor2D);
      this.matrices.set(name, matrix);
    }
    return matrix;
  }

  /** A slot of one row as a vector, as a fused product wants its bias. */
  vector(name: string): Tensor1D {
    const { offset, columns } = this.layout.slots.get(name)!;
    return this.engine.tf.slice(this.flat, [offset], [columns]);
  }

  /** Whether the network has such weights. */
  has(name: string): boolean {
    return this.layout.slots.has(name);
  }

  /** Note a slot's gradient, adding to what is there. */
  put(name: string, gradient: Tensor): void {
    const sum = this.gradients.get(name);
    this.gradients.set(name, sum ? this.engine.tf.add(sum, gradient) : gradient);
  }

  /** All gradients, in the vector's order; 0 for weights that none came for. */
  collect(): Tensor1D {
    const { tf } = this.engine;
    const gradientOf = (name: string): Tensor => {
      const { rows, columns } = this.layout.slots.get(name)!;
      const gradient = this.gradients.get(name);
      return gradient ? tf.reshape(gradient, [-1]) : tf.zeros([rows * columns]);
    };
    return tf.tidy(() => tf.concat([...this.layout.slots.keys()].map(gradientOf), 0)) as Tensor1D;
  }
}
