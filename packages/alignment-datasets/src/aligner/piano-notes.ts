/**
 * @file The piano of a MIDI file: what is aligned, and what is not.
 */
import type { PerformedNotes, Performance } from "@dexter/codec";

/** Channel 10 of General MIDI, counted from 0: drums. */
const DRUMS = 9;

/** Two groups of notes are two pianos when each has this share of the notes … */
const SHARE = 0.2;

/** … and this share of the smaller one's notes is struck with the same pitch in the other, too. */
const DOUBLED = 0.3;

/** Onsets this near are one keystroke of two pianos, s. */
const TOGETHER_SEC = 0.05;

/**
 * Leave the drums out, and say so; say, too, when two pianos seem to play the same notes.
 *
 * Hands on tracks of their own are one piano.
 */
export function pianoNotes(performance: Performance): { performance: Performance; warnings: string[] } {
  const warnings: string[] = [];
  const { notes } = performance;
  const piano: number[] = [];
  for (let n = 0; n < notes.length; n++) if (notes.channel[n] !== DRUMS) piano.push(n);
  const drums = notes.length - piano.length;
  const kept = drums > 0 ? pick(notes, piano) : notes;
  if (drums > 0) warnings.push(`${drums} of ${notes.length} notes are drums (channel 10) and were left out.`);
  const doubled = doubledShare(kept);
  if (doubled > 0) {
    warnings.push(`two tracks or channels play the same notes (${(100 * doubled).toFixed(0)} % of the smaller one): two pianos? One performance is expected; the second one's notes are extra.`);
  }
  return { performance: kept === notes ? performance : { ...performance, notes: kept }, warnings };
}

/** The share of doubled notes where two groups are two pianos, else 0. */
function doubledShare(notes: PerformedNotes): number {
  const groups = new Map<number, number>();
  for (let n = 0; n < notes.length; n++) {
    const group = notes.track[n] * 16 + notes.channel[n];
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  const large = [...groups].filter(([, count]) => count >= SHARE * notes.length).sort((a, b) => b[1] - a[1]);
  if (large.length < 2) return 0;
  const [first, second] = [large[0][0], large[1][0]];
  const lastOf = new Map<number, number>();
  let doubled = 0;
  for (let n = 0; n < notes.length; n++) {
    const group = notes.track[n] * 16 + notes.channel[n];
    if (group !== first && group !== second) continue;
    const other = lastOf.get((group === first ? second : first) * 128 + notes.pitch[n]);
    if (other !== undefined && notes.onsetSec[n] - other <= TOGETHER_SEC) doubled++;
    lastOf.set(group * 128 + notes.pitch[n], notes.onsetSec[n]);
  }
  const share = doubled / large[1][1];
  return share >= DOUBLED ? share : 0;
}

function pick(notes: PerformedNotes, indices: readonly number[]): PerformedNotes {
  const seconds = (column: Float64Array): Float64Array => Float64Array.from(indices, (n) => column[n]);
  const bytes = (column: Uint8Array): Uint8Array => Uint8Array.from(indices, (n) => column[n]);
  const { onsetSec, keyDurationSec, soundDurationSec, pitch, velocity, channel, track, id } = notes;
  return {
    length: indices.length,
    id: indices.map((n) => id[n]),
    onsetSec: seconds(onsetSec), keyDurationSec: seconds(keyDurationSec), soundDurationSec: seconds(soundDurationSec),
    pitch: bytes(pitch), velocity: bytes(velocity), channel: bytes(channel), track: bytes(track),
  };
}
