/**
 * @file Bars that stay as they were played, and how what is around them joins.
 */
import { groupOnsets, type Score } from "@dexter/codec";
import { TransferError } from "./transfer-error.js";

/** Bars of the score as it is played, counted from 1 (a pickup is bar 1), both ends included. */
export interface BarRange {
  /** The first. */
  readonly from: number;
  /** The last. */
  readonly to: number;
}

/**
 * How much of each note stays, `[N]`: 1 in the bars, falling evenly to 0 over one bar before and after, one value an onset.
 *
 * @throws TransferError when a range has no bar in the score
 */
export function keptShare(score: Score, ranges: readonly BarRange[]): Float32Array {
  const { notes, measures } = score;
  const share = new Float32Array(notes.length);
  const { start, count } = groupOnsets(notes);
  for (const { from, to } of ranges) {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1 || to < from || from > measures.length) {
      throw new TransferError(`keep: expected bars from 1 to ${measures.length}, first before last, got ${from}–${to}.`);
    }
    const first = measures[from - 1];
    const last = measures[Math.min(to, measures.length) - 1];
    const begin = first.onsetQuarter;
    const end = last.onsetQuarter + last.durationQuarter;
    const before = measures[from - 2]?.durationQuarter || 4;
    const after = measures[to]?.durationQuarter || 4;
    for (let u = 0; u < count; u++) {
      const onset = notes.onsetQuarter[start[u]];
      const away = onset < begin - 1e-6 ? (begin - onset) / before : onset >= end - 1e-6 ? (onset - end) / after : 0;
      const kept = Math.max(0, 1 - away);
      for (let n = start[u]; n < start[u + 1]; n++) share[n] = Math.max(share[n], kept);
    }
  }
  return share;
}
