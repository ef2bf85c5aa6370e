/**
 * @file Segments of a prepared set, read when they are asked for.
 *
 * Numbers run over scores, then over passages, then over performances: what
 * others played of a passage lies side by side. Mixes that the set holds are segments like others, but of no passage but their own.
 */
import { createHash } from "node:crypto";
import type { Release } from "@dexter/codec";
import { OptionError, UnsuitableSetError } from "../errors.js";
import { segments } from "../segments.js";
import type { StoredSet } from "../set/set-reader.js";
import type { Split } from "../splits.js";
import { mixSegments } from "./mixup.js";
import { segmentReader } from "./segment-reader.js";
import { checkIndex, scaleOf, type LoadedSegment, type SegmentLoader, type SegmentLoaderOptions } from "./segment.js";

/** How to cut a set. */
export interface SetSegmentOptions extends SegmentLoaderOptions {
  /** Which pieces. */
  readonly split: Split;
  /** Notes from one segment's start to the next. Default: `notes`, no overlap. */
  readonly hop?: number;
  /** What articulation must run to; `"any"` takes the set as it is. Default `"sound"`, what the classic models learn. */
  readonly release?: Release | "any";
}

/** A score's place in the numbering. */
interface ScorePlace {
  readonly score: number;
  readonly notes: number;
  readonly performances: number;
  /** Starts of its segments. */
  readonly starts: number;
  /** Number of its first segment. */
  readonly first: number;
  /** Which performances are mixes. */
  readonly mixes: ReadonlySet<number>;
}

/**
 * The segments of a set's pieces of one split. Any feature set will do: the
 * classic features are columns of the stored notes. Perceptual features are those of the set's controls, where it has all
 * seven: standardized over the training performances, so that 0 is the average.
 *
 * @throws OptionError for options out of range
 * @throws UnsuitableSetError when the set's release is another, or the split is empty
 */
export function setSegments(set: StoredSet, options: SetSegmentOptions): SegmentLoader {
  const { notes = 200, hop = notes, split, release = "sound", cacheMB = 64 } = options;
  if (!(cacheMB >= 0)) throw new OptionError("cacheMB", `expected 0 or more, got ${cacheMB}`);
  segments(0, { length: notes, hop });
  const { description } = set;
  if (release !== "any" && description.release !== release) {
    throw new UnsuitableSetError(set.path, "", `expected release "${release}", got "${description.release}". Prepare the set with --release ${release}`);
  }
  const places: ScorePlace[] = [];
  const { read: readPlace, perceptualScale } = segmentReader(set, notes, cacheMB);
  const digest = createHash("sha256").update(JSON.stringify([notes, hop, split, description.release, description.counts, [...description.statistics.parameters.mean], ...(perceptualScale ? [perceptualScale] : [])]));
  let length = 0;
  for (const { index, description: score, noteCount, performances } of set.entries()) {
    if (score.split !== split || performances.length === 0 || noteCount === 0) continue;
    const starts = segments(noteCount, { length: notes, hop }).length;
    const mixes = new Set(performances.flatMap(({ mix }, k) => (mix ? [k] : [])));
    places.push({ score: index, notes: noteCount, performances: performances.length, starts, first: length, mixes });
    length += starts * performances.length;
    digest.update(JSON.stringify([index, score.corpus, score.piece, noteCount, performances.map(({ id, matchRatio }) => [id, matchRatio])]));
  }
  if (length === 0) throw new UnsuitableSetError(set.path, "", `holds no performance in the split "${split}"`);

  const placeOf = (index: number): ScorePlace => {
    checkIndex(index, length);
    let low = 0;
    for (let high = places.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if (places[middle].first <= index) low = middle;
      else high = middle - 1;
    }
    return places[low];
  };
  const read = (index: number): LoadedSegment => {
    const place = placeOf(index);
    return readPlace({
      score: place.score,
      start: Math.floor((index - place.first) / place.performances) * hop,
      performance: (index - place.first) % place.performances,
    });
  };
  const { mean, standardDeviation } = description.statistics.parameters;
  return {
    length,
    notes,
    scale: scaleOf(mean, standardDeviation),
    ...(perceptualScale ? { perceptualScale } : {}),
    fingerprint: digest.digest("hex").slice(0, 16),
    record: {
      split, release: description.release, scores: places.length, hop,
      performances: places.reduce((sum, { performances }) => sum + performances, 0),
    },
    read,
    passage(index) {
      const { first, performances, mixes } = placeOf(index);
      const own = (index - first) % performances;
      if (mixes.has(own)) return [index];
      return Array.from({ length: performances }, (_, k) => k).filter((k) => !mixes.has(k)).map((k) => index - own + k);
    },
    mix: (indices, weights) => mixSegments(indices.map(read), weights),
  };
}
