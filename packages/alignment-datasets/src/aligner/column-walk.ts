/**
 * @file Which chord of a performance belongs to which onset of the score: a walk through both, note by note rewarded,
 * within a band around a coarse way.
 *
 * A longest common subsequence (Hirschberg, 1975) of columns: a step that takes a column on both sides earns the
 * pitches they share; columns may be left out on either side, and a spread chord or an ornament may stay on its onset.
 */
import type { PerformedNotes, ScoreNotes } from "@dexter/codec";
import type { Columns } from "./columns.js";

/** What a shared pitch earns. */
const MATCH = 1;
/** … in a further chord on the same onset, and in a further onset of the same chord. */
const STAY = 0.1;
/** What a note of the score costs that is left out, and a performed one. */
const MISSING = 0.35;
const EXTRA = 0.25;
/** What it costs per column to be away from the coarse way, which decides between equals such as repeated notes; up to 20 columns. */
const PULL = 0.02;
const MOST_PULLED = 20;

const [BOTH, STAY_ON, JOIN, SKIP_SCORE, SKIP_PLAYED] = [1, 2, 3, 4, 5];

/**
 * @param around - for each chord, where the coarse way has it, `[M]`, ascending
 * @param halfWidth - columns of the score on either side that are looked at
 * @returns for each chord the onset that it plays, `[M]`; −1 where it plays none
 */
export function walkColumns(
  score: Columns, scoreNotes: ScoreNotes, played: Columns, playedNotes: PerformedNotes, around: Int32Array, halfWidth: number,
): Int32Array {
  const K = score.length;
  const M = played.length;
  const width = 2 * halfWidth + 1;
  const low = Int32Array.from(around, (k) => Math.min(Math.max(0, k - halfWidth), Math.max(0, K - width)));
  const step = new Uint8Array(M * width);
  let before = new Float64Array(width);
  let now = new Float64Array(width);
  const present = new Uint8Array(128);
  for (let i = 0; i < M; i++) {
    [before, now] = [now, before];
    const shift = i > 0 ? low[i] - low[i - 1] : 0;
    const chordSize = played.start[i + 1] - played.start[i];
    for (let p = played.start[i]; p < played.start[i + 1]; p++) present[playedNotes.pitch[played.order[p]]] = 1;
    const reach = Math.min(width, K - low[i]);
    for (let j = 0; j < width; j++) {
      if (j >= reach) {
        now[j] = -Infinity;
        continue;
      }
      const k = low[i] + j;
      const onsetSize = score.start[k + 1] - score.start[k];
      let shared = 0;
      for (let s = score.start[k]; s < score.start[k + 1]; s++) shared += present[scoreNotes.pitch[score.order[s]]];
      const pull = PULL * Math.min(MOST_PULLED, Math.abs(k - around[i]));
      const misses = pull + (chordSize - Math.min(shared, chordSize)) * EXTRA;
      const up = i > 0 ? (j + shift < width ? before[j + shift] : -Infinity) : k === 0 ? 0 : -Infinity;
      const diagonal = i > 0 ? (j + shift - 1 >= 0 && j + shift - 1 < width ? before[j + shift - 1] : -Infinity) : k === 0 ? 0 : -Infinity;
      let best = diagonal + shared * MATCH - misses - (onsetSize - shared) * MISSING * 0.5;
      let way = BOTH;
      const skipPlayed = up - chordSize * EXTRA - pull;
      if (skipPlayed > best) [best, way] = [skipPlayed, SKIP_PLAYED];
      if (i > 0 && shared > 0) {
        const stay = up + shared * STAY - misses;
        if (stay > best) [best, way] = [stay, STAY_ON];
      }
      if (j > 0 && now[j - 1] > -Infinity) {
        const skipScore = now[j - 1] - onsetSize * MISSING;
        if (skipScore > best) [best, way] = [skipScore, SKIP_SCORE];
        if (shared > 0) {
          const join = now[j - 1] + shared * STAY - (onsetSize - shared) * MISSING * 0.5;
          if (join > best) [best, way] = [join, JOIN];
        }
      }
      now[j] = best;
      step[i * width + j] = way;
    }
    for (let p = played.start[i]; p < played.start[i + 1]; p++) present[playedNotes.pitch[played.order[p]]] = 0;
  }
  const onsetOf = new Int32Array(M).fill(-1);
  let j = 0;
  for (let k = 1; k < width && low[M - 1] + k < K; k++) if (now[k] > now[j]) j = k;
  for (let i = M - 1; i >= 0; ) {
    const way = step[i * width + j];
    const k = low[i] + j;
    if (way === SKIP_SCORE) j--;
    else if (way === JOIN) {
      if (onsetOf[i] < 0) onsetOf[i] = k;
      j--;
    } else {
      if (way !== SKIP_PLAYED) onsetOf[i] = k;
      const shift = i > 0 ? low[i] - low[i - 1] : 0;
      j += shift - (way === BOTH ? 1 : 0);
      i--;
      if (j < 0) j = 0;
    }
  }
  return onsetOf;
}
