/**
 * @file Tempo and loudness of a whole piece, from the mean of its features: ridge
 * regression (Hoerl & Kennard, 1970), its strength chosen by cross-validation.
 */
import type { PieceLevelConfig, PieceLevelRegression } from "../model/config.js";
import { textHash } from "./text-hash.js";
import type { PreparedPiece } from "./training-piece.js";

const FOLDS = 8;
/** Ridge strengths that are tried, in units of one piece's weight. */
const STRENGTHS = [0.3, 1, 3, 10, 30, 100];

/**
 * Mean of a piece's standardized features.
 *
 * @param features - `[N, C]`
 * @returns `[C]`
 */
export function poolFeatures(features: Float32Array, columns: number): Float64Array {
  const pooled = new Float64Array(columns);
  const rows = features.length / columns;
  for (let i = 0, c = 0; i < features.length; i++) {
    pooled[c] += features[i] / rows;
    if (++c === columns) c = 0;
  }
  return pooled;
}

/**
 * Fit both levels. Folds never split a group of pieces.
 *
 * @returns the regressions with their cross-validated R², or `undefined` for fewer than two groups
 */
export function fitPieceLevel(pieces: readonly PreparedPiece[], columns: number): PieceLevelConfig | undefined {
  const groups = [...new Set(pieces.map(({ group }) => group))];
  if (groups.length < 2) return undefined;
  const fold = pieces.map(({ group }) => (textHash(group) >>> 0) % Math.min(FOLDS, groups.length));
  const pooled = pieces.map(({ features }) => poolFeatures(features, columns));
  const featureMean = new Float64Array(columns);
  for (const row of pooled) row.forEach((x, c) => (featureMean[c] += x / pooled.length));
  const rows = pooled.map((row) => row.map((x, c) => x - featureMean[c]));
  const fit = (values: readonly number[]): PieceLevelRegression => {
    let best = { strength: STRENGTHS[0], r2: Number.NEGATIVE_INFINITY };
    for (const strength of STRENGTHS) {
      const r2 = crossValidated(rows, values, fold, strength);
      if (r2 > best.r2) best = { strength, r2 };
    }
    const { weights, bias } = ridge(rows, values, best.strength);
    return { weights: [...weights], bias, range: [Math.min(...values), Math.max(...values)], r2: best.r2 };
  };
  const mean = (of: (level: PreparedPiece["levels"][number]) => number) =>
    pieces.map(({ levels }) => levels.reduce((sum, level) => sum + of(level), 0) / levels.length);
  return {
    featureMean: [...featureMean],
    log2SecPerQuarter: fit(mean((level) => level.log2SecPerQuarter)),
    meanVelocity: fit(mean((level) => level.meanVelocity)),
  };
}

/** Explained variance of pieces by models that never saw their fold. */
function crossValidated(rows: readonly Float64Array[], values: readonly number[], fold: readonly number[], strength: number): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let residual = 0;
  let spread = 0;
  for (let k = 0; k < FOLDS; k++) {
    const inside = rows.map((_, i) => i).filter((i) => fold[i] !== k);
    const outside = rows.map((_, i) => i).filter((i) => fold[i] === k);
    if (inside.length === 0 || outside.length === 0) continue;
    const { weights, bias } = ridge(inside.map((i) => rows[i]), inside.map((i) => values[i]), strength);
    for (const i of outside) {
      residual += (values[i] - bias - dot(weights, rows[i])) ** 2;
      spread += (values[i] - mean) ** 2;
    }
  }
  return spread > 0 ? 1 - residual / spread : 0;
}

/** Minimize Σ (y − bias − w·x)² + strength · |w|². */
function ridge(rows: readonly Float64Array[], values: readonly number[], strength: number): { weights: Float64Array; bias: number } {
  const columns = rows[0].length;
  const center = new Float64Array(columns);
  for (const row of rows) row.forEach((x, c) => (center[c] += x / rows.length));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const matrix = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  rows.forEach((row, r) => {
    const x = row.map((value, c) => value - center[c]);
    for (let i = 0; i < columns; i++) {
      right[i] += x[i] * (values[r] - mean);
      for (let j = 0; j <= i; j++) matrix[i * columns + j] += x[i] * x[j];
    }
  });
  for (let i = 0; i < columns; i++) matrix[i * columns + i] += strength;
  const weights = solve(matrix, right, columns);
  return { weights, bias: mean - dot(weights, center) };
}

/** Solve A w = b for a symmetric positive definite A, given its lower half (Cholesky), in place. */
function solve(a: Float64Array, b: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j];
    }
  }
  const w = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) w[i] -= a[i * n + k] * w[k];
    w[i] /= a[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) w[i] -= a[k * n + i] * w[k];
    w[i] /= a[i * n + i];
  }
  return w;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
