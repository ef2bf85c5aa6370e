/**
 * @file The passages of a set: which segments are the same notes, played by whom.
 *
 * Performances of one stored score share their segments. A piece is stored once for every selection of bars that somebody
 * played; where two selections cut the same notes (until one pianist skips a repeat), they share the passage, too.
 */
import { createHash } from "node:crypto";
import { segments } from "../segments.js";
import type { StoredSet } from "../set/set-reader.js";
import type { Split } from "../splits.js";

/** A segment of a set: notes of a stored score as one performance has them. */
export interface SegmentPlace {
  /** Index of the stored score. */
  readonly score: number;
  /** Its first note. */
  readonly start: number;
  /** Index of the performance. */
  readonly performance: number;
}

/** Segments of the same notes. */
export interface Passage {
  /** Performances of it. */
  readonly count: number;
  /** One of them, from 0; mixes are none. */
  at(index: number): SegmentPlace;
}

/** How a set is cut into passages. */
export interface PassageOptions {
  /** Which pieces. */
  readonly split: Split;
  /** Notes of a segment. Default 200. */
  readonly notes?: number;
  /** Notes from one start to the next. Default: `notes`. */
  readonly hop?: number;
}

/** The performances of one stored score, from one note on. */
interface Part {
  readonly score: number;
  readonly start: number;
  /** Indices of the performances that somebody played; shared by all parts of the score. */
  readonly played: Int32Array;
}

/**
 * All passages of the pieces of one split, in the order of the set. What is kept is a few numbers a passage, whatever the
 * number of performances.
 *
 * @throws OptionError when length or hop is not a positive integer
 */
export function passagesOf(set: StoredSet, { split, notes = 200, hop = notes }: PassageOptions): Passage[] {
  segments(0, { length: notes, hop });
  const stored = new Map<string, number>();
  const scores: { readonly index: number; readonly piece: string; readonly noteCount: number; readonly played: Int32Array }[] = [];
  for (const { index, description, noteCount, performances } of set.entries()) {
    if (description.split !== split) continue;
    const played = Int32Array.from(performances.flatMap(({ mix }, k) => (mix ? [] : [k])));
    if (played.length === 0 || noteCount === 0) continue;
    const piece = `${description.corpus}\n${description.piece}`;
    stored.set(piece, (stored.get(piece) ?? 0) + 1);
    scores.push({ index, piece, noteCount, played });
  }
  const list: Part[][] = [];
  const known = new Map<string, Part[]>();
  for (const { index, piece, noteCount, played } of scores) {
    // Only a piece that is stored more than once can share its notes with another selection of its bars.
    const ids = stored.get(piece)! > 1 ? set.readNoteIds(index) : null;
    for (const { start, count } of segments(noteCount, { length: notes, hop })) {
      const part: Part = { score: index, start, played };
      const key = ids ? createHash("sha256").update(`${piece}\n${ids.slice(start, start + count).join("\n")}`).digest("base64url") : null;
      const shared = key === null ? undefined : known.get(key);
      if (shared) shared.push(part);
      else {
        const parts = [part];
        list.push(parts);
        if (key !== null) known.set(key, parts);
      }
    }
  }
  return list.map(passage);
}

function passage(parts: readonly Part[]): Passage {
  const count = parts.reduce((sum, { played }) => sum + played.length, 0);
  return {
    count,
    at(index) {
      let left = index;
      for (const { score, start, played } of parts) {
        if (left < played.length) return { score, start, performance: played[left] };
        left -= played.length;
      }
      throw new RangeError(`performance ${index} of a passage with ${count} performances`);
    },
  };
}
