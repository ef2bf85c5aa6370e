/**
 * @file The form of a score that an alignment speaks of: as written, or with its repeats played.
 */
import type { Alignment } from "../alignment/alignment.js";
import { CodecError } from "../errors.js";
import type { Score } from "../score/score.js";
import { unfoldRepeats } from "../score/unfold.js";

/**
 * The score whose note ids an alignment uses: the score given, or `unfoldRepeats(score)` where that holds more of
 * them (ids of unfolded notes end in `-1`, `-2` …).
 *
 * @throws CodecError where neither has half of the score notes that the alignment names
 */
export function scoreForAlignment(score: Score, alignment: Alignment): Score {
  const named = new Set(alignment.flatMap((entry) => ("scoreId" in entry ? [entry.scoreId] : [])));
  const known = (candidate: Score): number => candidate.notes.id.reduce((count, id) => count + (named.has(id) ? 1 : 0), 0);
  const asWritten = known(score);
  if (asWritten === named.size) return score;
  const unfolded = score.unfolding ? score : unfoldRepeats(score);
  const asPlayed = known(unfolded);
  if (Math.max(asWritten, asPlayed) * 2 < named.size || named.size === 0) {
    const ids = new Set(unfolded.notes.id);
    const foreign = [...named].find((id) => !ids.has(id));
    throw new CodecError(
      `alignment: of ${named.size} score notes it names, ${Math.max(asWritten, asPlayed)} stand in the score${foreign === undefined ? "" : `, "${foreign}" does not`}. Is it the alignment of this score?`,
    );
  }
  return asPlayed > asWritten ? unfolded : score;
}
