/**
 * @file Score features of repetition: how much the music resembles itself some bars away. Phrases and periods show in it
 * (Paulus, Müller & Klapuri, State of the Art Report: Audio-Based Music Structure Analysis, ISMIR 2010).
 */
import { groupOnsets, type OnsetGroups } from "../score/onset-groups.js";
import type { Score, ScoreNotes } from "../score/score.js";
import { feature, type FeatureGroup } from "./feature-definition.js";

/** How far away, in bars. */
const LAGS_BAR = [1, 2, 4, 8] as const;

/** Onsets on the same tick are at the same place: fine enough for 64ths and triplets. */
const TICKS_PER_QUARTER = 48;

/** The music of one bar from each onset on beside that of a bar some bars earlier or later. */
export const REPETITION_FEATURES: FeatureGroup = {
  name: "repetition",
  basis: "played",
  definitions: [-1, 1].flatMap((direction) =>
    LAGS_BAR.flatMap((lag) => {
      const where = direction < 0 ? "Before" : "After";
      const other = `the one ${lag} bar${lag > 1 ? "s" : ""} ${direction < 0 ? "earlier" : "later"}`;
      return [
        feature(`rhythm${where}${lag}`, 0, 1, `onsets that the bar from here shares with ${other}, of those of either`),
        feature(`notes${where}${lag}`, 0, 1, `the same, each onset by the share of its pitches that are the same`),
      ];
    }),
  ),
  compute(score, columns) {
    const { notes } = score;
    if (notes.length === 0) return;
    const onsets = groupOnsets(notes);
    const tick = Int32Array.from({ length: onsets.count }, (_, k) =>
      Math.round((notes.onsetQuarter[onsets.start[k]] - notes.onsetQuarter[0]) * TICKS_PER_QUARTER),
    );
    const bar = Math.max(1, Math.round(usualBarQuarter(score) * TICKS_PER_QUARTER));
    const atTick = new Map<number, number>();
    for (let k = 0; k < onsets.count; k++) atTick.set(tick[k], k);
    [-1, 1].forEach((direction, d) => {
      LAGS_BAR.forEach((lag, l) => {
        const at = 2 * (d * LAGS_BAR.length + l);
        writeResemblance(notes, onsets, tick, atTick, bar, direction * lag * bar, columns[at], columns[at + 1]);
      });
    });
  },
};

/** Two passes over the onsets: sums of what is shared, then their differences over each bar. */
function writeResemblance(
  notes: ScoreNotes, onsets: OnsetGroups, tick: Int32Array, atTick: ReadonlyMap<number, number>, bar: number, lag: number,
  rhythm: Float32Array, pitches: Float32Array,
): void {
  const { count, start } = onsets;
  const shared = new Float64Array(count + 1);
  const alike = new Float64Array(count + 1);
  for (let k = 0; k < count; k++) {
    const other = atTick.get(tick[k] + lag);
    shared[k + 1] = shared[k] + (other === undefined ? 0 : 1);
    alike[k + 1] = alike[k] + (other === undefined ? 0 : commonPitches(notes, start[k], start[k + 1], start[other], start[other + 1]));
  }
  let end = 0;
  let otherFrom = 0;
  let otherEnd = 0;
  for (let k = 0; k < count; k++) {
    const from = tick[k] + lag;
    while (end < count && tick[end] < tick[k] + bar) end++;
    while (otherFrom < count && tick[otherFrom] < from) otherFrom++;
    while (otherEnd < count && tick[otherEnd] < from + bar) otherEnd++;
    if (from < 0 || otherEnd === otherFrom) continue;
    const both = shared[end] - shared[k];
    const either = end - k + (otherEnd - otherFrom) - both;
    for (let n = start[k]; n < start[k + 1]; n++) {
      rhythm[n] = Math.min(1, both / either);
      pitches[n] = Math.min(1, (alike[end] - alike[k]) / either);
    }
  }
}

/** Pitches that two chords share, of those of the larger: notes of an onset are ordered by pitch. */
function commonPitches(notes: ScoreNotes, a: number, aEnd: number, b: number, bEnd: number): number {
  let both = 0;
  let inA = 0;
  let inB = 0;
  while (a < aEnd || b < bEnd) {
    const [p, q] = [a < aEnd ? notes.pitch[a] : 128, b < bEnd ? notes.pitch[b] : 128];
    const pitch = Math.min(p, q);
    if (p === pitch) inA++;
    if (q === pitch) inB++;
    if (p === q) both++;
    // A pitch in two voices counts once.
    while (a < aEnd && notes.pitch[a] === pitch) a++;
    while (b < bEnd && notes.pitch[b] === pitch) b++;
  }
  return both / Math.max(inA, inB);
}

/** Quarters of the full bar that most of the score is in. */
function usualBarQuarter({ measures, timeSignatures }: Score): number {
  const quarters = new Map<number, number>();
  let at = 0;
  for (const { onsetQuarter, durationQuarter } of measures) {
    while (at + 1 < timeSignatures.length && timeSignatures[at + 1].onsetQuarter <= onsetQuarter + 1e-6) at++;
    const { beats, beatType } = timeSignatures[at] ?? { beats: 4, beatType: 4 };
    const full = (beats * 4) / beatType;
    quarters.set(full, (quarters.get(full) ?? 0) + durationQuarter);
  }
  let usual = 4;
  let most = 0;
  for (const [full, sum] of quarters) if (sum > most) [usual, most] = [full, sum];
  return usual;
}
