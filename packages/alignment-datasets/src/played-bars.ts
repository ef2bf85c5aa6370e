/**
 * @file Which bars of an unfolded score were played.
 *
 * Corpora number the notes of the maximal unfolding, but pianists leave repeats
 * out: in half of Batik's movements 14–50 % of the unfolded notes were not played.
 * Those bars are cut before features are computed; a deletion here and there is not.
 */
import type { Alignment, Score } from "@dexter/codec";

/** A bar counts as not played when at most this part of its notes is matched … */
const UNPLAYED = 0.1;

/** … and its other pass as played from this part on. */
const PLAYED = 0.5;

/**
 * The bars of a score that a performance played.
 *
 * A bar without matched notes is cut when its written bar was played in another
 * pass, and so are unplayed endings and empty bars beside it. Anything else
 * stays, played or not: a performance that stops early has the whole score.
 *
 * @param score - unfolded, its alignment's ids in it
 * @param alignment - of one performance
 * @returns indices into `score.measures`, ascending; all of them where nothing is to be cut
 */
export function playedBars(score: Score, alignment: Alignment): number[] {
  const { notes, measures } = score;
  const matched = new Set<string>();
  for (const entry of alignment) if (entry.kind === "match") matched.add(entry.scoreId);
  const total = new Int32Array(measures.length);
  const played = new Int32Array(measures.length);
  for (let n = 0; n < notes.length; n++) {
    total[notes.measure[n]]++;
    if (matched.has(notes.id[n])) played[notes.measure[n]]++;
  }
  const silent = measures.map((_, bar) => played[bar] <= UNPLAYED * total[bar]);
  const writtenAndPlayed = new Set<number>();
  measures.forEach(({ writtenIndex }, bar) => {
    if (total[bar] > 0 && played[bar] >= PLAYED * total[bar]) writtenAndPlayed.add(writtenIndex);
  });

  const written = score.unfolding?.written ?? score;
  const elsewhere = (bar: number): boolean => silent[bar] && total[bar] > 0 && writtenAndPlayed.has(measures[bar].writtenIndex);
  // Endings have no other pass, and empty bars say nothing: they go with the bars beside them.
  const follows = (bar: number): boolean => silent[bar] && (total[bar] === 0 || written.navigation[measures[bar].writtenIndex]?.endings !== undefined);
  const kept: number[] = [];
  for (let bar = 0; bar < measures.length; ) {
    const start = bar;
    let cut = false;
    for (; bar < measures.length && (elsewhere(bar) || follows(bar)); bar++) cut ||= elsewhere(bar);
    if (!cut) for (let index = start; index < bar; index++) kept.push(index);
    if (bar < measures.length) kept.push(bar++);
  }
  return kept;
}
