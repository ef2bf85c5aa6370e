/**
 * @file The `base` networks once more, note by note in float64, straight from
 * their equations: what ONNX and TensorFlow.js are compared with.
 */
import type { NamedTensors } from "../src/base/layout.js";
import { NORM_EPSILON, ONSET_CHANNELS, seesOnset, TIME_FREQUENCIES, type StackConfig } from "../src/model/config.js";

export type Rows = number[][];

/** Encoder on one piece: hidden `[N][H]` and mean `[N][6]`. */
export function referenceEncoder(weights: NamedTensors, stack: StackConfig, features: Rows, onset: readonly number[]): { hidden: Rows; mean: Rows } {
  const x = run(weights, "encoder", stack, features, onset, (h) => h);
  return head(weights, "encoder", x, onset);
}

/** Denoiser on one piece: velocity `[N][6]`. */
export function referenceDenoiser(
  weights: NamedTensors, stack: StackConfig, noisy: Rows, time: number, condition: { hidden: Rows; mean: Rows; controls?: Rows } | null, onset: readonly number[],
): Rows {
  const hidden = condition?.hidden ?? noisy.map(() => Array.from(weights["denoiser.null"].data));
  const mean = condition?.mean ?? noisy.map((row) => row.map(() => 0));
  const controls = condition?.controls ?? noisy.map(() => new Array<number>(weights["denoiser.input.weight"].shape[1] - 12).fill(0));
  const angles = Array.from({ length: TIME_FREQUENCIES }, (_, k) => ((k + 1) * Math.PI * time) / 2);
  const embedded = linear(weights, "denoiser.time", [time, ...angles.map(Math.sin), ...angles.map(Math.cos)]).map(gelu);
  const input = noisy.map((row, n) => [...row, ...mean[n], ...controls[n]]);
  const x = run(weights, "denoiser", stack, input, onset, (h, n, block) => {
    const both = linear(weights, `${block}.time`, embedded);
    const extra = linear(weights, `${block}.condition`, hidden[n]);
    return h.map((value, c) => value * (1 + both[c]) + both[stack.hidden + c] + extra[c]);
  });
  return head(weights, "denoiser", x, onset).mean;
}

function run(
  weights: NamedTensors, name: string, stack: StackConfig, input: Rows, onset: readonly number[],
  condition: (h: number[], note: number, block: string) => number[],
): Rows {
  let x = input.map((row) => linear(weights, `${name}.project`, linear(weights, `${name}.input`, row).map(gelu)));
  for (let i = 0; i < stack.blocks; i++) {
    const block = `${name}.blocks.${i}`;
    const h = x.map((row, n) => condition(norm(weights, `${block}.norm`, row), n, block));
    const means = onsetMeans(h, onset);
    const { data: conv, shape: [outputs, inputs, taps] } = weights[`${block}.conv.weight`];
    const bias = weights[`${block}.conv.bias`].data;
    x = x.map((row, n) => {
      const y = Array.from({ length: outputs }, (_, o) => {
        let sum = bias[o];
        for (let tap = 0; tap < taps; tap++) {
          const seen = h[n + (tap - (taps - 1) / 2) * stack.dilations[i]];
          if (seen) for (let c = 0; c < inputs; c++) sum += conv[(o * inputs + c) * taps + tap] * seen[c];
        }
        return sum;
      });
      if (seesOnset(i)) linear(weights, `${block}.onset`, means[n]).forEach((value, o) => (y[o] += value));
      const gated = y.slice(0, stack.hidden).map((value, c) => value / (1 + Math.exp(-y[stack.hidden + c])));
      return add(row, linear(weights, `${block}.out`, gated));
    });
  }
  return x;
}

function head(weights: NamedTensors, name: string, x: Rows, onset: readonly number[]): { hidden: Rows; mean: Rows } {
  const hidden = x.map((row) => norm(weights, `${name}.norm`, row));
  const perNote = hidden.map((row) => linear(weights, `${name}.head`, row));
  const perOnset = onsetMeans(perNote, onset);
  return { hidden, mean: perNote.map((row, n) => row.map((value, c) => (ONSET_CHANNELS[c] ? perOnset[n][c] : value))) };
}

function onsetMeans(rows: Rows, onset: readonly number[]): Rows {
  return rows.map((_, n) => {
    const chord = rows.filter((_, m) => onset[m] === onset[n]);
    return chord.reduce(add).map((sum) => sum / chord.length);
  });
}

function linear(weights: NamedTensors, name: string, x: readonly number[]): number[] {
  const { data, shape: [outputs, inputs] } = weights[`${name}.weight`];
  const bias = weights[`${name}.bias`]?.data;
  return Array.from({ length: outputs }, (_, o) => x.reduce((sum, value, i) => sum + data[o * inputs + i] * value, bias?.[o] ?? 0));
}

function norm(weights: NamedTensors, name: string, row: readonly number[]): number[] {
  const root = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length + NORM_EPSILON);
  return row.map((value, c) => (value / root) * weights[`${name}.weight`].data[c]);
}

function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]);
}
