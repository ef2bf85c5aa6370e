/**
 * @file A score as it is played: repeats written out, or bars left out.
 */
import { ScoreFileError } from "../errors.js";
import { arrangeMeasures } from "./arrange-measures.js";
import { playingOrder } from "./navigation-order.js";
import { READ_LIMITS, type ReadLimits } from "./read-limits.js";
import type { Score } from "./score.js";
import { lastAtOrBefore } from "./time-grid.js";

/**
 * Play every repeat, ending and jump (partitura's `unfold_part_maximal`).
 *
 * Every id gets the number of its pass: `n12-1`, `n12-2` …, also where nothing
 * repeats, as the alignments of the corpora expect. A score that is unfolded
 * already is returned as it is.
 *
 * Signs count for whole bars: a repeat, segno, coda, jump or `Fine` that is
 * printed inside a bar acts at the bar's edge. Bar lines inside bars are rare
 * (none in the 268 scores of ASAP, Vienna 4x22 and Batik), as the programs that
 * wrote them split such a bar into two, the second of them not numbered.
 *
 * @throws {ScoreFileError} when the result would be beyond the limits
 */
export function unfoldRepeats(score: Score, limits: Partial<ReadLimits> = {}): Score {
  if (score.unfolding) return score;
  const { measures, notes } = { ...READ_LIMITS, ...limits };
  const order = playingOrder(score.navigation, measures);
  const inBar = contentsOfBars(score);
  let count = 0;
  for (const bar of order) count += inBar[bar];
  if (count > notes) throw new ScoreFileError(score.title ?? "score", "", `with all repeats it has more than ${notes} notes and signs.`);
  return arrangeMeasures(score, order, true);
}

/** Everything that a pass through each bar sets again: notes and heads, rests, slurs, signs. */
function contentsOfBars(score: Score): Int32Array {
  const { notes, measures } = score;
  const count = new Int32Array(measures.length);
  const starts = measures.map((measure) => measure.onsetQuarter);
  for (let i = 0; i < notes.length; i++) count[notes.measure[i]]++;
  for (const head of score.tiedHeads ?? []) count[head.measure]++;
  for (const slur of score.slurs) count[notes.measure[slur.startNote]]++;
  const timed = [score.rests, score.directions, score.keySignatures, score.timeSignatures];
  for (const list of timed) for (const { onsetQuarter } of list) count[lastAtOrBefore(starts, onsetQuarter + 1e-9)]++;
  return count;
}

/**
 * Keep some bars of a score, in their order, and close the gaps. Ids, and where
 * the notes come from if the score is unfolded, are carried along.
 *
 * @param keep - indices into `score.measures`, ascending
 * @throws {RangeError} when an index is none of the score's, or not above the one before
 */
export function keepMeasures(score: Score, keep: readonly number[]): Score {
  keep.forEach((bar, at) => {
    if (!Number.isInteger(bar) || bar < 0 || bar >= score.measures.length || (at > 0 && bar <= keep[at - 1]))
      throw new RangeError(`keepMeasures: expected ascending bars from 0 to ${score.measures.length - 1}, got ${bar} at ${at}.`);
  });
  return arrangeMeasures(score, keep, false);
}
