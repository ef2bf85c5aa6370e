/**
 * @file From a walk of columns to pairs of notes: within each pitch, where the time map expects them, three times over
 * with a finer map and a nearer reach.
 *
 * The symbolic matching within a window of a time map follows Nakamura, Yoshii & Katayose (2017) and Peter et al. (2023).
 */
import type { PerformedNotes, ScoreNotes } from "@dexter/codec";
import type { Columns } from "./columns.js";
import { pairInOrder } from "./pairs-in-order.js";
import { onsetTimeMap } from "./time-map.js";

/** How far from its expected time a note is looked for: a multiple of the distance to the next onset, and seconds at least. */
const PASSES: readonly { readonly reach: number; readonly leastSec: number }[] = [
  { reach: 3, leastSec: 0.5 },
  { reach: 1.6, leastSec: 0.25 },
  { reach: 2, leastSec: 0.3 },
];

/** … and seconds at most. */
const FARTHEST_SEC = 2;

/** A grace note is expected this much before its onset, s. */
const GRACE_LEAD_SEC = 0.08;

/** The performed note of each score note. */
export interface NoteMatches {
  /** Index into the performed notes, −1 where none was found, `[N]`. */
  readonly partner: Int32Array;
  /** When each onset of the score was played, s, `[K]`. */
  readonly onsetSec: Float64Array;
}

/**
 * Pair the notes.
 *
 * @param onsetOf - the onset that each chord plays, −1 for none, `[M]`
 */
export function matchNotes(notes: ScoreNotes, columns: Columns, played: PerformedNotes, chords: Columns, onsetOf: Int32Array): NoteMatches {
  const K = columns.length;
  const known = { sum: new Float64Array(K), count: new Int32Array(K) };
  for (let i = 0; i < chords.length; i++) {
    const k = onsetOf[i];
    if (k < 0 || known.count[k] > 0) continue;
    known.sum[k] = chords.at[i];
    known.count[k] = 1;
  }
  const scoreOfPitch = groupByPitch(notes.pitch, columns.order);
  const playedOfPitch = groupByPitch(played.pitch, chords.order);
  const partner = new Int32Array(notes.length);
  for (const { reach, leastSec } of PASSES) {
    const time = onsetTimeMap(columns, known);
    const expectedAt = (n: number): number => time[columns.ofNote[n]] - (notes.grace[n] ? GRACE_LEAD_SEC : 0);
    const toleranceOf = (n: number): number => {
      const k = columns.ofNote[n];
      const near = Math.max(k > 0 ? time[k] - time[k - 1] : 0, k + 1 < K ? time[k + 1] - time[k] : 0);
      return Math.min(FARTHEST_SEC, Math.max(leastSec, reach * near));
    };
    partner.fill(-1);
    for (const [pitch, inScore] of scoreOfPitch) {
      const inPerformance = playedOfPitch.get(pitch);
      if (!inPerformance) continue;
      // Of a unison written in two voices one note is struck: the longer one comes first.
      inScore.sort((a, b) => expectedAt(a) - expectedAt(b) || notes.durationQuarter[b] - notes.durationQuarter[a] || a - b);
      const pairs = pairInOrder(
        Float64Array.from(inScore, expectedAt),
        Float64Array.from(inPerformance, (n) => played.onsetSec[n]),
        Float64Array.from(inScore, toleranceOf),
      );
      inScore.forEach((n, a) => (partner[n] = pairs[a] < 0 ? -1 : inPerformance[pairs[a]]));
    }
    known.sum.fill(0);
    known.count.fill(0);
    for (let n = 0; n < notes.length; n++) {
      if (partner[n] < 0 || notes.grace[n]) continue;
      known.sum[columns.ofNote[n]] += played.onsetSec[partner[n]];
      known.count[columns.ofNote[n]]++;
    }
  }
  return { partner, onsetSec: onsetTimeMap(columns, known) };
}

/** Notes of each pitch, in the order given. */
function groupByPitch(pitch: Uint8Array, order: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const n of order) {
    const list = groups.get(pitch[n]);
    if (list) list.push(n);
    else groups.set(pitch[n], [n]);
  }
  return groups;
}
