/**
 * @file The original's embedding of the diffusion step, as a table.
 *
 * Kong et al. (2021), equation (8): sines and cosines of step · 10^(4d/63),
 * d = 0 … 63. Their arguments reach 10⁷, where one unit in the last place of a
 * 32-bit float is a whole radian: only the same roundings give the same
 * table, and weights trained on one table work with no other. So it lies in the
 * checkpoint, and is made anew only for a new model.
 */

/** Sines, or cosines, of a row. */
const FREQUENCIES = 64;

/** Values of a step's embedding: sines, then cosines. */
export const EMBEDDING_WIDTH = 2 * FREQUENCIES;

/** Name of the table in a checkpoint. */
export const EMBEDDING_NAME = "diffusion_embedding.embedding";

/**
 * The table, with PyTorch's roundings: every product and power is rounded to 32 bits, sine and cosine are exact.
 *
 * @param steps - diffusion steps
 * @returns `[steps, 128]`, row-major
 */
export function stepEmbeddingTable(steps: number): Float32Array {
  const { fround } = Math;
  const frequencies = Float32Array.from({ length: FREQUENCIES }, (_, d) => 10 ** fround(fround(4 * d) / (FREQUENCIES - 1)));
  const table = new Float32Array(steps * EMBEDDING_WIDTH);
  for (let step = 0; step < steps; step++) {
    for (let d = 0; d < FREQUENCIES; d++) {
      const argument = fround(step * frequencies[d]);
      table[step * EMBEDDING_WIDTH + d] = Math.sin(argument);
      table[step * EMBEDDING_WIDTH + FREQUENCIES + d] = Math.cos(argument);
    }
  }
  return table;
}

/**
 * Look up steps; between two rows the embedding is their linear interpolation.
 *
 * @param table - `[steps, 128]`
 * @param step - diffusion step of each example, `[B]`, in [0, steps − 1]
 * @returns `[B, 128]`, row-major
 * @throws RangeError for a step outside the table
 */
export function embedSteps(table: Float32Array, step: Float32Array): Float32Array {
  const last = table.length / EMBEDDING_WIDTH - 1;
  const rows = new Float32Array(step.length * EMBEDDING_WIDTH);
  step.forEach((t, b) => {
    if (!(t >= 0 && t <= last)) throw new RangeError(`denoise: the diffusion step must be in [0, ${last}], got ${t}.`);
    const before = Math.floor(t) * EMBEDDING_WIDTH;
    const after = Math.ceil(t) * EMBEDDING_WIDTH;
    const share = t - Math.floor(t);
    for (let d = 0; d < EMBEDDING_WIDTH; d++) {
      rows[b * EMBEDDING_WIDTH + d] = table[before + d] + (table[after + d] - table[before + d]) * share;
    }
  });
  return rows;
}
