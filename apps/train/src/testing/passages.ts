/**
 * @file The passages of prepared sets that a model is tested on.
 */
import { OptionError, readPerceptual, segments, scoreOfNotes, UnsuitableSetError, storedParameters, type Split, type StoredNotes, type StoredSet } from "@dexter/alignment-datasets";
import type { Matrix, PerformanceParameters, Release, Score } from "@dexter/codec";

/** One person's performance of a passage. */
export interface PlayedPassage {
  /** As the corpus calls it. */
  readonly id: string;
  readonly parameters: PerformanceParameters;
  /** Perceptual features as classic models know them, `[N, 7]`; absent where the set has none. */
  readonly perceptual?: Matrix;
}

/** Some notes in a row, and everybody who played them. */
export interface Passage {
  /** Corpus and piece. */
  readonly piece: string;
  /** "notes 201–400, beats 48–96". */
  readonly place: string;
  readonly score: Score;
  /** Not standardized, columns of the set, `[N, C]`. */
  readonly features: Matrix;
  /** Who played most of its notes comes first. */
  readonly performances: readonly PlayedPassage[];
}

/** Where a passage is. */
export interface PassagePlace {
  readonly set: StoredSet;
  readonly score: number;
  readonly from: number;
  readonly to: number;
}

/** Which passages. */
export interface PassageOptions {
  readonly split: Split;
  /** Notes of a passage. */
  readonly notes: number;
  /** How many, spread evenly over all that there are. */
  readonly count: number;
  /** How many of all are left out first, in the order of the sets. Default 0. */
  readonly skip?: number;
  /** What the model's lengths run to. */
  readonly release: Release;
  /** Performances that each must have. */
  readonly performers: number;
}

/**
 * Choose passages; the same options choose the same ones.
 *
 * @throws UnsuitableSetError when a set has another release or none has a passage; OptionError when all are left out
 */
export function choosePassages(sets: readonly StoredSet[], { split, notes, count, skip = 0, release, performers }: PassageOptions): PassagePlace[] {
  const long: PassagePlace[] = [];
  const short: PassagePlace[] = [];
  let pieces = 0;
  for (const set of sets) {
    if (set.description.release !== release) {
      throw new UnsuitableSetError(set.path, "", `the model plays lengths to the "${release}", the set has "${set.description.release}". Prepare it with --release ${release}`);
    }
    for (const { index, description, noteCount, performances } of set.entries()) {
      if (description.split !== split || noteCount < 2 || performances.length === 0) continue;
      pieces++;
      if (performances.length < performers) continue;
      for (const { start, count: size } of segments(noteCount, { length: notes, hop: notes })) {
        if (size >= 2) (2 * size > notes ? long : short).push({ set, score: index, from: start, to: start + size });
      }
    }
  }
  const all = long.length > 0 ? long : short;
  if (all.length === 0) {
    const why = pieces === 0 ? `holds no performance in the split "${split}"` : `no piece of the split "${split}" was played by ${performers}`;
    throw new UnsuitableSetError(sets[0].path, "", `${why}${sets.length > 1 ? `, nor do the other ${sets.length - 1} sets` : ""}. Name the other by --split, or another set`);
  }
  if (skip >= all.length) throw new OptionError("--skip-segments", `expected less than all ${all.length} passages, got ${skip}`);
  const found = all.slice(skip);
  if (found.length <= count) return found;
  return Array.from({ length: count }, (_, i) => found[Math.floor(((i + 0.5) * found.length) / count)]);
}

/** Read a passage. */
export function readPassage({ set, score: index, from, to }: PassagePlace): Passage {
  const { description, notes, features } = set.readScore(index);
  const score = scoreOfNotes(noteRange(notes, from, to));
  const played = set.entry(index).performances.map(({ id }, k): PlayedPassage => {
    const perceptual = readPerceptual(set, index, k);
    return {
      id, parameters: parameterRange(storedParameters(set.readPerformance(index, k)), from, to),
      ...(perceptual && { perceptual: rowRange(perceptual, from, to) }),
    };
  });
  const notesOf = ({ parameters: { mask } }: PlayedPassage): number => mask.reduce((sum, one) => sum + one, 0);
  const beat = (n: number): string => String(Math.round(notes.onsetBeat[n])).replace("-", "−");
  return {
    piece: `${description.corpus}/${description.piece}`,
    place: `notes ${from + 1}–${to}, beats ${beat(from)}–${beat(to - 1)}`,
    score,
    features: rowRange(features, from, to),
    performances: played.filter((one) => notesOf(one) > 1).sort((a, b) => notesOf(b) - notesOf(a)),
  };
}

function noteRange(notes: StoredNotes, from: number, to: number): StoredNotes {
  const columns = Object.entries(notes).map(([name, value]) => [name, name === "length" ? to - from : (value as Int32Array | readonly string[]).slice(from, to)]);
  return Object.fromEntries(columns) as unknown as StoredNotes;
}

function rowRange({ data, shape: [, C] }: Matrix, from: number, to: number): Matrix {
  return { data: data.subarray(from * C, to * C), shape: [to - from, C] };
}

function parameterRange(parameters: PerformanceParameters, from: number, to: number): PerformanceParameters {
  const { beatPeriod, velocityNorm, timingSec, articulationLog2, pedalNorm, mask, release } = parameters;
  return {
    length: to - from,
    beatPeriod: beatPeriod.slice(from, to), velocityNorm: velocityNorm.slice(from, to), timingSec: timingSec.slice(from, to),
    articulationLog2: articulationLog2.slice(from, to), pedalNorm: pedalNorm.slice(from, to), mask: mask.slice(from, to), release,
  };
}
