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
 * A run of bars without matched notes is cut when one of its written bars was
 * played in another pass (the run may contain first endings that have no other
 * pass). Anything else stays, played or not.
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

  const kept: number[] = [];
  for (let bar = 0; bar < measures.length; ) {
    if (!silent[bar]) {
      kept.push(bar++);
      continue;
    }
    const start = bar;
    while (bar < measures.length && silent[bar]) bar++;
    const elsewhere = (index: number): boolean => total[index] > 0 && writtenAndPlayed.has(measures[index].writtenIndex);
    let cut = false;
    for (let index = start; index < bar; index++) cut ||= elsewhere(index);
    if (!cut) for (let index = start; index < bar; index++) kept.push(index);
  }
  return kept;
}
