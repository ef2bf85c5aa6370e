/**
 * @file The U-Net's embedding of the diffusion step: Vaswani et al. (2017),
 * section 3.5, with its sines before its cosines.
 */

/**
 * Frequencies 10000^(−i / (dim/2 − 1)), with PyTorch's roundings to 32 bits.
 *
 * @param dim - even, at least 4
 * @returns `[dim / 2]`
 */
export function stepFrequencies(dim: number): Float32Array {
  const slope = Math.fround(-Math.log(10_000) / (dim / 2 - 1));
  return Float32Array.from({ length: dim / 2 }, (_, i) => Math.exp(Math.fround(i * slope)));
}

/**
 * Sines, then cosines of step times frequency.
 *
 * @param step - diffusion step per example, `[B]`; fractions lie between their neighbours
 * @returns `[B, dim]`, row-major
 */
export function stepAngles(dim: number, step: Float32Array): Float32Array {
  const frequencies = stepFrequencies(dim);
  const half = frequencies.length;
  const rows = new Float32Array(step.length * dim);
  step.forEach((t, b) => {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(t * frequencies[i]);
      rows[b * dim + i] = Math.sin(angle);
      rows[b * dim + half + i] = Math.cos(angle);
    }
  });
  return rows;
}
