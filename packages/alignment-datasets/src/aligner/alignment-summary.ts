/**
 * @file How well a performance fits its score, as a whole and passage by passage.
 */
import type { Alignment, Score } from "@dexter/codec";

/** Bars in a passage. */
const PASSAGE_BARS = 8;

/** Some bars of a score as they were played. */
export interface AlignedPassage {
  /** Number of the first bar, as written. */
  readonly fromBar: string;
  /** Number of the last bar. */
  readonly toBar: string;
  /** Score notes that were played. */
  readonly matched: number;
  /** Score notes that were not. */
  readonly missing: number;
  /** Performed notes in its time that are neither in the score nor in an ornament of it. */
  readonly extra: number;
  /** matched / (matched + missing + extra), 0–1; 1 for a passage without notes. */
  readonly confidence: number;
}

/** A repeated bar range and which of its passes was played. */
export interface PlayedPasses {
  /** Number of the first bar of the range, as written. */
  readonly fromBar: string;
  /** Number of its last bar. */
  readonly toBar: string;
  /** How often the score asks for it. */
  readonly written: number;
  /** How often it was played. */
  readonly played: number;
}

/** How well a performance fits its score. */
export interface AlignmentSummary {
  /** Score notes that were played. */
  readonly matched: number;
  /** Score notes that were not. */
  readonly missing: number;
  /** Performed notes that are neither in the score nor in an ornament of it. */
  readonly extra: number;
  /** Performed notes in ornaments. */
  readonly ornaments: number;
  /** 2 · matched / (score notes + performed notes without ornaments), 0–1. */
  readonly matchRatio: number;
  /** Passages of eight bars, in the order played. */
  readonly passages: readonly AlignedPassage[];
  /** Repeats of the score, and how often each was played. */
  readonly repeats: readonly PlayedPasses[];
}

/**
 * Sum an alignment up.
 *
 * @param score - as played
 * @param unfolded - the same score with all repeats
 * @param extraNote - for each extra note, a note of the onset at which it was played, index into `score.notes`
 */
export function summarizeAlignment(score: Score, unfolded: Score, alignment: Alignment, extraNote: readonly number[]): AlignmentSummary {
  const { notes, measures } = score;
  const passageOf = (n: number): number => Math.floor(notes.measure[n] / PASSAGE_BARS);
  const count = Math.ceil(measures.length / PASSAGE_BARS);
  const [matched, missing, extra] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const place = new Map(notes.id.map((id, n) => [id, n]));
  let ornaments = 0;
  for (const entry of alignment) {
    if (entry.kind === "match") matched[passageOf(place.get(entry.scoreId)!)]++;
    else if (entry.kind === "deletion") missing[passageOf(place.get(entry.scoreId)!)]++;
    else if (entry.kind === "ornament") ornaments++;
  }
  for (const n of extraNote) extra[passageOf(n)]++;
  const passages = Array.from({ length: count }, (_, p): AlignedPassage => {
    const all = matched[p] + missing[p] + extra[p];
    return {
      fromBar: measures[p * PASSAGE_BARS].number,
      toBar: measures[Math.min(measures.length, (p + 1) * PASSAGE_BARS) - 1].number,
      matched: matched[p], missing: missing[p], extra: extra[p],
      confidence: all > 0 ? matched[p] / all : 1,
    };
  });
  const sum = (values: Int32Array): number => values.reduce((a, b) => a + b, 0);
  const total = { matched: sum(matched), missing: sum(missing), extra: sum(extra) };
  const compared = 2 * total.matched + total.missing + total.extra;
  return { ...total, ornaments, matchRatio: compared > 0 ? (2 * total.matched) / compared : 0, passages, repeats: playedRepeats(score, unfolded) };
}

/** Ranges of written bars that the unfolded score plays equally often, more than once, and how often they were played. */
function playedRepeats(score: Score, unfolded: Score): PlayedPasses[] {
  const asked = passesOf(unfolded);
  const played = passesOf(score);
  const numbers = new Map(unfolded.measures.map(({ writtenIndex, number }) => [writtenIndex, number]));
  const bars = [...asked.keys()].sort((a, b) => a - b);
  const ranges: PlayedPasses[] = [];
  for (let i = 0; i < bars.length; ) {
    const [written, times] = [asked.get(bars[i])!, played.get(bars[i]) ?? 0];
    let j = i + 1;
    while (j < bars.length && bars[j] === bars[j - 1] + 1 && asked.get(bars[j]) === written && (played.get(bars[j]) ?? 0) === times) j++;
    if (written > 1) ranges.push({ fromBar: numbers.get(bars[i])!, toBar: numbers.get(bars[j - 1])!, written, played: times });
    i = j;
  }
  return ranges;
}

function passesOf({ measures }: Score): Map<number, number> {
  const passes = new Map<number, number>();
  for (const { writtenIndex } of measures) passes.set(writtenIndex, (passes.get(writtenIndex) ?? 0) + 1);
  return passes;
}
