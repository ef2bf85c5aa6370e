/**
 * @file Mean and standard deviation of every column, in float64 and in one pass.
 *
 * Welford (1962), Note on a method for calculating corrected sums of squares and products.
 */
import { ShapeError, type Matrix } from "@dexter/codec";

/** Mean and standard deviation of `C` columns. */
export interface ColumnStatistics {
  /** Rows that were counted. */
  readonly count: number;
  /** `[C]` */
  readonly mean: Float64Array;
  /** Of the population (divided by the count), `[C]`; 0 where a column is constant. */
  readonly standardDeviation: Float64Array;
}

/** What running statistics are made of. */
export interface ColumnSums {
  /** Rows that were counted. */
  readonly count: number;
  /** `[C]` */
  readonly mean: Float64Array;
  /** Sums of squared deviations from the mean, `[C]`. */
  readonly squares: Float64Array;
}

/** Running statistics of columns. */
export interface RunningStatistics {
  /** Count the rows of a `[N, C]` matrix, those alone where `mask` is not 0. */
  add(matrix: Matrix, mask?: Uint8Array): void;
  /** Count what another one counted, after it has ended (Chan, Golub & LeVeque, 1979). */
  absorb(other: ColumnSums): void;
  /** Count, means and sums of squared deviations. */
  sums(): ColumnSums;
  /** What was counted so far. */
  result(): ColumnStatistics;
}

/** Begin statistics of `columns` columns. */
export function runningStatistics(columns: number): RunningStatistics {
  const mean = new Float64Array(columns);
  const squares = new Float64Array(columns);
  let count = 0;
  return {
    add(matrix, mask) {
      const [rows, width] = matrix.shape;
      if (width !== columns) throw new ShapeError(`runningStatistics: expected ${columns} columns, got ${width}.`);
      for (let row = 0; row < rows; row++) {
        if (mask && mask[row] === 0) continue;
        count++;
        for (let column = 0, at = row * columns; column < columns; column++, at++) {
          const delta = matrix.data[at] - mean[column];
          mean[column] += delta / count;
          squares[column] += delta * (matrix.data[at] - mean[column]);
        }
      }
    },
    absorb(other) {
      if (other.count === 0) return;
      const both = count + other.count;
      for (let column = 0; column < columns; column++) {
        const delta = other.mean[column] - mean[column];
        mean[column] += (delta * other.count) / both;
        squares[column] += other.squares[column] + (delta * delta * count * other.count) / both;
      }
      count = both;
    },
    sums: () => ({ count, mean: mean.slice(), squares: squares.slice() }),
    result() {
      const standardDeviation = squares.map((sum) => (count > 0 ? Math.sqrt(sum / count) : 0));
      return { count, mean: mean.slice(), standardDeviation };
    },
  };
}

/** Running statistics of columns whose values are known one by one. */
export interface KnownStatistics {
  /** Count the values of a `[N, C]` matrix where `known`, `[N · C]`, is not 0. */
  add(matrix: Matrix, known: Uint8Array): void;
  /** Count what another one counted. */
  absorb(other: KnownStatistics): void;
  /** Per column, `[C]` each. */
  readonly sums: readonly RunningStatistics[];
  /** What was counted so far; `count` is that of the column that is known most often. */
  result(): ColumnStatistics;
}

/** Begin statistics of `columns` columns with gaps. */
export function knownStatistics(columns: number): KnownStatistics {
  const sums = Array.from({ length: columns }, () => runningStatistics(1));
  return {
    sums,
    add({ data, shape: [rows, width] }, known) {
      if (width !== columns) throw new ShapeError(`knownStatistics: expected ${columns} columns, got ${width}.`);
      const column = new Float32Array(rows);
      const mask = new Uint8Array(rows);
      sums.forEach((sum, c) => {
        for (let row = 0, at = c; row < rows; row++, at += columns) {
          column[row] = data[at];
          mask[row] = known[at];
        }
        sum.add({ data: column, shape: [rows, 1] }, mask);
      });
    },
    absorb: (other) => sums.forEach((sum, c) => sum.absorb(other.sums[c].sums())),
    result() {
      const each = sums.map((sum) => sum.result());
      return {
        count: each.reduce((most, { count }) => Math.max(most, count), 0),
        mean: Float64Array.from(each, ({ mean }) => mean[0]),
        standardDeviation: Float64Array.from(each, ({ standardDeviation }) => standardDeviation[0]),
      };
    },
  };
}

/** Mean and standard deviation of each column over all rows of the given matrices, `[N, C]` each. */
export function featureStatistics(matrices: Iterable<Matrix>): ColumnStatistics {
  let running: RunningStatistics | undefined;
  for (const matrix of matrices) (running ??= runningStatistics(matrix.shape[1])).add(matrix);
  return (running ?? runningStatistics(0)).result();
}
