/**
 * @file Which note of a score is which note of a performance.
 *
 * Three steps, each near to linear in the notes: a coarse walk through the unfolded score, which may leave repeats
 * out; a walk of onsets in a band around it; pairs of notes within each pitch around the times that it gives.
 */
import { keepMeasures, unfoldRepeats, type Alignment, type AlignmentEntry, type Performance, type Score } from "@dexter/codec";
import { AlignmentError } from "../errors.js";
import { summarizeAlignment, type AlignmentSummary } from "./alignment-summary.js";
import { walkColumns } from "./column-walk.js";
import { performedColumns, scoreColumns } from "./columns.js";
import { matchNotes } from "./note-matching.js";
import { ornamentedNotes } from "./ornament-notes.js";
import { playedPasses } from "./played-passes.js";
import { pianoNotes } from "./piano-notes.js";

/** How to align. */
export interface AlignOptions {
  /** A performance with a lower match ratio is refused, 0–1; default 0.4. Other pieces reach .05–.25, sight-reading .6. */
  readonly minMatchRatio?: number;
}

/** A performance on its score. */
export interface AlignedPerformance {
  /** The score as it was played: unfolded, without the passes that were left out. Ids end in `-1`, `-2` … */
  readonly score: Score;
  /** What was aligned: the performance without drums. */
  readonly performance: Performance;
  /** Every score note and every performed note once: matches, deletions, ornaments, insertions. */
  readonly alignment: Alignment;
  /** How well it fits. */
  readonly summary: AlignmentSummary;
  /** What was odd, in words: drums left out, passages that hardly fit. */
  readonly warnings: readonly string[];
}

const DEFAULT_MIN_MATCH_RATIO = 0.4;

/** Passages with less confidence are named in a warning. */
const DOUBTFUL = 0.5;

/** Onsets on either side of the coarse way that the walk of onsets sees, beside three frames. */
const BAND_ONSETS = 24;

/**
 * Align a performance with its score.
 *
 * Repeats that were not played are found: ids of the score say which pass is meant, and the passes that were left out
 * are not in `score`.
 *
 * @param written - the score as read; one that is unfolded already is taken as it is
 * @throws AlignmentError when either has no notes, or hardly any of them are in the other
 */
export function alignPerformance(written: Score, performance: Performance, options: AlignOptions = {}): AlignedPerformance {
  const { minMatchRatio = DEFAULT_MIN_MATCH_RATIO } = options;
  if (written.notes.length === 0) throw new AlignmentError("the score has no notes, there is nothing to align.", 0);
  const { performance: piano, warnings } = pianoNotes(performance);
  const played = piano.notes;
  if (played.length === 0) throw new AlignmentError(`the performance has no notes${performance.notes.length > 0 ? " but drums" : ""}, there is nothing to align.`, 0);

  const unfolded = unfoldRepeats(written);
  const unfoldedColumns = scoreColumns(unfolded.notes);
  const chords = performedColumns(played);
  const coarse = playedPasses(unfolded, unfoldedColumns, played, chords);
  const all = coarse.kept.length === unfolded.measures.length;
  const score = all ? unfolded : keepMeasures(unfolded, coarse.kept);
  const columns = all ? unfoldedColumns : scoreColumns(score.notes);
  const around = all ? coarse.scoreColumn : carryOver(coarse.scoreColumn, unfolded, unfoldedColumns, score, columns);
  const onsetOf = walkColumns(columns, score.notes, chords, played, around, BAND_ONSETS + 3 * coarse.frameColumns);
  const { partner, onsetSec } = matchNotes(score.notes, columns, played, chords, onsetOf);

  const used = new Uint8Array(played.length);
  for (const m of partner) if (m >= 0) used[m] = 1;
  const owner = ornamentedNotes(score.notes, columns, played, used, onsetSec);
  const alignment: AlignmentEntry[] = [];
  for (let n = 0; n < partner.length; n++) {
    const scoreId = score.notes.id[n];
    if (partner[n] >= 0) alignment.push({ kind: "match", scoreId, performedId: played.id[partner[n]] });
    else alignment.push({ kind: "deletion", scoreId });
  }
  const extraNote: number[] = [];
  for (let m = 0, k = 0; m < played.length; m++) {
    if (used[m]) continue;
    if (owner[m] >= 0) alignment.push({ kind: "ornament", scoreId: score.notes.id[owner[m]], performedId: played.id[m] });
    else {
      while (k + 1 < columns.length && onsetSec[k + 1] <= played.onsetSec[m]) k++;
      extraNote.push(columns.order[columns.start[k]]);
      alignment.push({ kind: "insertion", performedId: played.id[m] });
    }
  }
  const summary = summarizeAlignment(score, unfolded, alignment, extraNote);
  if (summary.matchRatio < minMatchRatio) {
    const message =
      `the performance is hardly this piece: ${summary.matched} of ${score.notes.length} score notes were found among ${played.length} performed notes ` +
      `(match ratio ${summary.matchRatio.toFixed(2)}, at least ${minMatchRatio} is wanted). Is it a recording of this score, in this key?`;
    throw new AlignmentError(message, summary.matchRatio);
  }
  const doubtful = summary.passages.filter(({ confidence, matched, missing }) => confidence < DOUBTFUL && matched + missing > 0);
  if (doubtful.length > 0) {
    const list = doubtful.slice(0, 5).map(({ fromBar, toBar, confidence }) => `${fromBar}–${toBar} (${(100 * confidence).toFixed(0)} %)`);
    warnings.push(`${doubtful.length} of ${summary.passages.length} passages hardly fit: bars ${list.join(", ")}${doubtful.length > 5 ? " …" : ""}.`);
  }
  return { score, performance: piano, alignment, summary, warnings };
}

/** Onsets of the unfolded score as onsets of the score without the passes that were left out, ascending. */
function carryOver(
  unfoldedColumn: Int32Array, unfolded: Score, unfoldedColumns: { readonly start: Int32Array; readonly order: Int32Array },
  score: Score, columns: { readonly ofNote: Int32Array },
): Int32Array {
  const place = new Map(score.notes.id.map((id, n) => [id, columns.ofNote[n]]));
  let last = 0;
  return unfoldedColumn.map((k) => {
    const at = place.get(unfolded.notes.id[unfoldedColumns.order[unfoldedColumns.start[k]]]);
    if (at !== undefined && at > last) last = at;
    return last;
  });
}
