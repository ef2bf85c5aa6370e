/**
 * @file Key overlap: how far a note is held into the next note of its voice.
 *
 * Repp (1995), Acoustics, perception, and production of legato articulation on a digital piano: overlap time, and its
 * ratio to the time between the two onsets.
 */
import { NOTE_MARK, type Score, type ScoreNotes } from "@dexter/codec";
import type { PlayedOnsets } from "./played-onsets.js";

/** Larger overlaps (s) and ratios count as this. */
const MOST_OVERLAP = 5;

/** Notes follow each other without a rest between when their places differ by no more than this, beats. */
const SAME_PLACE_BEAT = 1e-4;

/** How each note goes on to the next of its voice, `[N]` each. */
export interface KeyOverlap {
  /** The note that it goes on to, or −1: after a rest, at the end, beside notes that were not played. */
  readonly next: Int32Array;
  /** s, at most 5; NaN where nothing follows. */
  readonly overlapSec: Float64Array;
  /** Over the time between the onsets, at most 5; NaN where nothing follows, or came no later. */
  readonly ratio: Float64Array;
}

/** Where the touch of a transition is written, `[N]` each, 1 or 0; 0 where nothing follows. */
export interface WrittenTouch {
  /** Note and next note lie under one slur, and neither dot nor wedge stands on the note. */
  readonly legato: Uint8Array;
  /** A dot or wedge stands on the note. */
  readonly staccato: Uint8Array;
  /** The next note has the same pitch. */
  readonly repeated: Uint8Array;
}

/** Measure the overlap of every played note with the next of its voice, the nearest in pitch where that is a chord. */
export function keyOverlap(notes: ScoreNotes, played: PlayedOnsets, voices: "all" | "first"): KeyOverlap {
  const next = new Int32Array(notes.length).fill(-1);
  const overlapSec = new Float64Array(notes.length).fill(Number.NaN);
  const ratio = overlapSec.slice();
  for (const line of voiceLines(notes, played, voices)) {
    let from = 0;
    let to = endOfOnset(notes, line, 0);
    while (to < line.length) {
      const end = endOfOnset(notes, line, to);
      for (let i = from; i < to; i++) {
        const n = line[i];
        if (Math.abs(notes.onsetBeat[n] + notes.durationBeat[n] - notes.onsetBeat[line[to]]) > SAME_PLACE_BEAT) continue;
        let nearest = line[to];
        for (let k = to + 1; k < end; k++) {
          if (Math.abs(notes.pitch[line[k]] - notes.pitch[n]) < Math.abs(notes.pitch[nearest] - notes.pitch[n])) nearest = line[k];
        }
        const betweenSec = played.onsetSec[nearest] - played.onsetSec[n];
        const overlap = played.offsetSec[n] - played.onsetSec[nearest];
        next[n] = nearest;
        overlapSec[n] = Math.min(overlap, MOST_OVERLAP);
        if (betweenSec > 0) ratio[n] = Math.min(overlap / betweenSec, MOST_OVERLAP);
      }
      from = to;
      to = end;
    }
  }
  return { next, overlapSec, ratio };
}

/** Which transitions the score asks to bind or to part. */
export function writtenTouch({ notes, slurs }: Score, next: Int32Array): WrittenTouch {
  const legato = new Uint8Array(notes.length);
  const staccato = new Uint8Array(notes.length);
  const repeated = new Uint8Array(notes.length);
  const slurEnd = slurEnds(notes, slurs);
  for (let n = 0; n < notes.length; n++) {
    if (next[n] < 0) continue;
    repeated[n] = notes.pitch[n] === notes.pitch[next[n]] ? 1 : 0;
    if ((notes.marks[n] & (NOTE_MARK.staccato | NOTE_MARK.staccatissimo)) !== 0) staccato[n] = 1;
    else if (notes.onsetQuarter[next[n]] <= slurEnd[n] + 1e-6) legato[n] = 1;
  }
  return { legato, staccato, repeated };
}

/** The notes of each voice that take part, in order. */
function voiceLines(notes: ScoreNotes, played: PlayedOnsets, voices: "all" | "first"): readonly number[][] {
  const lines = new Map<number, number[]>();
  for (const n of played.note) {
    const line = lines.get(notes.voice[n]);
    if (line) line.push(n);
    else lines.set(notes.voice[n], [n]);
  }
  const ordered = [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
  return voices === "first" ? ordered.slice(0, 1) : ordered;
}

function endOfOnset({ onsetBeat }: ScoreNotes, line: readonly number[], from: number): number {
  let to = from;
  while (to < line.length && onsetBeat[line[to]] - onsetBeat[line[from]] <= 1e-6) to++;
  return to;
}

/** For each note the latest end, in quarters, of the slurs that began at or before it in its voice; −∞ without one. */
function slurEnds(notes: ScoreNotes, slurs: Score["slurs"]): Float64Array {
  const begins = new Map<number, number>();
  for (const { startNote, endNote } of slurs) begins.set(startNote, Math.max(begins.get(startNote) ?? -Infinity, notes.onsetQuarter[endNote]));
  const running = new Map<number, number>();
  const end = new Float64Array(notes.length).fill(-Infinity);
  for (let n = 0; n < notes.length; n++) {
    const voice = notes.voice[n];
    const latest = Math.max(running.get(voice) ?? -Infinity, begins.get(n) ?? -Infinity);
    running.set(voice, latest);
    end[n] = latest;
  }
  // chord notes that stand before the one at which a slur is written lie under it too
  for (let n = notes.length - 2; n >= 0; n--) {
    if (notes.voice[n] === notes.voice[n + 1] && notes.onsetQuarter[n + 1] - notes.onsetQuarter[n] <= 1e-6) end[n] = Math.max(end[n], end[n + 1]);
  }
  return end;
}
