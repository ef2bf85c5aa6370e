/**
 * @file Targets that are told of several notes together: the tempo over a beat,
 * the loudness of a chord. Each asks one channel of the prediction, averaged
 * over some notes, for one value; where inside the beat the tempo moves, or
 * which note of the chord sings, stays free.
 */
import type { CropBatch } from "./batch.js";

/** `J` terms; term j averages rows `begin[j]` … `begin[j + 1] − 1`. */
export interface LinearTerms {
  /** Channel that is asked, `[J]`. */
  readonly channel: Uint8Array;
  /** Where the rows of each term begin, `[J + 1]`. */
  readonly begin: Int32Array;
  /** Notes of a piece, or rows of a batch. */
  readonly row: Int32Array;
  /** Their shares, which add to 1 in each term. */
  readonly share: Float32Array;
  /** Standardized, `[J]`. */
  readonly target: Float32Array;
  /** `[J]`. */
  readonly weight: Float32Array;
}

/** Terms in the making. */
export interface TermList {
  /** Add one; terms without rows or weight are left out. */
  add(channel: number, rows: readonly number[], shares: readonly number[], target: number, weight: number): void;
  /** All of them. */
  done(): LinearTerms;
}

/** Begin a list of terms. */
export function termList(): TermList {
  const channel: number[] = [];
  const begin: number[] = [0];
  const row: number[] = [];
  const share: number[] = [];
  const target: number[] = [];
  const weight: number[] = [];
  return {
    add(ofChannel, rows, shares, value, ofWeight) {
      if (rows.length === 0 || !(ofWeight > 0) || !Number.isFinite(value)) return;
      for (const r of rows) row.push(r);
      for (const s of shares) share.push(s);
      channel.push(ofChannel);
      begin.push(row.length);
      target.push(value);
      weight.push(ofWeight);
    },
    done: () => ({
      channel: Uint8Array.from(channel),
      begin: Int32Array.from(begin),
      row: Int32Array.from(row),
      share: Float32Array.from(share),
      target: Float32Array.from(target),
      weight: Float32Array.from(weight),
    }),
  };
}

/**
 * The terms that lie wholly inside a batch's crops, with rows of the batch; `null` where there are none.
 *
 * @param termsOf - terms of a piece, if it has any
 */
export function gatherTerms({ crops, notes }: CropBatch, termsOf: (piece: number) => LinearTerms | undefined): LinearTerms | null {
  let list: TermList | null = null;
  crops.forEach(({ piece, begin, length }, b) => {
    const terms = termsOf(piece);
    if (!terms) return;
    list ??= termList();
    for (let j = 0; j < terms.target.length; j++) {
      const rows = terms.row.subarray(terms.begin[j], terms.begin[j + 1]);
      // Rows of a term are in score order.
      if (rows[0] < begin || rows[rows.length - 1] >= begin + length) continue;
      const shares = terms.share.subarray(terms.begin[j], terms.begin[j + 1]);
      list.add(terms.channel[j], Array.from(rows, (n) => b * notes + n - begin), [...shares], terms.target[j], terms.weight[j]);
    }
  });
  return (list as TermList | null)?.done() ?? null;
}
